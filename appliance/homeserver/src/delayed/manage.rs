//! Managing a delayed event: send it now, cancel it, put it off.

use veche_store::{
    Error,
    records::delayed::{DelayedKey, End, Outcome},
};

use super::{Delayed, finalize, fire::FireError};
use crate::creation::SetStateError;

/// What to do with a delayed event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Send it now.
    Send,
    /// Never send it.
    Cancel,
    /// Let its delay start again.
    Restart,
}

/// Why a delayed event could not be managed.
#[derive(Debug, thiserror::Error)]
pub enum ManageError {
    /// No such delayed event.
    #[error("no such delayed event")]
    Unknown,
    /// It has ended already, in another way.
    #[error("this delayed event has ended already")]
    Ended,
    /// It could not be sent; it waits on.
    #[error(transparent)]
    Send(#[from] SetStateError),
    /// The store failed or refused.
    #[error(transparent)]
    Internal(#[from] Error),
}

impl Delayed {
    /// Does this with the delayed event. What has been done already is answered as done.
    pub async fn manage(&self, delay_id: &str, action: Action) -> Result<(), ManageError> {
        match action {
            Action::Send => self.send_now(delay_id).await,
            Action::Cancel => self.cancel(delay_id).await,
            Action::Restart => self.restart(delay_id).await,
        }
    }

    async fn send_now(&self, delay_id: &str) -> Result<(), ManageError> {
        let record = self.record(delay_id)?.ok_or(ManageError::Unknown)?;
        if record.outcome.is_none() {
            match self.fire(delay_id, &record, true).await {
                Ok(()) => return Ok(()),
                Err(FireError::Send(error)) => return Err(error.into()),
                // Something else was faster: look again at what it made of it.
                Err(FireError::Superseded) => {}
            }
        }
        match self.record(delay_id)?.ok_or(ManageError::Unknown)?.outcome {
            Some(Outcome { end: End::Sent(_), .. }) => Ok(()),
            // Restarted while it was being sent: one of the two came second, and this one did.
            None | Some(Outcome { end: End::Cancelled | End::Failed { .. }, .. }) => Err(ManageError::Ended),
        }
    }

    async fn cancel(&self, delay_id: &str) -> Result<(), ManageError> {
        let (key, at_ms) = (DelayedKey { delay_id: delay_id.to_owned() }, self.core.clock.wall_ms());
        let cancel = self.core.store.commit(move |txn| {
            let record = txn.get(&key)?.ok_or(ManageError::Unknown)?;
            match &record.outcome {
                Some(Outcome { end: End::Sent(_), .. }) => Err(ManageError::Ended),
                Some(Outcome { end: End::Cancelled | End::Failed { .. }, .. }) => Ok(()),
                None => {
                    let outcome = Outcome { at_ms, by_action: true, end: End::Cancelled };
                    Ok(finalize(txn, &key.delay_id, record, outcome)?)
                }
            }
        });
        cancel.await
    }

    async fn restart(&self, delay_id: &str) -> Result<(), ManageError> {
        let (key, now_ms) = (DelayedKey { delay_id: delay_id.to_owned() }, self.core.clock.wall_ms());
        let restart = self.core.store.commit(move |txn| {
            let mut record = txn.get(&key)?.ok_or(ManageError::Unknown)?;
            if record.outcome.is_some() {
                return Err(ManageError::Ended);
            }
            txn.delete(&record.due_key());
            record.running_since_ms = now_ms;
            record.place = txn.next_position();
            txn.put(&record.due_key(), &key.delay_id);
            txn.put(&key, &record);
            Ok(())
        });
        restart.await
    }
}
