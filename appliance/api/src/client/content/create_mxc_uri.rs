//! `POST /_matrix/media/v1/create`.

use axum::extract::State;
use ruma::api::client::media::create_mxc_uri::v1::{Request, Response};
use ruma::{MilliSecondsSinceUnixEpoch, OwnedMxcUri, UInt};

use crate::app::App;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// Makes an address for a file that comes later.
pub(super) async fn create_mxc_uri(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let announced = app.homeserver.content.announce(req.sender()).await?;
    let mut response = Response::new(address(&app, &announced.media_id));
    response.unused_expires_at = UInt::try_from(announced.expires_ms).ok().map(MilliSecondsSinceUnixEpoch);
    Ok(RumaResponse(response))
}

/// The `mxc://` address of content of this server.
pub(super) fn address(app: &App, media_id: &str) -> OwnedMxcUri {
    OwnedMxcUri::from(format!("mxc://{}/{media_id}", app.gate.settings.server_name))
}
