//! Who is who: accounts, ways to sign in, tokens, administrators.
//!
//! How the parts fit:
//! - [`Directory`] is the only way in. Every change is one transaction of the administration database
//!   (`veche_store::sql`); when it is on disk, `registry` hears of it before the caller does.
//! - `registry` is the picture in memory from which requests are authenticated: a lookup by the
//!   token's hash, no disk. It is complete, so that what is not in it does not exist.
//! - Every way to sign in (password or passkey, login token, refresh, registration, a guest's link) ends in `sign_in`, and
//!   therefore in the one gate [`may_login`].
//! - Every place where a secret can be guessed asks `limiter` first.
//!
//! Invariants of absence: nothing here knows HTTP or SQL, nor of rooms more than the ids of those that an administrator
//! has closed or that guests are let into. What conversations must hear of
//! (a device is gone, an account is gone) goes through the outbox: [`Directory::pending_work`]. The one thing that
//! is asked of whoever owns conversations is a trait of ours: [`Conversations`].

mod account;
mod admin;
mod authenticate;
mod closed_rooms;
mod days;
mod devices;
mod directory;
mod fresh;
mod import;
mod journal;
mod ldap;
mod limiter;
mod login;
mod meetings;
mod openid;
mod outbox;
mod passkeys;
mod password;
mod preferences;
mod refresh;
mod register;
mod registration_tokens;
mod registry;
mod relying_party;
mod reports;
mod requester;
mod roles;
mod second_factor;
mod settings;
pub mod setup;
mod shared_secret;
mod sign_in;
mod site;
mod tokens;
mod totp;
mod uia;
mod username;
mod waiting;

#[cfg(test)]
mod tests;

pub use account::{ChangePasswordError, DeactivateError};
pub use admin::{AdminError, NewUser};
pub use authenticate::AuthenticateError;
pub use devices::{Device, DeviceError};
pub use directory::{Directory, OpenError};
pub use fresh::{FRESH_PROOF_SECS_MAX, FreshProof};
pub use import::{IMPORT_ACCOUNTS_MAX, ImportError, Imported};
pub use journal::{Authority, NotAdministrator, NotGranted};
pub use ldap::Profile as DirectoryProfile;
pub use ldap::config::{Attributes, Config as DirectoryConfig, ConfigFault, DisabledBy};
pub use ldap::desk::{DirectorySource, NewSource, SourceError, SourceTest};
pub use ldap::sync::{SYNC_EVERY, SyncReport};
pub use login::{Credentials, LoginError, LoginRequest, LoginToken, LoginTokenError, typed_user};
pub use meetings::{Gone, MeetError, NewMeeting, NewMeetingError, SeenGuest};
pub use openid::OpenIdToken;
pub use outbox::{Conversations, Settling};
pub use passkeys::{OwnPasskey, PasskeyChallenge, PasskeyError, PasskeyProof};
pub use password::PasswordCost;
pub use preferences::{NewSetting, SettingChange};
pub use refresh::RefreshError;
pub use register::{RegisterError, RegisterRequest, Registered};
pub use registration_tokens::{NewRegistrationToken, RegistrationTokenError};
pub use registry::{Reason, Revoked};
pub use relying_party::passkey_name;
pub use reports::ReportError;
pub use requester::{Caller, Requester};
pub use second_factor::SecondFactorError;
pub use settings::{RegistrationMode, Settings};
pub use shared_secret::{SharedSecretError, SharedSecretRequest};
pub use sign_in::{Refusal, SignedIn, may_login};
pub use site::{EncryptionPolicy, Language};
pub use totp::NewSecondFactor;
pub use uia::{UiaChallenge, UiaError, UiaFailure, UiaPass, UiaRequest, UiaSubject};
pub use veche_store::sql::accounts::{Account, Kind, Role};
pub use veche_store::sql::closed_rooms::ClosedRoom;
pub use veche_store::sql::days::{DAYS_KEPT, Day};
pub use veche_store::sql::grants::{Grant, Grants};
pub use veche_store::sql::journal::{Act, Break, Entry, Filter as JournalFilter};
pub use veche_store::sql::meetings::{Meeting, MeetingId};
pub use veche_store::sql::outbox::Work;
pub use veche_store::sql::registration_tokens::RegistrationToken;
pub use veche_store::sql::reports::{Report, Subject};
pub use veche_store::sql::sessions::SessionId;
pub use veche_store::sql::user_directories::DirectoryId;

/// The administration database's error, carried by every `Internal` variant of this crate.
pub type StoreError = veche_store::sql::Error;
