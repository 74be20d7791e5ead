//! `POST /rooms/{roomId}/receipt/{receiptType}/{eventId}`

use axum::extract::State;
use ruma::{
    api::client::receipt::create_receipt::v3::{ReceiptType, Request, Response},
    events::receipt::ReceiptThread,
};
use veche_homeserver::ephemeral::ReceiptKind;

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// Notes what one has read. Members of the room may.
pub(super) async fn create_receipt(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let Request { room_id, receipt_type, event_id, thread, .. } = &req.body;
    let parts = &app.homeserver.parts;
    let kind = match receipt_type {
        ReceiptType::Read => ReceiptKind::Public,
        ReceiptType::ReadPrivate => ReceiptKind::Private,
        ReceiptType::FullyRead => {
            if *thread != ReceiptThread::Unthreaded {
                return Err(ApiError::invalid_param("m.fully_read knows no threads"));
            }
            parts.ephemeral.set_fully_read(req.sender(), room_id, event_id).await?;
            return Ok(RumaResponse(Response::new()));
        }
        _ => return Err(ApiError::invalid_param("this is not a type of receipt")),
    };
    parts.ephemeral.set_receipt(req.sender(), room_id, kind, thread, event_id).await?;
    parts.presence.active(req.sender());
    Ok(RumaResponse(Response::new()))
}
