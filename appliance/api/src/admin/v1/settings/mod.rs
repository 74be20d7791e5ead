//! Settings: every one with its value and where that comes from; some can be changed here. What the machine's file and
//! command line say holds, and cannot be changed from a browser.

mod change;
mod history;
mod list;
mod undo;

use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use veche_directory::{Authority, Grant, StoreError};

use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Operation, Typed};

/// Registers the area.
pub(super) fn register(typed: Typed<App>) -> Typed<App> {
    let get = |id, path, summary| Operation::get(id, path, summary).grant(Grant::System);
    typed
        .add(get("settings.list", "/api/admin/v1/settings", "Every setting"), list::list)
        .add(
            Operation::put(
                "settings.change",
                "/api/admin/v1/settings/{key}",
                "Changes a setting; those of security need a fresh proof",
            )
            .grant(Grant::System),
            change::change,
        )
        .add(
            get("settings.history", "/api/admin/v1/settings/{key}/history", "Changes of a setting, newest first"),
            history::history,
        )
        .add(
            Operation::post(
                "settings.undo",
                "/api/admin/v1/settings/{key}/undo",
                "Takes a change back; of a setting of security with a fresh proof",
            )
            .grant(Grant::System),
            undo::undo,
        )
}

/// Knows the settings, and changes those that may be changed while the server runs.
pub trait SettingsDesk: Send + Sync {
    /// Every setting, in the order of the example file.
    fn list(&self) -> BoxFuture<'_, Result<Vec<Setting>, StoreError>>;

    /// One setting; `None` if there is none of this name.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Setting>, StoreError>>;

    /// Changes a setting, writes that into the journal, and lets it hold.
    fn change<'a>(&'a self, authority: &'a Authority, new: NewValue) -> BoxFuture<'a, Result<(), SettingRefusal>>;
}

/// What a setting shall be.
#[derive(Debug, Clone)]
pub struct NewValue {
    /// Which one.
    pub key: String,
    /// Its value; `None` for the default.
    pub value: Option<Value>,
    /// The row of the journal that is taken back by this.
    pub undoes: Option<u64>,
}

/// Why a setting was not changed.
#[derive(Debug)]
pub enum SettingRefusal {
    /// There is no such setting.
    Unknown,
    /// It cannot be changed here; why not.
    Fixed(Fixed),
    /// The value is none for it, in English words.
    Invalid(String),
    /// The database failed.
    Internal(StoreError),
}

/// Why a setting cannot be changed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fixed {
    /// The settings file of the machine says what it is.
    File,
    /// The command line says what it is.
    CommandLine,
    /// It belongs to the machine: a wrong value would shut the administrator out.
    Machine,
    /// It has a page of its own: the certificate.
    Elsewhere,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Nobody has set it.
    Default,
    /// The wizard or this API.
    Console,
    /// The settings file of the machine.
    File,
    /// The command line.
    CommandLine,
}

/// What kind of value a setting takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "SettingKind")]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number.
    Number,
    /// A number of bytes.
    Bytes,
    /// Yes or no.
    Switch,
    /// One of `choices`.
    Choice,
    /// A list of texts.
    List,
}

/// When a change holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Applies {
    /// At once.
    AtOnce,
    /// When the server starts again.
    AfterRestart,
}

/// A setting.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Setting {
    /// `section.key`, as in the settings file.
    pub key: String,
    /// What kind of value it takes.
    pub kind: Kind,
    /// The values of a choice.
    pub choices: Vec<String>,
    /// What it is; null where it is not set, and for secrets.
    pub value: Value,
    /// What it is if nobody sets it.
    pub default: Value,
    /// It is set and not shown.
    pub secret: bool,
    /// Where the value comes from.
    pub source: Source,
    /// Why it cannot be changed here; null if it can.
    pub fixed: Option<Fixed>,
    /// When a change holds.
    pub applies: Applies,
    /// It was changed, and the change holds when the server starts again.
    pub pending: bool,
    /// It is of the site's security: a change needs a fresh proof.
    pub security: bool,
}

/// A change of a setting.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SettingChange")]
struct ChangeShown {
    /// Its row in the journal.
    row: u64,
    at_ms: u64,
    actor: String,
    /// What it was; null for the default.
    from: Value,
    /// What it became; null for the default.
    to: Value,
}

/// The row of a change that shall be taken back.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "UndoSetting")]
#[serde(deny_unknown_fields)]
struct Undo {
    row: u64,
}

fn desk(app: &App) -> Result<&dyn SettingsDesk, ApiError> {
    app.plugs.settings.as_deref().ok_or_else(ApiError::unrecognized)
}

/// The setting that the path names. One of security demands a fresh proof of who asks.
async fn setting<Q, B>(app: &App, asked: &Asked<Q, B>) -> Result<Setting, ApiError> {
    let found = desk(app)?.get(asked.arg(0)?).await?.ok_or(SettingRefusal::Unknown)?;
    let is_fresh = crate::extract::is_fresh(&app.gate, asked.requester()?, &asked.parts.headers);
    if found.security && !is_fresh {
        return Err(ApiError::fresh_proof_needed());
    }
    Ok(found)
}

/// The setting as it is after a change.
async fn changed(app: &App, key: &str) -> Result<Setting, ApiError> {
    Ok(desk(app)?.get(key).await?.ok_or(SettingRefusal::Unknown)?)
}

impl From<SettingRefusal> for ApiError {
    fn from(refusal: SettingRefusal) -> Self {
        match refusal {
            SettingRefusal::Unknown => Self::not_found("There is no such setting"),
            SettingRefusal::Fixed(fixed) => {
                let by = serde_json::to_value(fixed).unwrap_or_default();
                Self::forbidden("This setting cannot be changed here").with("reason", "setting_fixed").with("fixed", by)
            }
            SettingRefusal::Invalid(words) => Self::invalid_param(words).with("reason", "setting_invalid"),
            SettingRefusal::Internal(error) => error.into(),
        }
    }
}
