//! `/api/setup/v1`: the wizard of a server without accounts. Until it is finished nothing else answers; after that these
//! routes do not exist.
//!
//! Whoever shows the claim code gets a token for everything else. It goes with each request as a bearer token, because
//! no browser sends one by itself: so no other page can make the wizard do anything.

mod check_name;
mod claim;
mod finish;
mod passkey;
mod put_certificate;
mod put_encryption;
mod put_language;
mod put_organisation;
mod put_owner;
mod put_registration;
mod second_factor;
mod state;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use futures_util::future::{BoxFuture, ready};
use http::Method;
use ruma::{OwnedServerName, ServerName, UserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use veche_directory::setup::{Draft, DraftError, FinishError, Setup, Step};

use crate::access::{Authenticator, Caller, Locked, Need, Requester};
use crate::admin::v1::certificate::{CertificateChoice, CertificateRefusal, CertificateUpload};
use crate::admin::v1::reachability::{Report, Visit};
use crate::app::{Gate, Gated};
use crate::error::ApiError;
use crate::extract::Plain;
use crate::limits::Class;
use crate::pages::Pages;
use crate::routes::{Route, Routes};
use crate::typed::{Operation, Typed, openapi};

/// What the wizard's routes are given.
#[derive(Clone)]
pub struct Wizard {
    gate: Arc<Gate>,
    setup: Arc<Setup>,
    site: Arc<dyn NewSite>,
    pages: Option<Arc<dyn Pages>>,
}

impl Wizard {
    /// The wizard behind a gate, which asks [`SetupSessions`] who somebody is.
    pub fn new(gate: Gate, setup: Arc<Setup>, site: Arc<dyn NewSite>) -> Self {
        Self { gate: Arc::new(gate), setup, site, pages: None }
    }

    /// The same with its page for people.
    #[must_use]
    pub fn with_pages(self, pages: Arc<dyn Pages>) -> Self {
        Self { pages: Some(pages), ..self }
    }
}

impl Gated for Wizard {
    fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    fn pages(&self) -> Option<&dyn Pages> {
        self.pages.as_deref()
    }
}

/// The service of a server that nobody has claimed yet.
pub fn router(wizard: Wizard) -> Router {
    endpoints().into_router(wizard)
}

/// Every endpoint of it.
pub fn endpoints() -> Routes<Wizard> {
    let health = Route::new().class(Class::Free);
    let routes = Routes::new().plain(Method::GET, "/health", Need::Nobody, health, healthy);
    register(Typed::new(routes)).into_routes()
}

/// The OpenAPI file of the wizard.
pub fn openapi() -> Value {
    let about = openapi::About {
        title: "Veche: first run",
        description: "The wizard of a server without accounts: claim it with the code shown on its console, answer the \
            steps in any order, as often as need be, and finish. After that these routes do not exist.",
    };
    openapi::document(&about, register(Typed::new(Routes::new())).described())
}

const SECOND_FACTOR: &str = "/api/setup/v1/owner/second_factor";
const PASSKEY: &str = "/api/setup/v1/owner/passkey";

fn register(typed: Typed<Wizard>) -> Typed<Wizard> {
    let get = |id, path, summary| Operation::get(id, path, summary).need(Need::User);
    let put = |id, path, summary| Operation::put(id, path, summary).need(Need::User);
    let claim = Operation::post("setup.claim", "/api/setup/v1/claim", "Shows the claim code");
    let finish = Operation::post("setup.finish", "/api/setup/v1/finish", "Makes the owner and starts the server");
    let certificate = put("setup.put_certificate", "/api/setup/v1/certificate", "Chooses the certificate");
    typed
        .add(claim.need(Need::Nobody).class(Class::Login), claim::claim)
        .add(get("setup.state", "/api/setup/v1/state", "The answers so far"), state::state)
        .add(put("setup.put_language", "/api/setup/v1/language", "Chooses the language"), put_language::put_language)
        .add(get("setup.check_name", "/api/setup/v1/name", "Looks where a name leads"), check_name::check_name)
        .add(
            put("setup.put_organisation", "/api/setup/v1/organisation", "Names company and server"),
            put_organisation::put_organisation,
        )
        .add(certificate.large_body(), put_certificate::put_certificate)
        .add(put("setup.put_owner", "/api/setup/v1/owner", "Says who owns the server"), put_owner::put_owner)
        .add(
            Operation::post("setup.offer_second_factor", SECOND_FACTOR, "Offers a secret for an authenticator app")
                .need(Need::User),
            second_factor::offer,
        )
        .add(
            put("setup.put_second_factor", SECOND_FACTOR, "Takes what was offered, with a code of it"),
            second_factor::put,
        )
        .add(
            Operation::delete("setup.delete_second_factor", SECOND_FACTOR, "The owner shows no second factor")
                .need(Need::User),
            second_factor::delete,
        )
        .add(
            Operation::post("setup.offer_passkey", PASSKEY, "What to ask the browser for, so that it makes a passkey")
                .need(Need::User),
            passkey::offer,
        )
        .add(put("setup.put_passkey", PASSKEY, "Takes the passkey that the browser has made"), passkey::put)
        .add(
            Operation::delete("setup.delete_passkey", PASSKEY, "The owner has no passkey").need(Need::User),
            passkey::delete,
        )
        .add(
            put("setup.put_registration", "/api/setup/v1/registration", "Chooses how people get in"),
            put_registration::put_registration,
        )
        .add(
            put("setup.put_encryption", "/api/setup/v1/encryption", "Chooses who protects what is said"),
            put_encryption::put_encryption,
        )
        .add(finish.need(Need::User), finish::finish)
}

async fn healthy(_: State<Wizard>, _: Plain) -> Result<Response, ApiError> {
    Ok(ready(Response::new(Body::from("OK"))).await)
}

/// What the wizard needs of a process that is to become a server.
pub trait NewSite: Send + Sync {
    /// The name that a text says, if it can be this server's.
    fn name(&self, text: &str) -> Result<OwnedServerName, NameRefusal>;

    /// The name that the settings of the machine say, if they say one: then it can be no other.
    fn fixed_name(&self) -> Option<OwnedServerName>;

    /// Where a name leads, and whether that is here.
    fn look<'a>(&'a self, name: &'a ServerName) -> BoxFuture<'a, NameReport>;

    /// Whether a certificate for this name can come from there.
    fn check_certificate(&self, name: &ServerName, choice: &CertificateChoice) -> Result<(), CertificateRefusal>;

    /// Keeps an uploaded certificate for this name.
    fn upload<'a>(
        &'a self,
        name: &'a ServerName,
        upload: CertificateUpload,
    ) -> BoxFuture<'a, Result<(), CertificateRefusal>>;

    /// Where clients will reach a server of this name.
    fn base_url(&self, name: &ServerName) -> String;

    /// The stored settings that the answers become.
    fn settings_of(&self, draft: &Draft) -> Vec<(String, Value)>;

    /// The owner exists: the server starts. Answers when it does, with what it looks like from inside.
    fn start(&self, visit: Visit) -> BoxFuture<'_, Option<Report>>;
}

