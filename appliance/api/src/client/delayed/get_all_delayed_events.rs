//! `GET /_matrix/client/unstable/org.matrix.msc4140/delayed_events`, and the older `/scheduled` and `/finalised`.
//!
//! All of it is one page: how many events may wait and how many ended ones are kept is bounded.

use std::future::ready;

use axum::{extract::State, response::Response};
use serde_json::{Map, Value, json};
use veche_homeserver::delayed::{DelayedEvent, End};

use super::{answer, requester, shown};
use crate::{app::App, error::ApiError, extract::Plain};

/// The requester's delayed events: those that wait, then those that have ended.
pub(super) async fn get_all_delayed_events(State(app): State<App>, req: Plain) -> Result<Response, ApiError> {
    let status = parameter(&req, "status");
    let (scheduled, finalised) = match status.as_deref() {
        None => (true, true),
        Some("scheduled") => (true, false),
        Some("finalised") => (false, true),
        Some(_) => return Err(ApiError::invalid_param("status is scheduled or finalised")),
    };
    ready(list(&app, &req, scheduled, finalised)).await
}

/// Those that wait.
pub(super) async fn get_scheduled(State(app): State<App>, req: Plain) -> Result<Response, ApiError> {
    ready(list(&app, &req, true, false)).await
}

/// Those that have ended.
pub(super) async fn get_finalised(State(app): State<App>, req: Plain) -> Result<Response, ApiError> {
    ready(list(&app, &req, false, true)).await
}

fn parameter(req: &Plain, name: &str) -> Option<String> {
    let query = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&req.parts.uri).ok()?;
    query.0.into_iter().find_map(|(key, value)| (key == name).then_some(value))
}

/// Answers in the terms of every revision of the proposal: one list of all, or one list for each status.
fn list(app: &App, req: &Plain, scheduled: bool, finalised: bool) -> Result<Response, ApiError> {
    let user = &requester(req)?.user_id;
    let delayed = &app.homeserver.delayed;
    let one = parameter(req, "delay_id");
    let wanted = |event: &DelayedEvent| one.as_ref().is_none_or(|one| *one == event.delay_id);
    let mut answered = Map::new();
    let mut all = Vec::new();
    if scheduled {
        let events = delayed.scheduled(user)?.into_iter().filter(wanted);
        let events = events.map(|event| shown(&event).map(Value::Object)).collect::<Result<Vec<_>, _>>()?;
        all.extend(events.iter().cloned());
        answered.insert("scheduled".to_owned(), events.into());
    }
    if finalised {
        let mut ended = Vec::new();
        for event in delayed.finalized(user)?.into_iter().filter(wanted) {
            let shown = shown(&event)?;
            ended.push(ending(&event, &shown));
            all.push(Value::Object(shown));
        }
        answered.insert("finalised".to_owned(), ended.into());
    }
    answered.insert("delayed_events".to_owned(), all.into());
    Ok(answer(&Value::Object(answered)))
}

/// An ended event as an earlier revision showed it.
fn ending(event: &DelayedEvent, shown: &Map<String, Value>) -> Value {
    let Some(outcome) = &event.record.outcome else { return Value::Null };
    let by = if outcome.by_action { "action" } else { "delay" };
    let (how, reason) = match &outcome.end {
        End::Sent(_) => ("send", by),
        End::Cancelled => ("cancel", by),
        End::Failed { .. } => ("cancel", "error"),
    };
    let mut ending = json!({ "delayed_event": shown, "outcome": how, "reason": reason });
    for field in ["error", "event_id", "origin_server_ts"] {
        if let Some(value) = shown.get(field) {
            ending[field] = value.clone();
        }
    }
    ending
}
