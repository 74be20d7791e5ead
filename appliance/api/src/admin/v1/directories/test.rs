//! `POST /api/admin/v1/directories/test`. Who may call it: administrators who look after the system, with a fresh
//! proof.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use veche_base::Secret;
use veche_base::limits::ID_BYTES_MAX;
use veche_directory::DirectoryId;

use super::Config;
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json, Nothing};

/// Whom to try with which configuration.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "CompanyDirectoryTest")]
#[serde(deny_unknown_fields)]
pub(super) struct Try {
    /// The directory whose password is used if none is given.
    id: Option<u64>,
    config: Config,
    /// What the server proves itself with.
    password: Option<String>,
    /// As somebody would type who signs in.
    user: String,
}

/// What somebody would get.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CompanyDirectoryTested")]
pub(super) struct Tested {
    /// Why he would not get in, a stable word; none if he would with the right password.
    cause: Option<String>,
    /// The same in English, with what the directory says.
    words: Option<String>,
    /// His entry.
    dn: Option<String>,
    /// The account that he has or would get.
    account: Option<String>,
    /// Groups that he is in, the nearest first; empty where the directory looks through groups itself.
    groups: Vec<String>,
    /// What the address book would say.
    profile: Option<Profile>,
}

/// Somebody's profile, as the directory has it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DirectoryProfile")]
struct Profile {
    name: Option<String>,
    mail: Option<String>,
    phone: Option<String>,
    title: Option<String>,
    department: Option<String>,
    /// The DN of another entry.
    manager: Option<String>,
}

/// Tells what somebody would get. His password is neither asked for nor tried.
pub(super) async fn test(State(app): State<App>, asked: Asked<Nothing, Try>) -> Result<Json<Tested>, ApiError> {
    let authority = asked.authority()?;
    let Try { id, config, password, user } = asked.body;
    if user.is_empty() || user.len() > ID_BYTES_MAX || user.contains('\0') {
        return Err(ApiError::invalid_param("The user cannot be used").with("reason", "directory_user"));
    }
    let (id, password) = (id.map(DirectoryId), password.map(Secret::new));
    let test = app.directory.test_directory_source(&authority, id, config.into_config(), password, &user).await?;
    let profile = test.profile.map(|profile| Profile {
        name: profile.name,
        mail: profile.mail,
        phone: profile.phone,
        title: profile.title,
        department: profile.department,
        manager: profile.manager,
    });
    Ok(Json(Tested {
        cause: test.cause.map(str::to_owned),
        words: test.words,
        dn: test.dn,
        account: test.account,
        groups: test.groups,
        profile,
    }))
}
