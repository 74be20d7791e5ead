//! The settings: what the file and `--set` may say, with defaults and limits.
//!
//! A settings file is short: every setting has a default. An unknown name, a wrong type or a bad
//! value stops the start, because a silently ignored line is how doors are left open. Some may lie with the data,
//! written there by wizard and console (`stored.rs`); what the file says wins over those. All settings of the file apply
//! after a restart. `veche.example.toml` shows them all and is compared with this file by a test; what the console shows
//! of them stands in `catalogue.rs`.

mod catalogue;
mod load;
mod relay;
mod stored;
mod tls;
mod values;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use ruma::OwnedServerName;
use serde::Deserialize;
use veche_base::{Network, Secret, limits};
use veche_directory::{EncryptionPolicy, Language};

pub(crate) use catalogue::{ENTRIES, Entry, entry};
pub(crate) use load::{Loaded, Override, SettingsError};
pub(crate) use relay::{ExternalAddress, RelayPeers};
pub(crate) use stored::default as default_value;
pub(crate) use tls::{AcmeChallenge, CertificateSource, Tls};
pub(crate) use values::{LogFormat, Outbound, Rates, RegistrationMode, Role, RoomVersion};

/// Name of the settings file in the data folder, which is read when no other is named.
pub(crate) const DEFAULT_FILE: &str = "veche.toml";

/// Everything that can be set.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// What this process is; only `site` is built.
    pub(crate) role: Role,
    /// Who the server is.
    pub(crate) server: Server,
    /// Where it listens.
    pub(crate) listen: Listen,
    /// Who may make an account.
    pub(crate) registration: Registration,
    /// Room defaults.
    pub(crate) rooms: Rooms,
    /// Whose site it is.
    pub(crate) site: Site,
    /// Who is online.
    pub(crate) presence: Presence,
    /// What is refused.
    pub(crate) limits: Limits,
    /// What lies between the server and others.
    pub(crate) network: NetworkSettings,
    /// The certificate, and whom outbound connections trust.
    pub(crate) tls: Tls,
    /// What the log looks like.
    pub(crate) log: Log,
    /// The disk.
    pub(crate) storage: Storage,
    /// First-run wizard.
    pub(crate) setup: Setup,
}

/// `[server]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Server {
    /// The part of every user id after the colon. Cannot change once the first account exists.
    #[serde(deserialize_with = "values::server_name")]
    pub(crate) name: OwnedServerName,
    /// Where clients find the server, if that is not `https://<name>`.
    #[serde(deserialize_with = "values::public_url")]
    pub(crate) public_url: Option<String>,
}

impl Default for Server {
    fn default() -> Self {
        Self { name: ruma::owned_server_name!("localhost"), public_url: None }
    }
}

/// `[listen]`: addresses; port 0 means any free port, `"off"` means not at all.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Listen {
    /// Plain HTTP, on loopback only: for the console, health, metrics, or a proxy on the same machine.
    #[serde(deserialize_with = "values::loopback_listener")]
    pub(crate) http: Option<SocketAddr>,
    /// HTTPS, for everybody.
    #[serde(deserialize_with = "values::listener")]
    pub(crate) https: Option<SocketAddr>,
    /// Where port 80 leads: answers HTTP-01 validators and sends browsers to HTTPS, nothing else.
    #[serde(deserialize_with = "values::listener")]
    pub(crate) redirect: Option<SocketAddr>,
    /// STUN and TURN, for calls: UDP and TCP. `0.0.0.0` and `[::]` mean both families, as far as the machine has them.
    #[serde(deserialize_with = "values::listener")]
    pub(crate) turn: Option<SocketAddr>,
    /// Sound and pictures of calls, over UDP. Never the port of `turn`: browsers would hand what comes from it to the
    /// relay's code alone.
    #[serde(deserialize_with = "values::listener")]
    pub(crate) sfu: Option<SocketAddr>,
    /// The same over TCP (ICE-TCP), for networks that let no UDP through: less delay than through the relay, and less work.
    /// Never a port below 1024: browsers refuse those. On, because whoever can come in here takes nothing that he could not
    /// take over UDP, and a port that no firewall opens does no harm.
    #[serde(deserialize_with = "values::listener")]
    pub(crate) ice_tcp: Option<SocketAddr>,
}

