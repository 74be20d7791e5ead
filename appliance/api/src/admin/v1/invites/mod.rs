//! Invitations: registration tokens with the link that carries them.

mod create;
mod list;
mod revoke;

use schemars::JsonSchema;
use serde::Serialize;
use veche_directory::{Grant, RegistrationToken};

use crate::app::App;
use crate::site::invite_link;
use crate::typed::{Operation, Typed};

/// Registers the area.
pub(super) fn register(typed: Typed<App>) -> Typed<App> {
    typed
        .add(
            Operation::get("invites.list", "/api/admin/v1/invites", "Invitations, the oldest first")
                .grant(Grant::Users),
            list::list,
        )
        .add(
            Operation::post("invites.create", "/api/admin/v1/invites", "Makes an invitation").grant(Grant::Users),
            create::create,
        )
        .add(
            Operation::delete("invites.revoke", "/api/admin/v1/invites/{token}", "Takes an invitation back")
                .grant(Grant::Users),
            revoke::revoke,
        )
}

/// An invitation.
#[derive(Debug, Serialize, JsonSchema)]
struct Invite {
    token: String,
    /// What to hand on: it opens the client with the token filled in.
    link: String,
    /// How many accounts it may make; without bound if there is none.
    uses_allowed: Option<u64>,
    /// How many it has made.
    used: u64,
    /// Until when it is good; for ever if there is none.
    expires_ms: Option<u64>,
    created_ms: u64,
    /// Whether one more account may be made with it now.
    usable: bool,
}

impl Invite {
    fn of(app: &App, token: RegistrationToken) -> Self {
        Self {
            link: invite_link(&app.gate.settings.base_url, &token.token),
            uses_allowed: token.uses_allowed,
            used: token.completed,
            expires_ms: token.expires_ms,
            created_ms: token.created_ms,
            usable: token.is_usable(app.gate.clock.wall_ms()),
            token: token.token,
        }
    }
}
