//! The client-server API: one folder per area, one file per endpoint, each area one line here.

use axum::extract::FromRef;

use crate::app::{App, Gated, People};
use crate::routes::Routes;

mod account;
mod account_data;
mod admin;
mod alias;
mod backup;
mod content;
mod dehydrated;
mod delayed;
mod device;
mod directory;
mod discovery;
mod filter;
mod guests;
mod keys;
mod membership;
mod message;
mod peeking;
mod presence;
mod profile;
mod push;
mod receipt;
mod relations;
mod reporting;
mod rooms;
mod session;
mod space;
mod state;
mod sync;
mod tag;
mod thirdparty;
mod threads;
mod to_device;
mod typing;
pub(crate) mod uia;
mod user_directory;
mod voip;

#[cfg(test)]
mod tests;

/// Every endpoint for clients. Discovery comes last: it tells what the others have registered.
pub(crate) fn routes(mut routes: Routes<App>) -> Routes<App> {
    routes = people(routes);
    routes = rooms::routes(routes);
    routes = message::routes(routes);
    routes = peeking::routes(routes);
    routes = relations::routes(routes);
    routes = threads::routes(routes);
    routes = delayed::routes(routes);
    routes = alias::routes(routes);
    routes = directory::routes(routes);
    routes = space::routes(routes);
    routes = state::routes(routes);
    routes = membership::routes(routes);
    routes = sync::routes(routes);
    routes = account_data::routes(routes);
    routes = tag::routes(routes);
    routes = filter::routes(routes);
    routes = profile::routes(routes);
    routes = user_directory::routes(routes);
    routes = receipt::routes(routes);
    routes = typing::routes(routes);
    routes = push::routes(routes);
    routes = presence::routes(routes);
    routes = voip::routes(routes);
    routes = content::routes(routes);
    routes = keys::routes(routes);
    routes = to_device::routes(routes);
    routes = backup::routes(routes);
    routes = dehydrated::routes(routes);
    discovery::routes(routes)
}

/// The areas that know accounts and no rooms.
fn people<S: Gated>(mut routes: Routes<S>) -> Routes<S>
where
    People: FromRef<S>,
{
    routes = session::routes(routes);
    routes = account::routes(routes);
    routes = device::routes(routes);
    routes = admin::routes(routes);
    routes = thirdparty::routes(routes);
    reporting::routes(routes)
}
