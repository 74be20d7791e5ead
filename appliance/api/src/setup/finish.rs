//! `POST /api/setup/v1/finish`. Who may call it: who has shown the claim code.

use std::sync::Arc;

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use veche_directory::setup::Draft;

use super::Wizard;
use crate::admin::v1::reachability::{Report, visit};
use crate::app::Gated;
use crate::error::ApiError;
use crate::site::invite_link;
use crate::typed::{Asked, Json};

/// About the browser that asks.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "FinishWanted")]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// What the browser's clock shows, in milliseconds since 1970.
    now_ms: Option<u64>,
}

/// A server that has begun.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SetupFinished")]
pub(super) struct Finished {
    /// The owner's account.
    owner: String,
    server_name: String,
    /// Where clients reach the server.
    base_url: String,
    /// What to hand on, if people get in by invitation.
    invite_link: Option<String>,
    /// Whether clients reach the server, as far as it sees from inside; null if it could not be looked at.
    reachability: Option<Report>,
}

/// Makes the owner, and answers when the server has started. After this the wizard is gone.
pub(super) async fn finish(State(wizard): State<Wizard>, asked: Asked<Wanted>) -> Result<Json<Finished>, ApiError> {
    let site = Arc::clone(&wizard.site);
    let settings_of = move |draft: &Draft| site.settings_of(draft);
    let finished = wizard.setup.finish(settings_of).await?;
    let visit = visit(&asked, asked.query.now_ms, &wizard.gate().settings.trusted_proxies);
    let base_url = wizard.site.base_url(finished.owner.server_name());
    let reachability = wizard.site.start(visit).await;
    Ok(Json(Finished {
        server_name: finished.owner.server_name().to_string(),
        invite_link: finished.invite_token.map(|token| invite_link(&base_url, &token)),
        owner: finished.owner.to_string(),
        base_url,
        reachability,
    }))
}
