//! What an administrator may choose about signing in.

use ruma::OwnedServerName;
use veche_base::Secret;
use veche_base::limits::PASSWORD_CHARS_MIN;

use crate::password::PasswordCost;

/// Who may make an account for themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RegistrationMode {
    /// Nobody: administrators make accounts.
    #[default]
    Closed,
    /// Whoever has a registration token.
    Token,
    /// Anybody who can reach the server.
    Open,
}

/// Settings of this crate. All apply after a restart, except `registration` and `rates` (see
/// [`Directory::set_registration`](crate::Directory::set_registration) and
/// [`Directory::set_rates`](crate::Directory::set_rates)).
#[derive(Debug, Clone)]
pub struct Settings {
    /// The domain of this server's users.
    pub server_name: OwnedServerName,
    /// Who may make an account. Setting: `registration.mode`.
    pub registration: RegistrationMode,
    /// Whether an empty server offers a one-time token whose account becomes administrator.
    pub claim: bool,
    /// The secret of `/_synapse/admin/v1/register`; without it that way does not exist.
    /// Setting: `registration.shared_secret`.
    pub shared_secret: Option<Secret<String>>,
    /// What a password hash costs. Lower it for load tests only.
    pub password_cost: PasswordCost,
    /// The shortest password people may choose for themselves.
    pub password_chars_min: usize,
    /// How long an access token lives that comes with a refresh token. Tokens without one do not expire.
    pub access_token_secs: u64,
    /// Whether guessing is slowed down; off only for load tests. Setting: `limits.rates`.
    pub rates: bool,
}

impl Settings {
    /// The defaults, for a server of this name.
    pub fn new(server_name: OwnedServerName) -> Self {
        Self {
            server_name,
            registration: RegistrationMode::default(),
            claim: true,
            shared_secret: None,
            password_cost: PasswordCost::default(),
            password_chars_min: PASSWORD_CHARS_MIN,
            access_token_secs: 60 * 60,
            rates: true,
        }
    }
}
