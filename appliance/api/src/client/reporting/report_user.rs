//! `POST /_matrix/client/v3/users/{userId}/report`.

use axum::extract::State;
use ruma::api::client::reporting::report_user::v3::{Request, Response};
use veche_directory::Subject;

use crate::app::People;
use crate::error::ApiError;
use crate::extract::Ruma;
use crate::respond::RumaResponse;

/// Takes a report about somebody. Whether the account exists is not said, as the specification allows.
pub(super) async fn report_user(
    State(people): State<People>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    people.directory.report(&req.who, Subject::User(req.body.user_id), Some(req.body.reason)).await?;
    Ok(RumaResponse(Response::new()))
}
