//! `DELETE /_matrix/client/v3/devices/{deviceId}`.

use axum::extract::State;
use ruma::api::client::device::delete_device::v3::{Request, Response};

use crate::app::People;
use crate::client::uia;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// Signs one device out. One that is gone already is no mistake: the client wanted it gone.
pub(super) async fn delete_device(
    State(people): State<People>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let pass = uia::prove(&people, &req, &req.who, req.body.auth.as_ref()).await?;
    people.directory.delete_devices(&req.who, [req.body.device_id].into(), pass).await?;
    Ok(RumaResponse(Response::new()))
}
