//! `POST /rooms/{roomId}/read_markers`

use axum::extract::State;
use ruma::{
    api::client::read_marker::set_read_marker::v3::{Request, Response},
    events::receipt::ReceiptThread::Unthreaded,
};
use veche_homeserver::ephemeral::ReceiptKind;

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Notes what one has read, and where one stopped reading. Members of the room may.
pub(super) async fn set_read_marker(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let Request { room_id, fully_read, read_receipt, private_read_receipt, .. } = &req.body;
    let ephemeral = &app.homeserver.parts.ephemeral;
    for (kind, event_id) in [(ReceiptKind::Public, read_receipt), (ReceiptKind::Private, private_read_receipt)] {
        if let Some(event_id) = event_id {
            ephemeral.set_receipt(req.sender(), room_id, kind, &Unthreaded, event_id).await?;
        }
    }
    if let Some(event_id) = fully_read {
        ephemeral.set_fully_read(req.sender(), room_id, event_id).await?;
    }
    app.homeserver.parts.presence.active(req.sender());
    Ok(RumaResponse(Response::new()))
}
