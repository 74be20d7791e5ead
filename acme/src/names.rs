//! The names and addresses a certificate must carry, and the rule that says whether it does.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use rustls::pki_types::DnsName;

/// One name of this server: a DNS name or an address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// A DNS name in lower case without a dot at its end; internationalized names in their `xn--` form.
    Dns(String),
    /// An IPv4 or IPv6 address.
    Address(IpAddr),
}

/// The text is neither a DNS name nor an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither a DNS name nor an address")]
pub struct BadName(pub String);

impl Name {
    /// Reads a DNS name or an address, without a port.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Address(address));
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        match DnsName::try_from(name.as_str()) {
            Ok(_) => Ok(Self::Dns(name)),
            Err(_) => Err(BadName(text.to_owned())),
        }
    }

    /// Reads a Matrix server name: the port and the brackets of an IPv6 address are left away.
    pub fn of_server(server_name: &str) -> Result<Self, BadName> {
        if let Some((address, _)) = server_name.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            let address = address.parse::<Ipv6Addr>().map_err(|_| BadName(server_name.to_owned()))?;
            return Ok(Self::Address(IpAddr::V6(address)));
        }
        if let Ok(address) = server_name.parse::<IpAddr>() {
            return Ok(Self::Address(address));
        }
        Self::parse(server_name.split(':').next().unwrap_or(server_name))
    }

    /// Whether a certificate that lists `self` speaks for `name`.
    ///
    /// A `*` stands for exactly one whole label, the first (RFC 6125 §6.4.3), and never for an address.
    pub(crate) fn covers(&self, name: &Self) -> bool {
        match (self, name) {
            (Self::Dns(listed), Self::Dns(name)) => {
                let listed = listed.to_ascii_lowercase();
                let listed = listed.strip_suffix('.').unwrap_or(&listed);
                match listed.strip_prefix("*.") {
                    None => listed == name,
                    Some(parent) => {
                        name.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest == parent)
                    }
                }
            }
            (Self::Address(listed), Self::Address(address)) => listed == address,
            _ => false,
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(name),
            Self::Address(address) => write!(f, "{address}"),
        }
    }
}

/// What this server is called, from outside and from inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// What clients connect to. Every certificate must cover all of them; the first is the server's own name.
    pub public: Vec<Name>,
    /// Further names that only our own authority can vouch for: `localhost`, addresses of the site.
    pub local: Vec<Name>,
}

impl Names {
    /// All names, each once, in order.
    pub(crate) fn all(&self) -> Vec<Name> {
        let mut all: Vec<Name> = Vec::new();
        for name in self.public.iter().chain(&self.local) {
            if !all.contains(name) {
                all.push(name.clone());
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn port_and_brackets_do_not_belong_to_the_name() {
        for (server_name, name) in [
            ("chat.example.org", "chat.example.org"),
            ("Chat.Example.org:8448", "chat.example.org"),
            ("chat.example.org.", "chat.example.org"),
            ("1.2.3.4:5", "1.2.3.4"),
            ("[::1]:2", "::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("localhost:1", "localhost"),
        ] {
            assert_eq!(Name::of_server(server_name).unwrap().to_string(), name);
        }
        for bad in ["", ":1", "[", "[x]", "a b", "exa mple.org", "*.example.org", "ü.example", "a..b"] {
            assert!(Name::of_server(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn wildcard_stands_for_one_label() {
        let listed = |listed: &str, name: &str| Name::Dns(listed.to_owned()).covers(&Name::parse(name).unwrap());
        for (pattern, name) in [
            ("chat.example.org", "chat.example.org"),
            ("CHAT.example.ORG", "chat.example.org"),
            ("chat.example.org.", "chat.example.org"),
            ("*.example.org", "chat.example.org"),
            ("*.Example.org", "chat.example.org"),
        ] {
            assert!(listed(pattern, name), "{pattern} covers {name}");
        }
        for (pattern, name) in [
            ("*.example.org", "example.org"),
            ("*.example.org", "a.chat.example.org"),
            ("*", "localhost"),
            ("c*.example.org", "chat.example.org"),
            ("chat.*.org", "chat.example.org"),
            ("*.*.org", "chat.example.org"),
            ("example.org", "chat.example.org"),
            ("1.2.3.4", "1.2.3.4"),
            ("*.2.3.4", "1.2.3.4"),
        ] {
            assert!(!listed(pattern, name), "{pattern} does not cover {name}");
        }
        let address = Name::parse("10.0.0.7").unwrap();
        assert!(address.covers(&address) && !address.covers(&Name::parse("10.0.0.8").unwrap()));
    }
}
