//! Messages: sent, redacted, read back.

mod get_context;
mod get_message_events;
mod get_room_event;
mod redact_event;
mod send_message_event;

use ruma::serde::Raw;
use serde_json::value::RawValue;
use veche_homeserver::{sync::SyncToken, timeline::Audience};

use crate::{
    access::Requester,
    app::App,
    error::ApiError,
    limits::Class,
    routes::{Route, Routes},
};

/// The area's endpoints.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    let writing = Route::new().class(Class::Message).refuse_suspended().body_needed().guests();
    let pages = Route::new().class(Class::Pages).guests();
    routes
        .ruma_with(writing, send_message_event::send_message_event)
        .ruma_with(Route::new().class(Class::Message).guests(), redact_event::redact_event)
        .ruma_with(pages, get_message_events::get_message_events)
        .ruma_with(pages, get_context::get_context)
        .ruma_with(Route::new().guests(), get_room_event::get_room_event)
}

/// Who reads, in the homeserver's terms.
pub(crate) fn audience(requester: &Requester) -> Audience<'_> {
    Audience { user: &requester.user_id, device: Some(&requester.device_id) }
}

/// Events that the homeserver rendered, as ruma's answers want them.
pub(crate) fn raws<T>(events: Vec<Box<RawValue>>) -> Vec<Raw<T>> {
    events.into_iter().map(Raw::from_json).collect()
}

/// The order a pagination token names; a sync token and a `pos` of sliding sync do too.
pub(crate) fn order(token: Option<&str>) -> Result<Option<i64>, ApiError> {
    token
        .map(|token| SyncToken::of_reading(token).map(|token| token.order))
        .transpose()
        .map_err(|error| ApiError::invalid_param(error.to_string()))
}

/// A pagination token on the wire.
pub(crate) fn token(app: &App, order: i64) -> String {
    app.homeserver.sync.token_at(order).to_string()
}
