//! What anybody may know of the site before he signs in: what it is called, in which language it greets, how people get in;
//! and the passkey that he may sign in by.

pub(crate) mod about;
mod passkey;

use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;
use veche_directory::Language;

use crate::access::Need;
use crate::app::App;
use crate::limits::Class;
use crate::routes::Routes;
use crate::typed::{Operation, Typed, openapi};

/// Registers the area.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    register(Typed::new(routes)).into_routes()
}

fn register(typed: Typed<App>) -> Typed<App> {
    let about = Operation::get("site.about", "/api/site/v1/about", "What the site is, for pages before signing in");
    let path =
        |verb: &'static str, path, summary| Operation::post(verb, path, summary).need(Need::Nobody).class(Class::Login);
    typed
        .add(about.need(Need::Nobody).class(Class::Free), about::about)
        .add(
            path(
                "passkey.challenge",
                "/api/site/v1/passkey/challenge",
                "What to ask the browser for, to sign in by a passkey",
            ),
            passkey::challenge,
        )
        .add(
            path("passkey.prove", "/api/site/v1/passkey/proof", "Gives what stands for a password, once"),
            passkey::prove,
        )
}

/// The OpenAPI file of what anybody may ask.
pub fn openapi() -> Value {
    let about =
        openapi::About { title: "Veche: the site", description: "What pages may know before somebody has signed in." };
    openapi::document(&about, register(Typed::new(Routes::new())).described())
}

/// What the console says of the site. Clones share the same.
#[derive(Debug, Clone, Default)]
pub struct SiteFacts {
    facts: Arc<RwLock<Facts>>,
}

/// See [`SiteFacts`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// What the company is called, if somebody has said it.
    pub name: Option<String>,
    /// The language for those who have not chosen one, if somebody has said it.
    pub language: Option<Language>,
}

impl SiteFacts {
    /// What holds now.
    pub fn get(&self) -> Facts {
        self.facts.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What holds from now on.
    pub fn set(&self, facts: Facts) {
        *self.facts.write().unwrap_or_else(PoisonError::into_inner) = facts;
    }
}

/// What an invitation is handed on as. The token stands behind `#`, so that it reaches no server and no log.
pub(crate) fn invite_link(base_url: &str, token: &str) -> String {
    format!("{base_url}/#/invite/{token}")
}
