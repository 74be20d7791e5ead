//! Handing a delayed event over to this server, which from then on puts it off and sends it (MSC4195, "Optional delegated
//! delayed leave events"). Who does that, and when, is not decided here: this remembers on disk what was handed over, for as
//! long as the event waits.

use ruma::{OwnedDeviceId, OwnedRoomId, OwnedUserId, RoomId, UserId};
use veche_store::{
    Error,
    records::delayed::{DelayedKey, Delegation, DelegationKey},
};

use super::Delayed;

/// The shortest delay of an event that is handed over: it has to be put off again and again before it is due, and each time
/// is a write.
const DELAY_MS_MIN: u64 = 5_000;

/// A delayed event that was handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegated {
    /// Its id.
    pub delay_id: String,
    /// How long it waits after it was put off.
    pub delay_ms: u64,
    /// Who scheduled it.
    pub user: OwnedUserId,
    /// With which device.
    pub device: OwnedDeviceId,
    /// Where it goes.
    pub room_id: OwnedRoomId,
    /// Whose leaving it is.
    pub of: Delegation,
}

/// Why a delayed event was not handed over.
#[derive(Debug, thiserror::Error)]
pub enum DelegateError {
    /// The person has no such event that waits for this room.
    #[error("you have no such delayed event in this room")]
    Unknown,
    /// Its delay is too short to be put off by somebody else.
    #[error("an event that is delegated must be delayed by {} seconds at least", DELAY_MS_MIN / 1_000)]
    TooShort,
    /// The store failed or refused.
    #[error(transparent)]
    Internal(#[from] Error),
}

impl Delayed {
    /// Hands one of `user`'s events for this room over. One that was handed over before for the same participant is his own
    /// again (MSC4195: "a single delegated event").
    pub async fn delegate(
        &self,
        user: &UserId,
        room_id: &RoomId,
        delay_id: &str,
        of: Delegation,
        former: Option<String>,
    ) -> Result<Delegated, DelegateError> {
        let (user, room_id, delay_id) = (user.to_owned(), room_id.to_owned(), delay_id.to_owned());
        let delegate = self.core.store.commit(move |txn| {
            let record = txn.get(&DelayedKey { delay_id: delay_id.clone() })?;
            let is_own = |record: &super::Record| record.user == user && record.room_id == room_id;
            let record = record.filter(|record| record.outcome.is_none() && is_own(record));
            let super::Record { device, delay_ms, .. } = record.ok_or(DelegateError::Unknown)?;
            if delay_ms < DELAY_MS_MIN {
                return Err(DelegateError::TooShort);
            }
            if let Some(delay_id) = former {
                txn.delete(&DelegationKey { delay_id });
            }
            txn.put(&DelegationKey { delay_id: delay_id.clone() }, &of);
            Ok(Delegated { delay_id, delay_ms, user, device, room_id, of })
        });
        delegate.await
    }

    /// Everything that was handed over and still waits.
    pub fn delegated(&self) -> Result<Vec<Delegated>, Error> {
        let mut delegated = Vec::new();
        for row in self.core.store.scan::<DelegationKey>(()) {
            let (DelegationKey { delay_id }, of) = row?;
            let record = self.record(&delay_id)?.filter(|record| record.outcome.is_none());
            delegated.extend(record.map(|record| Delegated {
                delay_id,
                delay_ms: record.delay_ms,
                user: record.user,
                device: record.device,
                room_id: record.room_id,
                of,
            }));
        }
        Ok(delegated)
    }
}
