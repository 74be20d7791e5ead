//! Push rules, notifications, pushers.

mod delete_pushrule;
mod get_notifications;
mod get_pushers;
mod get_pushrule;
mod get_pushrule_actions;
mod get_pushrule_enabled;
mod get_pushrules_all;
mod get_pushrules_global_scope;
mod set_pusher;
mod set_pushrule;
mod set_pushrule_actions;
mod set_pushrule_enabled;

use axum::{body::Body, response::Response};
use http::{HeaderValue, header::CONTENT_TYPE};
use ruma::push::{AnyPushRule, AnyPushRuleRef, RuleKind};
use serde_json::value::RawValue;

use crate::{
    app::App,
    error::ApiError,
    routes::{Route, Routes},
};

/// The area's endpoints.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    routes
        .ruma_with(Route::new().guests(), get_pushrules_all::get_pushrules_all)
        .ruma(get_pushrules_global_scope::get_pushrules_global_scope)
        .ruma(get_pushrule::get_pushrule)
        .ruma(set_pushrule::set_pushrule)
        .ruma(delete_pushrule::delete_pushrule)
        .ruma(get_pushrule_enabled::get_pushrule_enabled)
        .ruma(set_pushrule_enabled::set_pushrule_enabled)
        .ruma(get_pushrule_actions::get_pushrule_actions)
        .ruma(set_pushrule_actions::set_pushrule_actions)
        .ruma(get_notifications::get_notifications)
        .ruma(get_pushers::get_pushers)
        .ruma(set_pusher::set_pusher)
}

/// An answer that ruma's type cannot give: it leaves out kinds of rules that are empty, which clients do not expect.
fn json(body: &RawValue) -> Result<Response, ApiError> {
    let mut answer = Response::new(Body::from(body.get().to_owned()));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(answer)
}

/// One of the user's rules.
fn rule(app: &App, user: &ruma::UserId, kind: &RuleKind, rule_id: &str) -> Result<AnyPushRule, ApiError> {
    let rules = app.homeserver.parts.account_data.push_rules(user)?;
    let rule = rules.rules.get(kind.clone(), rule_id);
    rule.map(AnyPushRuleRef::to_owned).ok_or_else(|| ApiError::not_found("there is no such push rule"))
}
