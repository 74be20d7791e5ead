//! The sockets of calls, asked with a probe that only this server answers: strangers hear nothing from them.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::oneshot;
use veche_base::entropy::random_token;
use veche_base::{Entropy, Secret};
use veche_media_driver::{Probe, SfuHandle};

use super::door::{self, Door};
use super::finding::Finding;
use super::turn_client::{TurnClient, TurnError};
use crate::addresses::{Addresses, Chosen};

/// Too many to be guessed.
const SECRET_CHARS: usize = 32;

/// The SFU of the running server.
#[derive(Clone)]
pub(crate) struct CallSockets {
    /// What is to answer the probe.
    pub(crate) sfu: SfuHandle,
    /// Where datagrams come, the address of the setting first.
    pub(crate) udp: Vec<SocketAddr>,
    /// Where connections come; nothing, if none are taken.
    pub(crate) tcp: Vec<SocketAddr>,
}

/// What goes to sockets of calls, and how.
pub(super) struct CallProbe {
    probe: Probe,
    entropy: Arc<dyn Entropy>,
    sockets: CallSockets,
}

/// One of the two ways into calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wire {
    Udp,
    Tcp,
}

/// There are no calls of many on this server.
pub(super) fn off() -> Finding {
    Finding::skipped(
        "off",
        "listen.sfu is off: there are no calls with any number of people.",
        "listen.sfu выключен: групповых звонков нет.",
    )
}

/// The thread of calls cannot be asked.
pub(super) fn stopped() -> Finding {
    Finding::failed(
        "stopped",
        "The part of the server that carries calls does not answer.",
        "Часть сервера, которая ведёт звонки, не отвечает.",
    )
    .mend("Look at the log, and restart the server.", "Посмотрите журнал и перезапустите сервер.")
}

impl CallProbe {
    /// A probe that the SFU knows of from now on; nothing, if it cannot be told.
    pub(super) async fn announce(sockets: &CallSockets, entropy: &Arc<dyn Entropy>) -> Option<Self> {
        let secret = || random_token(entropy.as_ref(), SECRET_CHARS);
        let probe = Probe { ufrag: secret(), pwd: Secret::new(secret()) };
        sockets.sfu.expect_probe(probe.clone()).ok()?;
        let (known, is_known) = oneshot::channel();
        // Whoever has asked may not wait any longer.
        sockets.sfu.echo(Box::new(move || _ = known.send(()))).ok()?;
        is_known.await.ok()?;
        Some(Self { probe, entropy: Arc::clone(entropy), sockets: sockets.clone() })
    }

    /// The port for datagrams.
    pub(super) async fn udp(&self, used: &Addresses) -> Finding {
        self.port(Wire::Udp, used).await
    }

    /// The port for connections.
    pub(super) async fn tcp(&self, used: &Addresses) -> Finding {
        if self.sockets.tcp.is_empty() {
            return Finding::skipped(
                "off",
                "listen.ice_tcp is off: networks that let no UDP through use the relay.",
                "listen.ice_tcp выключен: из сетей без UDP звонки идут через реле.",
            );
        }
        self.port(Wire::Tcp, used).await
    }

    async fn port(&self, wire: Wire, used: &Addresses) -> Finding {
        let bound = match wire {
            Wire::Udp => &self.sockets.udp,
            Wire::Tcp => &self.sockets.tcp,
        };
        let Some(nearest) = bound.first().copied().map(door::nearest) else { return off() };
        if let Err(error) = self.ask(wire, nearest).await {
            return dead(wire, nearest, &error);
        }
        let is_served = |chosen: &&Chosen| bound.iter().any(|at| at.is_ipv4() == chosen.external.is_ipv4());
        let mut reached = Vec::new();
        for chosen in used.chosen().filter(is_served) {
            let external = SocketAddr::new(chosen.external, nearest.port());
            match self.ask(wire, external).await {
                Ok(()) => reached.push(external.to_string()),
                Err(error) => return unreached(wire, chosen, external, &error),
            }
        }
        answers(wire, nearest, &reached)
    }

