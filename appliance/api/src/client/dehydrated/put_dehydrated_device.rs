//! `PUT /_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device`.

use axum::extract::State;
use ruma::api::client::dehydrated_device::put_dehydrated_device::unstable::{Request, Response};
use veche_homeserver::e2ee::{DehydratedUpload, KeysUpload};

use crate::{app::App, client::keys::one_time_keys, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Keeps a dehydrated device in place of the one before.
pub(super) async fn put_dehydrated_device(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let (user, body) = (req.who.user_id.clone(), req.body);
    let upload = DehydratedUpload {
        device_id: body.device_id.clone(),
        display_name: body.initial_device_display_name,
        data: body.device_data.into_json(),
        keys: KeysUpload {
            device_keys: Some(body.device_keys.into_json()),
            one_time_keys: one_time_keys(body.one_time_keys),
            fallback_keys: one_time_keys(body.fallback_keys),
        },
    };
    app.homeserver.parts.e2ee.put_dehydrated(&user, upload).await?;
    Ok(RumaResponse(Response::new(body.device_id)))
}
