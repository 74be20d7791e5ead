//! Who asks.

use std::net::IpAddr;

use ruma::{OwnedDeviceId, OwnedRoomId, OwnedUserId};
use tokio::sync::watch;
use veche_store::sql::grants::Grants;
use veche_store::sql::sessions::SessionId;

/// Where a request comes from, as far as signing in cares.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The address, after trusted proxies were believed.
    pub ip: IpAddr,
    /// What the client calls itself.
    pub agent: Option<String>,
}

impl Caller {
    /// A caller that does not say what program it is.
    pub const fn new(ip: IpAddr) -> Self {
        Self { ip, agent: None }
    }
}

/// Somebody whose access token was good when the request came.
#[derive(Debug, Clone)]
pub struct Requester {
    /// Who.
    pub user_id: OwnedUserId,
    /// With which device.
    pub device_id: OwnedDeviceId,
    /// Under which sign-in.
    pub session_id: SessionId,
    /// May administer the server, as far as `grants` go.
    pub admin: bool,
    /// Owns the server.
    pub owner: bool,
    /// What an administrator may do.
    pub grants: Grants,
    /// May read and leave, not write.
    pub suspended: bool,
    /// May only sign out; set on requesters from
    /// [`Directory::authenticate_for_logout`](crate::Directory::authenticate_for_logout) alone.
    pub locked: bool,
    /// A guest, and the one room that he may be in.
    pub guest: Option<OwnedRoomId>,
    revoked: watch::Receiver<bool>,
}

impl Requester {
    pub(crate) const fn new(
        user_id: OwnedUserId,
        device_id: OwnedDeviceId,
        session_id: SessionId,
        revoked: watch::Receiver<bool>,
    ) -> Self {
        let (admin, owner, grants) = (false, false, Grants::NONE);
        Self {
            user_id,
            device_id,
            session_id,
            admin,
            owner,
            grants,
            suspended: false,
            locked: false,
            guest: None,
            revoked,
        }
    }

    /// A requester that no session stands behind and that is never revoked: for the wizard, before there are accounts,
    /// and for tests of the crates above.
    pub fn detached(user_id: OwnedUserId, device_id: OwnedDeviceId) -> Self {
        Self::new(user_id, device_id, SessionId(0), watch::channel(false).1)
    }

    /// Ends when the session has ended or the account has been locked, at once if that is so already.
    /// An open long poll waits for this beside its news.
    pub async fn revoked(&self) {
        let mut revoked = self.revoked.clone();
        if revoked.wait_for(|revoked| *revoked).await.is_err() && self.session_id == SessionId(0) {
            // A detached requester has nobody who could revoke it.
            std::future::pending::<()>().await;
        }
    }

    /// Whether the session has ended or the account has been locked since the request came.
    pub fn is_revoked(&self) -> bool {
        *self.revoked.borrow()
    }
}
