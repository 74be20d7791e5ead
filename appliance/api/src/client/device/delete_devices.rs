//! `POST /_matrix/client/v3/delete_devices`.

use axum::extract::State;
use ruma::api::client::device::delete_devices::v3::{Request, Response};

use crate::app::People;
use crate::client::uia;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// Signs several devices out.
pub(super) async fn delete_devices(
    State(people): State<People>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let pass = uia::prove(&people, &req, &req.who, req.body.auth.as_ref()).await?;
    people.directory.delete_devices(&req.who, req.body.devices.into_iter().collect(), pass).await?;
    Ok(RumaResponse(Response::new()))
}
