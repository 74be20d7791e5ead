//! Tells systemd that the server is ready, alive, or stopping (`sd_notify(3)`).
//!
//! Without `NOTIFY_SOCKET` in the environment every call does nothing, so that the caller need not ask.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::Arc;
use std::time::Duration;

/// The way to the service manager, if there is one.
#[derive(Debug, Clone)]
pub struct Notifier {
    manager: Option<(Arc<UnixDatagram>, SocketAddr)>,
    watchdog: Option<Duration>,
}

impl Notifier {
    /// Reads `NOTIFY_SOCKET` and `WATCHDOG_USEC` from the environment of the process.
    pub fn from_environment() -> io::Result<Self> {
        let watchdog_micros = std::env::var("WATCHDOG_USEC").ok().and_then(|text| text.parse().ok());
        Self::new(std::env::var_os("NOTIFY_SOCKET"), watchdog_micros)
    }

    fn new(socket: Option<OsString>, watchdog_micros: Option<u64>) -> io::Result<Self> {
        let manager = match socket {
            Some(name) if !name.is_empty() => Some((Arc::new(UnixDatagram::unbound()?), address_of(&name)?)),
            _ => None,
        };
        Ok(Self { manager, watchdog: watchdog_micros.map(Duration::from_micros) })
    }

    /// The server answers now.
    pub fn ready(&self) {
        self.send("READY=1");
    }

    /// The server has begun to stop.
    pub fn stopping(&self) {
        self.send("STOPPING=1");
    }

    /// The server is alive; due every [`Self::watchdog_interval`].
    pub fn alive(&self) {
        self.send("WATCHDOG=1");
    }

    /// How often systemd should hear [`Self::alive`]: twice in the time it is ready to wait.
    pub fn watchdog_interval(&self) -> Option<Duration> {
        self.manager.as_ref()?;
        self.watchdog.map(|limit| limit / 2)
    }

    fn send(&self, message: &str) {
        let Some((socket, address)) = &self.manager else { return };
        if let Err(error) = socket.send_to_addr(message.as_bytes(), address) {
            tracing::warn!(%error, message, "systemd could not be told");
        }
    }
}

fn address_of(name: &OsStr) -> io::Result<SocketAddr> {
    match name.as_bytes() {
        [b'@', abstract_name @ ..] => SocketAddr::from_abstract_name(abstract_name),
        _ => SocketAddr::from_pathname(name),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram;
    use std::time::Duration;

    use super::Notifier;

    #[test]
    fn messages_reach_the_manager_in_order() {
        let folder = std::env::temp_dir().join(format!("veche-notify-{}", std::process::id()));
        let manager = UnixDatagram::bind(&folder).unwrap();
        let notifier = Notifier::new(Some(folder.clone().into_os_string()), Some(20_000_000)).unwrap();
        notifier.ready();
        notifier.alive();
        notifier.stopping();
        let mut heard = Vec::new();
        for _ in 0..3 {
            let mut buffer = [0; 64];
            let length = manager.recv(&mut buffer).unwrap();
            heard.push(String::from_utf8_lossy(&buffer[..length]).into_owned());
        }
        std::fs::remove_file(folder).unwrap();
        assert_eq!(heard, ["READY=1", "WATCHDOG=1", "STOPPING=1"]);
        assert_eq!(notifier.watchdog_interval(), Some(Duration::from_secs(10)));
    }

    #[test]
    fn without_a_manager_nothing_happens() {
        let notifier = Notifier::new(None, Some(1)).unwrap();
        notifier.ready();
        assert_eq!(notifier.watchdog_interval(), None);
    }
}