/// Why a text cannot be the server's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameRefusal {
    /// It is none, in English words.
    Invalid(String),
    /// The settings of the machine say another one.
    Fixed(OwnedServerName),
}

/// Where a name leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NameReport {
    /// The name.
    pub server_name: String,
    /// What came of it.
    pub verdict: NameVerdict,
    /// Where DNS says that it leads, as far as it says anything.
    pub leads_to: Vec<String>,
    /// The addresses of this machine.
    pub own_addresses: Vec<String>,
    /// What the resolver said instead of an address, in its words.
    pub resolver: Option<String>,
}

/// What came of looking where a name leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NameVerdict {
    /// To this machine.
    Here,
    /// To an address that this machine does not have: of another machine, or of a router or proxy in front of this one.
    Elsewhere,
    /// Nowhere: DNS has no address for it.
    Nowhere,
    /// To this machine and nobody else: `localhost`, or a line in its own hosts file.
    ThisMachineOnly,
    /// It is an address of this machine.
    OwnAddress,
    /// It is an address that this machine does not have.
    OtherAddress,
}

/// A step of the wizard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "SetupStep")]
enum StepName {
    Language,
    Organisation,
    Certificate,
    Owner,
    Registration,
    Encryption,
}

impl From<Step> for StepName {
    fn from(step: Step) -> Self {
        match step {
            Step::Language => Self::Language,
            Step::Organisation => Self::Organisation,
            Step::Certificate => Self::Certificate,
            Step::Owner => Self::Owner,
            Step::Registration => Self::Registration,
            Step::Encryption => Self::Encryption,
        }
    }
}

