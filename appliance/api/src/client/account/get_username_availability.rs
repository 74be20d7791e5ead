//! `GET /_matrix/client/v3/register/available`.

use std::future::ready;

use axum::extract::State;
use ruma::api::client::account::get_username_availability::v3::{Request, Response};

use crate::app::People;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// Whether a newcomer may choose this name. A closed server does not tell who exists.
pub(super) async fn get_username_availability(
    State(people): State<People>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    ready(people.directory.check_username(&req.body.username)).await?;
    Ok(RumaResponse(Response::new(true)))
}
