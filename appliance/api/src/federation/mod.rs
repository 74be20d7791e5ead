//! What those ask who have no account here. Federation is not built: this is the part that needs no trust between servers.

use axum::extract::FromRef;
use http::Method;

use crate::access::Need;
use crate::app::{Gated, People};
use crate::routes::{Route, Routes};

mod get_openid_userinfo;

/// Registers the area.
pub(crate) fn routes<S: Gated>(routes: Routes<S>) -> Routes<S>
where
    People: FromRef<S>,
{
    // The token in the query is no access token, and is the handler's to read. Who asks is counted by his address.
    let path = "/_matrix/federation/v1/openid/userinfo";
    routes.plain(Method::GET, path, Need::Nobody, Route::new(), get_openid_userinfo::get_openid_userinfo)
}
