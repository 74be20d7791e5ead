//! What clients call this machine: the host of the public URL, or else of the server's name.

use std::fmt;
use std::net::IpAddr;

use axum::http::Uri;

use crate::settings::Settings;

/// The host that clients ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OwnName {
    /// A name that DNS, or a file of the machine, leads here.
    Dns(String),
    /// An address.
    Address(IpAddr),
}

impl OwnName {
    /// The name that these settings say.
    pub(crate) fn of(settings: &Settings) -> Self {
        let from_url = settings.server.public_url.as_deref().and_then(host_of_url);
        Self::read(from_url.as_deref().unwrap_or_else(|| settings.server.name.host()))
    }

    /// A host as it stands in a URL or in `Host`, without a port.
    pub(crate) fn read(host: &str) -> Self {
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        bare.parse().map_or_else(|_| Self::Dns(host.trim_end_matches('.').to_ascii_lowercase()), Self::Address)
    }
}

/// As in a URI: IPv6 in brackets (RFC 7065 §3.1, RFC 3986 §3.2.2).
impl fmt::Display for OwnName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(name),
            Self::Address(IpAddr::V4(v4)) => v4.fmt(f),
            Self::Address(IpAddr::V6(v6)) => write!(f, "[{v6}]"),
        }
    }
}

fn host_of_url(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    uri.host().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::OwnName;
    use crate::settings::Settings;

    #[test]
    fn the_public_url_wins_over_the_server_name() {
        let mut settings = Settings::default();
        assert_eq!(OwnName::of(&settings), OwnName::Dns("localhost".to_owned()));
        settings.server.name = ruma::owned_server_name!("example.org:8448");
        assert_eq!(OwnName::of(&settings).to_string(), "example.org");
        settings.server.public_url = Some("https://Chat.example.org:8443".to_owned());
        assert_eq!(OwnName::of(&settings).to_string(), "chat.example.org");
    }

    #[test]
    fn addresses_are_told_from_names_and_written_as_in_a_uri() {
        for (text, written, is_address) in [
            ("203.0.113.7", "203.0.113.7", true),
            ("[2001:db8::7]", "[2001:db8::7]", true),
            ("2001:db8::7", "[2001:db8::7]", true),
            ("chat.example.org.", "chat.example.org", false),
            ("1.2.3", "1.2.3", false),
        ] {
            let name = OwnName::read(text);
            assert_eq!((name.to_string().as_str(), matches!(name, OwnName::Address(_))), (written, is_address));
        }
        let mut settings = Settings::default();
        settings.server.public_url = Some("https://[2001:db8::7]:8443".to_owned());
        assert_eq!(OwnName::of(&settings), OwnName::Address("2001:db8::7".parse().unwrap()));
    }
}
