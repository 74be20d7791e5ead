//! `POST /_matrix/client/v3/keys/upload`.

use axum::extract::State;
use ruma::{
    UInt,
    api::client::keys::upload_keys::v3::{Request, Response},
    serde::Raw,
};
use veche_homeserver::e2ee::KeysUpload;

use super::one_time_keys;
use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Takes the public keys of the requester's device. Only that device may, and only for itself.
pub(super) async fn upload_keys(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let (user, device) = (req.who.user_id.clone(), req.who.device_id.clone());
    let upload = KeysUpload {
        device_keys: req.body.device_keys.map(Raw::into_json),
        one_time_keys: one_time_keys(req.body.one_time_keys),
        fallback_keys: one_time_keys(req.body.fallback_keys),
    };
    let counts = app.homeserver.parts.e2ee.upload_keys(&user, &device, upload).await?;
    let counts = counts.into_iter().map(|(algorithm, count)| (algorithm.into(), UInt::new_saturating(count)));
    Ok(RumaResponse(Response::new(counts.collect())))
}
