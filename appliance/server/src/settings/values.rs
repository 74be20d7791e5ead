//! The kinds of values a setting can have. Each refuses what it cannot be, in words that tell what it can.

use std::fmt;
use std::net::SocketAddr;

use ruma::{OwnedServerName, ServerName};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use tracing_subscriber::EnvFilter;
use veche_base::canonical_ip::is_loopback;
use veche_base::{Network, Secret};

/// `role`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// Everything in one process.
    #[default]
    Site,
}

/// `registration.mode`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RegistrationMode {
    /// Only administrators make accounts.
    #[default]
    Closed,
    /// Whoever holds a registration token makes an account.
    Token,
    /// Anybody makes an account.
    Open,
}

/// `limits.rates`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Rates {
    /// Rate limits hold.
    On,
    /// No rate limits: for load tests.
    Off,
}

/// `rooms.default_version`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
pub(crate) enum RoomVersion {
    /// Version 10.
    #[serde(rename = "10")]
    V10,
    /// Version 11.
    #[serde(rename = "11")]
    V11,
    /// Version 12.
    #[default]
    #[serde(rename = "12")]
    V12,
}

/// `log.format`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// `network.outbound`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outbound {
    /// Public addresses only.
    #[default]
    Public,
    /// Private networks too.
    Private,
    /// This machine too, and there also plain http.
    Loopback,
}

/// `network.trusted_proxies`, `network.proxy_protocol_from`: addresses and networks.
pub(super) fn proxies<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Network>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let parse = |text: String| match text.parse::<Network>() {
        Ok(network) if network.is_everybody() => {
            Err(D::Error::custom(format!("`{text}` would let everybody say where he comes from")))
        }
        Ok(network) => Ok(network),
        Err(reason) => Err(D::Error::custom(format!("`{text}` cannot be used: {reason}"))),
    };
    texts.into_iter().map(parse).collect()
}

pub(super) fn server_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OwnedServerName, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.len() > 230 || text.chars().any(char::is_uppercase) {
        // User ids must fit into 255 bytes, and two spellings of one name would be two servers.
        return Err(D::Error::custom(format!(
            "`{text}` must be written in lower case and have at most 230 characters"
        )));
    }
    ServerName::parse(&text).map_err(|_| {
        D::Error::custom(format!("`{text}` is no server name; it looks like a domain name: chat.example.org"))
    })
}

pub(super) fn public_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['?', '#', ' ', '@']) => {
            Ok(Some(text.trim_end_matches('/').to_owned()))
        }
        _ => Err(D::Error::custom(format!("`{text}` is no address like https://chat.example.org"))),
    }
}

pub(super) fn listener<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text == "off" {
        return Ok(None);
    }
    let address = text.parse().map_err(|_| {
        D::Error::custom(format!("`{text}` is no address with a port like 0.0.0.0:8443 or [::]:8443, and not `off`"))
    })?;
    Ok(Some(address))
}

pub(super) fn loopback_listener<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    match listener(deserializer)? {
        Some(address) if !is_loopback(address.ip()) => Err(D::Error::custom(format!(
            "{address} is not a loopback address; plain HTTP is served on 127.0.0.1 or [::1] only, use listen.https"
        ))),
        listener => Ok(listener),
    }
}

pub(super) fn shared_secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret<String>>, D::Error> {
    let secret = String::deserialize(deserializer)?;
    if secret.is_empty() {
        return Err(D::Error::custom("an empty secret would let anybody in; leave the line out instead"));
    }
    Ok(Some(Secret::new(secret)))
}

pub(super) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    match usize::deserialize(deserializer)? {
        0 => Err(D::Error::custom("must be at least 1")),
        count => Ok(count),
    }
}

pub(super) fn site_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.trim().is_empty() || text.len() > 200 || text.chars().any(char::is_control) {
        return Err(D::Error::custom("the name of a company has 1 to 200 bytes and no line ends"));
    }
    Ok(Some(text))
}

const LOG_LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

pub(super) fn log_level<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    // The filter takes any single word for the name of a part, so that a misspelled level would silence everything.
    let known = |directive: &str| match directive.split_once('=') {
        Some((part, level)) => !part.is_empty() && LOG_LEVELS.contains(&level),
        None => LOG_LEVELS.contains(&directive),
    };
    if text.split(',').all(known) && EnvFilter::try_new(&text).is_ok() {
        return Ok(text);
    }
    Err(D::Error::custom(format!("`{text}` is no log level: {}", LOG_LEVELS.join(", "))))
}

impl fmt::Display for RoomVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V10 => "10",
            Self::V11 => "11",
            Self::V12 => "12",
        })
    }
}
