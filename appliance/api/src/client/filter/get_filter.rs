//! `GET /user/{userId}/filter/{filterId}`

use std::future::ready;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use ruma::api::client::filter::get_filter::v3::Request;

use crate::{app::App, client::account_data::own, error::ApiError, extract::Ruma};

/// A filter one saved.
pub(super) async fn get_filter(State(app): State<App>, req: Ruma<Request>) -> Result<Response, ApiError> {
    ready(get(&app, &req)).await
}

fn get(app: &App, req: &Ruma<Request>) -> Result<Response, ApiError> {
    own(req.sender(), &req.body.user_id)?;
    let filter = app.homeserver.parts.account_data.filter(req.sender(), &req.body.filter_id)?;
    Ok(Json(filter.ok_or_else(|| ApiError::not_found("there is no such filter"))?).into_response())
}
