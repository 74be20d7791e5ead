//! HTTP in and out: routes, extractors, limits, errors.
//!
//! | file | what it owns |
//! |---|---|
//! | `routes` | the table of endpoints, and the recipe for adding one |
//! | `shell` | what stands around every request; `cors`, `request_log` are its parts |
//! | `access`, `connection`, `limits` | who asks, from where, and how often they may |
//! | `extract`, `json` | from bytes to a typed request |
//! | `respond`, `error` | from a result to bytes; `error/` maps each operation's errors |
//! | `app` | the state that handlers get |
//! | `client` | the client-server API, one folder per area, one file per endpoint |
//! | `federation` | what those ask who have no account here |
//! | `rtc` | where calls are, and the tokens that open them |
//! | `typed` | endpoints of our own, described for OpenAPI where they are registered |
//! | `admin` | what administrators ask and do, one folder per version, one file per endpoint |
//! | `setup`, `site` | the wizard of a server without accounts; what anybody may know of the site |
//! | `account` | what people do to their own account beyond the client-server API |
//! | `meetings` | the links by which guests come in, and the door where they wait |
//! | `relay`, `signaling`, `pages` | what is needed of the relay and the SFU for calls, and of the pages for people |
//! | `admin_compat`, `system` | shared-secret registration; health and metrics |
//!
//! This crate decides nothing about rooms or accounts, keeps nothing between requests but rate limits, and never sees
//! the store.

pub mod access;
pub mod account;
pub mod admin;
mod admin_compat;
pub mod app;
mod client;
pub mod connection;
mod cors;
pub mod error;
pub mod extract;
mod federation;
mod json;
pub mod limits;
pub mod meetings;
pub mod pages;
pub mod relay;
mod request_log;
pub mod respond;
pub mod room_service;
pub mod routes;
mod rtc;
pub mod setup;
mod shell;
pub mod signaling;
pub mod site;
mod system;
mod typed;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use app::{ApiSettings, App, Gate, OwnAuthority, Plugs, Support};
pub use connection::{Connection, Listener};
pub use site::SiteFacts;

use routes::Routes;

/// Every endpoint of the product.
pub fn endpoints() -> Routes<App> {
    let routes = system::routes(Routes::new());
    let routes = admin_compat::routes(routes);
    let routes = admin::routes(routes);
    let routes = site::routes(routes);
    let routes = account::routes(routes);
    let routes = meetings::routes(routes);
    let routes = federation::routes(routes);
    let routes = rtc::routes(routes);
    client::routes(routes)
}

/// The service that listeners hand requests to. They put a [`Connection`] into each request's extensions.
pub fn router(app: App) -> axum::Router {
    endpoints().into_router(app)
}
