//! `POST /user/{userId}/filter`

use axum::extract::State;
use ruma::api::client::filter::create_filter::v3::{Request, Response};
use veche_homeserver::filter::FilterDefinition;

use crate::{
    app::App,
    client::{account_data::own, sync::held::json},
    error::ApiError,
    extract::Ruma,
    respond::RumaResponse,
};

/// Saves a filter. The same definition gets the same id again.
pub(super) async fn create_filter(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    own(req.sender(), &req.body.user_id)?;
    let filter: FilterDefinition = json(&req.bytes)?;
    filter.check()?;
    let filter_id = app.homeserver.parts.account_data.save_filter(req.sender(), &filter).await?;
    Ok(RumaResponse(Response::new(filter_id)))
}
