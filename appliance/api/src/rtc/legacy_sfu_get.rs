//! `POST /livekit/jwt/sfu/get`: how clients asked for a token before calls had slots.

use axum::extract::State;
use axum::response::Response;

use super::bodies::{Legacy, read};
use super::{calls, get_token::give};
use crate::app::App;
use crate::error::ApiError;
use crate::extract::Plain;

/// A token for the call of a room that somebody is in who shows who he is.
pub(super) async fn legacy_sfu_get(State(app): State<App>, req: Plain) -> Result<Response, ApiError> {
    let (calls, asked) = (calls(&app)?, app.gate.clock.monotonic());
    let (wish, leaving) = read::<Legacy>(&req)?.wish(&app).await?;
    give(&app, calls, &wish, leaving, asked).await
}