/// Who has shown the claim code.
pub struct SetupSessions(pub Arc<Setup>);

impl Authenticator for SetupSessions {
    fn authenticate<'a>(
        &'a self,
        token: &'a str,
        _: &'a Caller,
        _: Locked,
    ) -> BoxFuture<'a, Result<Requester, ApiError>> {
        let known = self.0.is_session(token);
        // Nobody has an account yet; limits and logs call whoever sets the server up so.
        let somebody = || UserId::parse("@setup:localhost").map_err(ApiError::internal);
        let found = match known {
            true => somebody().map(|user_id| Requester::detached(user_id, "SETUP".into())),
            false => Err(ApiError::unknown_token()),
        };
        Box::pin(ready(found))
    }
}

impl From<DraftError> for ApiError {
    fn from(error: DraftError) -> Self {
        match error {
            DraftError::BadName => Self::invalid_param("This name is empty or too long").with("reason", "name_length"),
            DraftError::InvalidUsername => Self::bad_request(
                "M_INVALID_USERNAME",
                "A user name has the characters a-z, 0-9 and ._=-/+ and is not too long",
            ),
            DraftError::WeakPassword => Self::bad_request("M_WEAK_PASSWORD", "This password is too short or too long")
                .with("chars_min", veche_base::limits::PASSWORD_CHARS_MIN),
            DraftError::NoOrganisation => {
                Self::bad_request("M_UNKNOWN", "The server's name comes first").with("reason", "organisation_first")
            }
            DraftError::NoOwner => {
                Self::bad_request("M_UNKNOWN", "The owner's name comes first").with("reason", "owner_first")
            }
            DraftError::NoPasskeyHere => Self::bad_request("M_UNKNOWN", "No browser makes a passkey for this name")
                .with("reason", "passkeys_need_a_name"),
            DraftError::PasskeyRefused => {
                Self::forbidden("This passkey was not accepted").with("reason", "passkey_refused")
            }
            DraftError::NoSecondFactor => Self::not_found("No second factor was offered"),
            DraftError::WrongCode => {
                Self::forbidden("This is not the code of the authenticator app").with("reason", "wrong_code")
            }
            DraftError::Over => Self::unrecognized(),
            DraftError::Internal(error) => error.into(),
        }
    }
}

impl From<FinishError> for ApiError {
    fn from(error: FinishError) -> Self {
        match error {
            FinishError::Unanswered(steps) => {
                let steps: Vec<StepName> = steps.into_iter().map(StepName::from).collect();
                Self::bad_request("M_UNKNOWN", "Not everything is answered yet")
                    .with("reason", "unanswered")
                    .with("steps", serde_json::to_value(steps).unwrap_or_default())
            }
            FinishError::Over => Self::unrecognized(),
            FinishError::Internal(error) => error.into(),
        }
    }
}

impl From<NameRefusal> for ApiError {
    fn from(refusal: NameRefusal) -> Self {
        match refusal {
            NameRefusal::Invalid(words) => Self::invalid_param(words).with("reason", "name_invalid"),
            NameRefusal::Fixed(name) => Self::forbidden("The settings of this machine say the server's name")
                .with("reason", "name_fixed")
                .with("server_name", name.as_str()),
        }
    }
}
