//! `GET /notifications`

use std::future::ready;

use axum::extract::State;
use ruma::{
    MilliSecondsSinceUnixEpoch, UInt,
    api::client::push::get_notifications::v3::{Notification, Request, Response},
    serde::Raw,
};

use crate::{
    app::App,
    client::message::{audience, order, token},
    error::ApiError,
    extract::Ruma,
    respond::RumaResponse,
};

/// Notifications when the client names no number.
const LIMIT_DEFAULT: usize = 10;
/// Notifications in one answer.
const LIMIT_MAX: usize = 100;

/// What one is to be told and was told, newest first.
pub(super) async fn get_notifications(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    ready(get(&app, &req)).await
}

fn get(app: &App, req: &Ruma<Request>) -> Result<RumaResponse<Response>, ApiError> {
    let before = order(req.body.from.as_deref())?.and_then(|order| u64::try_from(order).ok());
    let asked = req.body.limit.map(|limit| usize::try_from(u64::from(limit)).unwrap_or(usize::MAX));
    let limit = asked.unwrap_or(LIMIT_DEFAULT).min(LIMIT_MAX);
    let only_highlights = req.body.only.as_deref() == Some("highlight");
    let timeline = &app.homeserver.parts.timeline;
    let page = timeline.notifications(audience(&req.who), before, limit, only_highlights)?;
    let shown = page.list.into_iter().map(|notification| {
        let event = Raw::from_json(notification.event);
        let sent = MilliSecondsSinceUnixEpoch(UInt::new_saturating(notification.sent_ms));
        Notification::new(notification.actions, event, notification.read, notification.room_id, sent)
    });
    let mut response = Response::new(shown.collect());
    response.next_token = page.next.and_then(|next| i64::try_from(next).ok()).map(|order| token(app, order));
    Ok(RumaResponse(response))
}
