//! Events that are sent later (MSC4140), in both dialects of the proposal: the older one is a parameter of the
//! ordinary endpoints ([`delay`]) and the action in a body, the newer one has endpoints of its own.

mod get_all_delayed_events;
mod get_delayed_event;
mod send_delayed_event;
mod update_delayed_event;

use axum::{body::Body, extract::Query, response::Response};
use http::{HeaderValue, Method, Uri, header::CONTENT_TYPE};
use ruma::api::Metadata;
use serde_json::{Map, Value, json};
use veche_base::limits::STICKY_EVENT_SECS_MAX;
use veche_homeserver::delayed::{DelayedEvent, End, NewDelayed};

use crate::{
    access::{Need, Requester, Scheme},
    app::App,
    error::ApiError,
    extract::{Plain, Ruma},
    limits::Class,
    routes::{Route, Routes},
};

/// The area's endpoints.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    let schedule = Route::new().class(Class::Message).refuse_suspended().guests();
    let (user, put, get) = (Need::User, Method::PUT, Method::GET);
    let read = Route::new();
    let routes = routes
        .plain(
            put.clone(),
            "/_matrix/client/unstable/org.matrix.msc4140/rooms/{room_id}/delayed_event/{event_type}/{txn_id}",
            user,
            schedule,
            send_delayed_event::send_delayed_event,
        )
        .plain(
            put,
            "/_matrix/client/v3/rooms/{room_id}/delayed_event/{event_type}/{txn_id}",
            user,
            schedule,
            send_delayed_event::send_delayed_event,
        )
        .plain(
            get.clone(),
            "/_matrix/client/unstable/org.matrix.msc4140/delayed_events",
            user,
            read,
            get_all_delayed_events::get_all_delayed_events,
        )
        .plain(
            get.clone(),
            "/_matrix/client/v1/delayed_events",
            user,
            read,
            get_all_delayed_events::get_all_delayed_events,
        )
        .plain(
            get.clone(),
            "/_matrix/client/unstable/org.matrix.msc4140/delayed_events/scheduled",
            user,
            read,
            get_all_delayed_events::get_scheduled,
        )
        .plain(
            get.clone(),
            "/_matrix/client/unstable/org.matrix.msc4140/delayed_events/finalised",
            user,
            read,
            get_all_delayed_events::get_finalised,
        )
        .plain(
            get.clone(),
            "/_matrix/client/unstable/org.matrix.msc4140/delayed_events/{delay_id}",
            user,
            read,
            get_delayed_event::get_delayed_event,
        )
        .plain(get, "/_matrix/client/v1/delayed_events/{delay_id}", user, read, get_delayed_event::get_delayed_event);
    managing(routes)
}

/// The id is the right to manage the event, which a client may hand to the server of its call.
fn managing(routes: Routes<App>) -> Routes<App> {
    let (post, manage) = (Method::POST, Route::new().guests());
    routes
        .plain(
            post.clone(),
            "/_matrix/client/unstable/org.matrix.msc4140/delayed_events/{delay_id}",
            Need::Maybe,
            manage,
            update_delayed_event::update_delayed_event_by_body,
        )
        .plain(
            post.clone(),
            "/_matrix/client/unstable/org.matrix.msc4140/delayed_events/{delay_id}/{action}",
            Need::Maybe,
            manage,
            update_delayed_event::update_delayed_event,
        )
        .plain(
            post,
            "/_matrix/client/v1/delayed_events/{delay_id}/{action}",
            Need::Maybe,
            manage,
            update_delayed_event::update_delayed_event,
        )
}

/// The older dialect: the delay that a request to an ordinary sending endpoint asks for, if it does.
pub(crate) fn delay<T: Metadata<Authentication: Scheme>>(req: &Ruma<T>) -> Result<Option<u64>, ApiError> {
    let Some(delay) = req.query("org.matrix.msc4140.delay") else { return Ok(None) };
    let bad = |_| ApiError::invalid_param("org.matrix.msc4140.delay is not a number of milliseconds");
    delay.parse().map(Some).map_err(bad)
}

/// For how long a message is to stick (MSC4354), if a request says so.
pub(crate) fn sticky(uri: &Uri) -> Result<Option<u64>, ApiError> {
    let query = Query::<Vec<(String, String)>>::try_from_uri(uri).map(|query| query.0).unwrap_or_default();
    let is_named = |name: &str| matches!(name, "org.matrix.msc4354.sticky_duration_ms" | "sticky_duration_ms");
    let Some((_, sticky)) = query.into_iter().find(|(name, _)| is_named(name)) else { return Ok(None) };
    let sticky = sticky.parse().ok().filter(|sticky| *sticky <= STICKY_EVENT_SECS_MAX * 1_000);
    let refusal = || ApiError::invalid_param("an event may stick for between 0 and 3600000 milliseconds");
    sticky.ok_or_else(refusal).map(Some)
}

/// Schedules an event and answers its id.
pub(crate) async fn schedule(
    app: &App,
    who: &Requester,
    new: NewDelayed,
    txn_id: Option<ruma::OwnedTransactionId>,
) -> Result<Response, ApiError> {
    let delayed = &app.homeserver.delayed;
    let transaction =
        txn_id.map(|txn_id| veche_homeserver::timeline::TransactionId { device_id: who.device_id.clone(), txn_id });
    let delay_id = delayed.schedule(&who.user_id, &who.device_id, new, transaction).await?;
    Ok(answer(&json!({ "delay_id": delay_id })))
}

/// JSON as an answer.
fn answer(json: &Value) -> Response {
    let mut answer = Response::new(Body::from(json.to_string()));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

/// Who asks an endpoint that nobody reaches without a token.
fn requester(req: &Plain) -> Result<&Requester, ApiError> {
    req.requester.as_ref().ok_or_else(ApiError::missing_token)
}

/// A delayed event as its sender sees it.
fn shown(event: &DelayedEvent) -> Result<Map<String, Value>, ApiError> {
    let record = &event.record;
    let mut shown = Map::new();
    let mut set = |name: &str, value: Value| shown.insert(name.to_owned(), value);
    set("delay_id", event.delay_id.clone().into());
    set("room_id", record.room_id.as_str().into());
    set("type", record.kind.clone().into());
    if let Some(state_key) = &record.state_key {
        set("state_key", state_key.clone().into());
    }
    set("delay", record.delay_ms.into());
    set("delay_ms", record.delay_ms.into());
    set("running_since", record.running_since_ms.into());
    set("content", record.content.parse().map_err(ApiError::internal)?);
    if let Some(outcome) = &record.outcome {
        // The proposal renamed the second one to the first.
        set("origin_server_ts", outcome.at_ms.into());
        set("finalised_ts", outcome.at_ms.into());
        match &outcome.end {
            End::Sent(event_id) => _ = set("event_id", event_id.as_str().into()),
            End::Cancelled => {}
            End::Failed { errcode, error } => _ = set("error", json!({ "errcode": errcode, "error": error })),
        }
    }
    Ok(shown)
}
