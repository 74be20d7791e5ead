//! `GET /user/{userId}/filter/{filterId}`

use std::future::ready;

use axum::extract::State;
use ruma::api::client::filter::get_filter::v3::{Request, Response};

use crate::{app::App, client::account_data::own, error::ApiError, extract::Ruma, respond::RumaResponse};

/// A filter one saved.
pub(super) async fn get_filter(State(app): State<App>, req: Ruma<Request>) -> Result<RumaResponse<Response>, ApiError> {
    ready(get(&app, &req)).await
}

fn get(app: &App, req: &Ruma<Request>) -> Result<RumaResponse<Response>, ApiError> {
    own(req.sender(), &req.body.user_id)?;
    let filter = app.homeserver.parts.account_data.filter(req.sender(), &req.body.filter_id)?;
    Ok(RumaResponse(Response::new(filter.ok_or_else(|| ApiError::not_found("there is no such filter"))?)))
}
