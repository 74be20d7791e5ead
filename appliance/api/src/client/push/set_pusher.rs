//! `POST /pushers/set`

use axum::extract::State;
use ruma::api::client::push::set_pusher::v3::{PusherAction, Request, Response};

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Sets, changes or takes away a pusher.
pub(super) async fn set_pusher(State(app): State<App>, req: Ruma<Request>) -> Result<RumaResponse<Response>, ApiError> {
    let notify = &app.homeserver.parts.notify;
    match &req.body.action {
        PusherAction::Post(data) => {
            notify.set_pusher(req.sender(), &req.who.device_id, &data.pusher, data.append).await?;
        }
        PusherAction::Delete(ids) => notify.delete_pusher(req.sender(), ids).await?,
        _ => return Err(ApiError::invalid_param("this can not be done to a pusher")),
    }
    Ok(RumaResponse(Response::new()))
}