impl Default for Listen {
    fn default() -> Self {
        Self {
            http: Some(SocketAddr::from(([127, 0, 0, 1], 8080))),
            https: Some(SocketAddr::from(([0; 4], 8443))),
            redirect: None,
            turn: Some(SocketAddr::from(([0; 4], 3478))),
            sfu: Some(SocketAddr::from(([0; 4], 7882))),
            ice_tcp: Some(SocketAddr::from(([0; 4], 7881))),
        }
    }
}

/// `[registration]`
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Registration {
    /// `closed`: administrators make accounts. `token`: whoever holds a registration token. `open`: anybody.
    pub(crate) mode: RegistrationMode,
    /// Opens `/_synapse/admin/v1/register` to tools that know this secret.
    #[serde(deserialize_with = "values::shared_secret")]
    pub(crate) shared_secret: Option<Secret<String>>,
}

/// `[rooms]`
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Rooms {
    /// The version of new rooms: 12, 11 or 10.
    pub(crate) default_version: RoomVersion,
    /// `private`: direct chats and rooms by invitation are encrypted from end to end when they are made. `managed`: the
    /// server manages every room, unless its maker turns encryption on.
    pub(crate) encryption: EncryptionPolicy,
}

/// `[site]`
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Site {
    /// What the company is called.
    #[serde(deserialize_with = "values::site_name")]
    pub(crate) name: Option<String>,
    /// The language in which pages greet those who have not chosen one: `en`, `ru`.
    pub(crate) language: Option<Language>,
}

/// `[presence]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Presence {
    /// Whether people see who is online.
    pub(crate) enabled: bool,
}

impl Default for Presence {
    fn default() -> Self {
        Self { enabled: true }
    }
}

/// `[limits]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// `off` lifts the rate limits, for load tests only.
    pub(crate) rates: Rates,
    /// The size of one upload.
    pub(crate) upload_bytes_max: u64,
    /// All uploads of one account together.
    pub(crate) uploads_per_user_bytes_max: u64,
    /// Open connections in all.
    #[serde(deserialize_with = "values::count")]
    pub(crate) connections_max: usize,
    /// Open connections from one address.
    #[serde(deserialize_with = "values::count")]
    pub(crate) connections_per_address_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rates: Rates::On,
            upload_bytes_max: limits::UPLOAD_BYTES_MAX,
            uploads_per_user_bytes_max: limits::UPLOADS_PER_USER_BYTES_MAX,
            connections_max: limits::CONNECTIONS_MAX,
            connections_per_address_max: limits::CONNECTIONS_PER_ADDRESS_MAX,
        }
    }
}

/// `[network]`
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct NetworkSettings {
    /// Proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed: addresses and networks.
    #[serde(deserialize_with = "values::proxies")]
    pub(crate) trusted_proxies: Vec<Network>,
    /// Proxies that begin each connection to `listen.https` and `listen.redirect` with a PROXY protocol v2 header, which
    /// is demanded of them and of nobody else read.
    #[serde(deserialize_with = "values::proxies")]
    pub(crate) proxy_protocol_from: Vec<Network>,
    /// How far the server's own requests (push gateways) may reach: `public`, `private`, `loopback`.
    pub(crate) outbound: Outbound,
    /// What others call this machine, where its name does not lead to it from everywhere: behind one-to-one NAT with
    /// equal ports, or behind a proxy that stands elsewhere.
    pub(crate) external_address: ExternalAddress,
    /// Whom clients may reach through the relay beside one another: networks, or `internet`. Nobody by default: each
    /// side of a call has a relay of its own, and between those packets never leave the process.
    pub(crate) relay_peers: RelayPeers,
}

/// `[log]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log {
    /// `text` for people, `json` for collectors.
    pub(crate) format: LogFormat,
    /// `error`, `warn`, `info`, `debug` or `trace`, also per part: `info,veche_store=debug`.
    #[serde(deserialize_with = "values::log_level")]
    pub(crate) level: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, level: "info".to_owned() }
    }
}

/// `[storage]`
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Storage {
    /// Free space below which nothing new is accepted. Without it: 1 GiB, or 5 % of a small volume; uploads stop at
    /// 10 GiB or 5 %.
    pub(crate) reserve_bytes: Option<u64>,
}

/// `[setup]`
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Setup {
    /// `true` for a server that is configured by settings alone: without accounts it is no wizard, but the server.
    pub(crate) skip: bool,
}

/// The settings file in the data folder, if there is one.
pub(crate) fn default_file(dir: &Path) -> Option<PathBuf> {
    Some(dir.join(DEFAULT_FILE)).filter(|file| file.exists())
}

#[cfg(test)]
mod tests;