    async fn ask(&self, wire: Wire, at: SocketAddr) -> Result<(), TurnError> {
        let entropy = Arc::clone(&self.entropy);
        let mut client = match wire {
            Wire::Udp => TurnClient::udp(at, entropy).await?,
            // No proxy stands before the sockets of calls.
            Wire::Tcp => TurnClient::packets(Door::to(at, &[]).connect().await?, entropy),
        };
        client.probe(&self.probe.ufrag, &self.probe.pwd).await
    }
}

impl Wire {
    const fn name(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
        }
    }

    const fn setting(self) -> &'static str {
        match self {
            Self::Udp => "listen.sfu",
            Self::Tcp => "listen.ice_tcp",
        }
    }
}

fn answers(wire: Wire, nearest: SocketAddr, reached: &[String]) -> Finding {
    let name = wire.name();
    if reached.is_empty() {
        return Finding::ok(
            "answers",
            format!("Calls are reached at {nearest} over {name}. There is no external address to try."),
            format!("Звонки доступны на {nearest} через {name}. Внешнего адреса для проверки нет."),
        );
    }
    let elsewhere: Vec<&str> = reached.iter().map(String::as_str).filter(|at| *at != nearest.to_string()).collect();
    if elsewhere.is_empty() {
        return Finding::ok(
            "answers",
            format!("Calls are reached at {nearest} over {name}."),
            format!("Звонки доступны на {nearest} через {name}."),
        );
    }
    let reached = elsewhere.join(", ");
    Finding::ok(
        "answers",
        format!("Calls are reached at {nearest} over {name}, and at {reached} also from inside."),
        format!("Звонки доступны на {nearest} через {name}, а также изнутри на {reached}."),
    )
}

fn dead(wire: Wire, nearest: SocketAddr, error: &TurnError) -> Finding {
    let name = wire.name();
    Finding::failed(
        "no_answer",
        format!("Calls are not reached at {nearest} over {name} from this machine itself: {error}."),
        format!("Звонки недоступны на {nearest} через {name} с самой этой машины: {error}."),
    )
    .mend(
        "Look at the firewall of this machine and at the log of the server; restart the server.",
        "Проверьте межсетевой экран этой машины и журнал сервера; перезапустите сервер.",
    )
}

fn unreached(wire: Wire, chosen: &Chosen, external: SocketAddr, error: &TurnError) -> Finding {
    let (name, setting, port) = (wire.name(), wire.setting(), external.port());
    if !chosen.is_translated() || chosen.external.is_loopback() {
        return Finding::warning(
            "not_listening",
            format!(
                "Calls are not reached at {external} over {name}, although that is an address of this machine: {error}."
            ),
            format!("Звонки недоступны на {external} через {name}, хотя это адрес этой машины: {error}."),
        )
        .mend(
            format!("Let {setting} be 0.0.0.0:{port}, and look at the firewall of this machine."),
            format!("Задайте {setting} = 0.0.0.0:{port} и проверьте межсетевой экран этой машины."),
        );
    }
    Finding::warning(
        "not_reached",
        format!(
            "Calls answer on this machine and are not reached at {external} over {name} from inside ({error}): the router does \
             not lead packets from inside back in (hairpin), or does not forward this port. Which of the two it is can only be \
             seen from outside."
        ),
        format!(
            "Звонки отвечают на этой машине, но изнутри недоступны на {external} через {name} ({error}): маршрутизатор не \
             возвращает пакеты изнутри обратно (hairpin) либо не пробрасывает этот порт. Что именно — видно только снаружи."
        ),
    )
    .mend(
        format!(
            "Make a call from outside: the console says under “Calls” by which way each one comes in. If it is not this one, \
             forward {name} port {port} with the same number."
        ),
        format!(
            "Позвоните снаружи: консоль в разделе «Звонки» показывает путь каждого участника. Если он не этот, пробросьте порт \
             {port} {name} с тем же номером."
        ),
    )
}
