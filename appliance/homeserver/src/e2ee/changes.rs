//! Whose keys changed: what a device must know to encrypt for the right devices.
//!
//! Changes of keys are rows in the order of positions, one for each user, so a reader looks at what lies behind his
//! token. A user is told of another as long as they share a room.

use std::collections::BTreeSet;

use ruma::{OwnedUserId, UserId};
use veche_store::{
    Error, StreamPosition, Txn,
    records::{
        e2ee::{KeyChange, KeyChangeKey, KeyChangePositionKey},
        memberships::Membership,
    },
};

use super::{E2ee, recent::Recent};
use crate::{company::CompanyChange, membership::RoomMembership};

/// Users whose keys a device has to fetch anew, and users it need not follow any more.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct DeviceListChanges {
    /// Changed, or new to the reader.
    pub changed: Vec<OwnedUserId>,
    /// Share no room with the reader any more.
    pub left: Vec<OwnedUserId>,
}

/// Writes down that a user's keys changed, for `viewer` alone or for everybody. A later change takes the place of an
/// earlier one.
pub(super) fn note(txn: &mut Txn, recent: &Recent, user: &UserId, viewer: Option<&UserId>) -> Result<(), Error> {
    let at = KeyChangePositionKey { user: user.to_owned(), viewer: viewer.map(UserId::to_owned) };
    if let Some(position) = txn.get(&at)? {
        txn.delete(&KeyChangeKey { position });
    }
    let position = txn.next_position();
    txn.put(&at, &position);
    txn.put(&KeyChangeKey { position }, &KeyChange { user: at.user, viewer: at.viewer });
    recent.note_key_change(position);
    Ok(())
}

impl E2ee {
    /// Whose keys changed and who left, for `user`, in `(since, upto]`; `mine` are his rooms at `upto`, and `company`
    /// says who came to share one of them in that time and who went.
    pub fn device_lists(
        &self,
        user: &UserId,
        mine: &RoomMembership,
        since: StreamPosition,
        upto: StreamPosition,
        company: CompanyChange,
    ) -> Result<DeviceListChanges, Error> {
        let CompanyChange { came: mut changed, went } = company;
        if self.recent.keys_changed(since) {
            self.changed_keys(user, mine, since, upto, &mut changed)?;
        }
        let changed = changed.difference(&went).cloned().collect();
        Ok(DeviceListChanges { changed, left: went.into_iter().collect() })
    }

    fn changed_keys(
        &self,
        user: &UserId,
        mine: &RoomMembership,
        since: StreamPosition,
        upto: StreamPosition,
        changed: &mut BTreeSet<OwnedUserId>,
    ) -> Result<(), Error> {
        for row in self.core.store.scan::<KeyChangeKey>(()).after(&KeyChangeKey { position: since }) {
            let (at, change) = row?;
            if at.position > upto {
                break;
            }
            let concerns = match &change.viewer {
                Some(viewer) => viewer == user,
                None => change.user == user || self.company.share_room(mine, &change.user)?,
            };
            if concerns {
                changed.insert(change.user);
            }
        }
        Ok(())
    }

    /// Wakes everybody who has to hear that the user's keys changed. Call it after the commit.
    ///
    /// Not a `Change` of each of them: nothing of theirs changed, so nothing of theirs must be read again.
    pub(super) fn wake_sharers(&self, user: &UserId) {
        let sharers = self.sharers(user).unwrap_or_else(|error| {
            // They hear of it with the next thing that wakes them.
            tracing::warn!(%user, %error, "cannot tell who shares a room with a user whose keys changed");
            BTreeSet::new()
        });
        self.watch.wake_user(user);
        for sharer in sharers {
            self.watch.wake_user(&sharer);
        }
    }

    fn sharers(&self, user: &UserId) -> Result<BTreeSet<OwnedUserId>, Error> {
        let mut sharers = BTreeSet::new();
        for (short, record) in self.user_rooms.of(user)?.iter() {
            if record.membership == Membership::Join {
                sharers.extend(self.rooms.find_short(*short)?.head().joined.iter().cloned());
            }
        }
        Ok(sharers)
    }
}
