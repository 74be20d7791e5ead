//! `PUT /profile/{userId}/{field}`

use axum::{body::Body, extract::State, response::Response};
use ruma::OwnedUserId;
use serde_json::{Map, Value};

use super::count;
use crate::{app::App, client::account_data::own, error::ApiError, extract::Plain};

/// Sets a field of one's own profile. `null` takes it away, which ruma's type cannot say; hence the plain handler.
pub(super) async fn set_profile_field(State(app): State<App>, req: Plain) -> Result<Response, ApiError> {
    let requester = req.requester.ok_or_else(ApiError::missing_token)?;
    let [user, field] = req.args.as_slice() else { return Err(ApiError::unrecognized()) };
    let user = OwnedUserId::try_from(user.as_str()).map_err(|_| ApiError::invalid_param("this is not a user id"))?;
    own(&requester.user_id, &user)?;
    let mut body: Map<String, Value> =
        serde_json::from_slice(&req.bytes).map_err(|_| ApiError::bad_json("the body must be an object"))?;
    let value = match body.remove(field) {
        Some(Value::Null) => None,
        Some(value) => Some(value),
        // Old clients clear a name or picture by leaving it out.
        None if matches!(field.as_str(), "displayname" | "avatar_url") => None,
        None => return Err(ApiError::missing_param(format!("the body has no {field}"))),
    };
    count(&app, &requester, field)?;
    app.homeserver.profiles.set(&user, field, value).await?;
    let mut answer = Response::new(Body::from("{}"));
    answer.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    Ok(answer)
}
