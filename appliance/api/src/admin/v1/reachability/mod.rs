//! Whether clients reach this server, told line by line: what was tried, what came of it, what that means, and how to
//! mend it. The report is data; whoever shows it chooses the language.

mod get;

use std::net::IpAddr;

use axum::extract::FromRef;
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use veche_directory::Grant;

use crate::app::{Gated, Plugs};
use crate::typed::{Operation, Typed};

pub(crate) use get::visit;

/// Registers the area.
pub(super) fn register<S: Gated>(typed: Typed<S>) -> Typed<S>
where
    Plugs: FromRef<S>,
{
    let get = Operation::get(
        "reachability.get",
        "/api/admin/v1/reachability",
        "Whether clients reach this server, line by line",
    );
    typed.add(get.grant(Grant::System), get::get::<S>)
}

/// Looks at the server from inside, and at what it is told of the outside.
pub trait Reachability: Send + Sync {
    /// The report, with a line about how whoever asks has come here. Takes seconds where packets get lost.
    fn report(&self, visit: Option<Visit>) -> BoxFuture<'_, Report>;
}

/// How an administrator's browser has reached the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The host, perhaps with a port, that the browser asked for; `None` if it named none that can be one.
    pub host: Option<String>,
    /// The browser's address, as the server or a proxy that it believes sees it.
    pub address: IpAddr,
    /// Whether a proxy that the server believes stands between.
    pub is_proxied: bool,
    /// Whether the browser spoke HTTPS.
    pub is_secure: bool,
    /// What the browser's clock showed when it asked, in milliseconds since 1970, if it said so.
    pub clock_ms: Option<u64>,
}

/// The whole report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Reachability")]
pub struct Report {
    /// What the server is called.
    pub server_name: String,
    /// When it was made, in milliseconds since 1970.
    pub made_ms: u64,
    /// The worst state of a line.
    pub state: State,
    /// In the order in which one should read and mend them.
    pub lines: Vec<Line>,
}

impl Report {
    /// A report of these lines.
    pub fn new(server_name: String, made_ms: u64, lines: Vec<Line>) -> Self {
        let state = lines.iter().map(|line| line.state).max().unwrap_or(State::Skipped);
        Self { server_name, made_ms, state, lines }
    }
}

/// How a line came out, from nothing to worry about to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ReachabilityState")]
pub enum State {
    /// It was not tried; the line says why.
    Skipped,
    /// It is as it should be.
    Ok,
    /// It works for some, or will stop working.
    Warning,
    /// It does not work.
    Failed,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ReachabilityLine")]
pub struct Line {
    /// What was looked at; stable.
    pub id: String,
    /// How it came out.
    pub state: State,
    /// What came out; stable, and with [`Line::id`] enough to find the words in another language.
    pub code: String,
    /// The name of what was looked at.
    pub title: Words,
    /// What it means.
    pub meaning: Words,
    /// How to mend it, if there is something to mend.
    pub mend: Option<Words>,
}

/// The same words in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Words {
    /// English.
    pub en: String,
    /// Russian.
    pub ru: String,
}

impl Words {
    /// Words in both languages.
    pub fn new(en: impl Into<String>, ru: impl Into<String>) -> Self {
        Self { en: en.into(), ru: ru.into() }
    }
}

#[cfg(test)]
mod tests;
