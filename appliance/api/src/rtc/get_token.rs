//! `POST /_matrix/client/v1/rtc/livekit/get_token` (MSC4195), and `POST /livekit/jwt/get_token` for those who show a proof.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use serde_json::json;
use veche_calls::{Calls, Ticket, Wish};

use super::bodies::{Asked, Proved, read};
use super::{answer, calls, sfu_url};
use crate::app::App;
use crate::error::ApiError;
use crate::extract::Plain;

/// A token for a call of a room that the requester is in.
pub(super) async fn get_token(State(app): State<App>, req: Plain) -> Result<Response, ApiError> {
    let (calls, asked) = (calls(&app)?, app.gate.clock.monotonic());
    let who = req.requester.as_ref().ok_or_else(ApiError::missing_token)?;
    let (wish, leaving) = read::<Asked>(&req)?.wish(&app, who)?;
    give(&app, calls, &wish, leaving, asked).await
}

/// The same for somebody who shows who he is.
pub(super) async fn get_token_by_proof(State(app): State<App>, req: Plain) -> Result<Response, ApiError> {
    let (calls, asked) = (calls(&app)?, app.gate.clock.monotonic());
    let (wish, leaving) = read::<Proved>(&req)?.wish(&app).await?;
    give(&app, calls, &wish, leaving, asked).await
}

/// The token, and where to show it; with it an earlier revision hands the leaving over. It was asked for at this time of
/// the clock, which tells how long it took.
pub(super) async fn give(
    app: &App,
    calls: &Arc<Calls>,
    wish: &Wish,
    leaving: Option<String>,
    asked: Duration,
) -> Result<Response, ApiError> {
    let Ticket { jwt, room, identity } = calls.ticket(wish)?;
    if let Some(delay_id) = leaving {
        calls.delegate_leave(wish, &delay_id).await?;
    }
    calls.ticket_answered(room, identity, app.gate.clock.monotonic().saturating_sub(asked));
    Ok(answer(&json!({ "url": sfu_url(app), "jwt": jwt.into_exposed() })))
}
