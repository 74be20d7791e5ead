//! `POST /_matrix/client/unstable/org.matrix.msc4140/delayed_events/{delayId}/{action}`, and the older form with the
//! action in the body.

use axum::{extract::State, response::Response};
use serde::Deserialize;
use serde_json::json;
use veche_homeserver::delayed::Action;

use super::answer;
use crate::{app::App, error::ApiError, extract::Plain};

#[derive(Deserialize)]
struct Body {
    action: String,
}

/// Sends, cancels or restarts a delayed event. Whoever knows its id may, with a token or without.
pub(super) async fn update_delayed_event(State(app): State<App>, req: Plain) -> Result<Response, ApiError> {
    let [delay_id, action] = req.args.as_slice() else { return Err(ApiError::unrecognized()) };
    update(&app, delay_id, parse(action).ok_or_else(ApiError::unrecognized)?).await
}

/// The older form of the same.
pub(super) async fn update_delayed_event_by_body(State(app): State<App>, req: Plain) -> Result<Response, ApiError> {
    let [delay_id] = req.args.as_slice() else { return Err(ApiError::unrecognized()) };
    let Body { action } = serde_json::from_slice(&req.bytes)
        .map_err(|_| ApiError::missing_param("the body must name an action: send, cancel or restart"))?;
    let action = parse(&action).ok_or_else(|| ApiError::invalid_param("the action is send, cancel or restart"))?;
    update(&app, delay_id, action).await
}

fn parse(action: &str) -> Option<Action> {
    match action {
        "send" => Some(Action::Send),
        "cancel" => Some(Action::Cancel),
        "restart" => Some(Action::Restart),
        _ => None,
    }
}

async fn update(app: &App, delay_id: &str, action: Action) -> Result<Response, ApiError> {
    app.homeserver.delayed.manage(delay_id, action).await?;
    Ok(answer(&json!({})))
}
