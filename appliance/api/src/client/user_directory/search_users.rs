//! `POST /user_directory/search`

use std::future::ready;

use axum::extract::State;
use ruma::api::client::user_directory::search_users::v3::{Request, Response, User};

use crate::{app::App, error::ApiError, extract::Ruma, respond::RumaResponse};

/// People of this server by name or id. Everybody may look for everybody: it is one company.
pub(super) async fn search_users(
    State(app): State<App>,
    req: Ruma<Request>,
) -> Result<RumaResponse<Response>, ApiError> {
    let limit = usize::try_from(u64::from(req.body.limit)).unwrap_or(usize::MAX);
    let found = app.homeserver.profiles.search(req.sender(), &req.body.search_term, limit)?;
    let results = found.users.into_iter().map(|person| {
        let mut user = User::new(person.user_id);
        user.display_name = person.display_name;
        user.avatar_url = person.avatar_url.map(Into::into);
        user
    });
    ready(Ok(RumaResponse(Response::new(results.collect(), found.limited)))).await
}
