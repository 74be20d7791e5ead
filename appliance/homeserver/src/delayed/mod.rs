//! Events that are sent later, unless somebody cancels them or puts them off (MSC4140). Calls rest on them: a client
//! schedules its own leaving and puts it off as long as it lives.
//!
//! Invariants: a schedule is on disk before its id is answered; an event is written in the same commit that ends its
//! schedule, so it is sent once; every change looks again, inside its transaction, at what it changes. Whoever knows
//! the id of a delayed event may manage it, so ids are random and never shown to anybody but the sender.

mod delegate;
mod fire;
mod list;
mod manage;
mod schedule;

pub use self::{
    delegate::{DelegateError, Delegated},
    list::DelayedEvent,
    manage::{Action, ManageError},
    schedule::{NewDelayed, ScheduleError},
};
pub use veche_store::records::delayed::{Delegation, End, Outcome};

use std::sync::Arc;

use ruma::UserId;
use tokio::sync::Notify as Signal;
use veche_store::{
    Error, Txn,
    records::{
        delayed::{
            Delayed as Record, DelayedKey, DelayedRequestKey, DelegationKey, UserFinalizedKey, UserScheduledKey,
        },
        sticky::DelayedStickyKey,
    },
};

use crate::{core::Core, creation::Creation, timeline::Timeline};

/// Ended schedules that are kept for each user to look up.
const FINALIZED_PER_USER_MAX: usize = 100;
/// How long they are kept at most (MSC4140: "Retention of finalised delayed events").
const FINALIZED_MS_MAX: u64 = 7 * 24 * 60 * 60 * 1_000;

/// Delayed events.
pub struct Delayed {
    core: Arc<Core>,
    timeline: Arc<Timeline>,
    creation: Arc<Creation>,
    /// Given when something may be due earlier than before.
    sooner: Signal,
}

impl Delayed {
    /// Over these parts; nothing is sent before [`Delayed::start`].
    pub fn new(core: Arc<Core>, timeline: Arc<Timeline>, creation: Arc<Creation>) -> Self {
        Self { core, timeline, creation, sooner: Signal::new() }
    }

    /// Forgets the delayed events of an account that is gone, waiting and ended ones; none of them will be sent.
    pub(crate) async fn forget_user(&self, user: &UserId) -> Result<(), Error> {
        let user = user.to_owned();
        let forget = self.core.store.commit(move |txn| {
            let waiting = txn.scan::<UserScheduledKey>((&user,))?;
            let ended = txn.scan::<UserFinalizedKey>((&user,))?;
            waiting.iter().for_each(|(key, _)| txn.delete(key));
            ended.iter().for_each(|(key, _)| txn.delete(key));
            let ids = waiting.into_iter().map(|row| row.1).chain(ended.into_iter().map(|row| row.1));
            for delay_id in ids {
                txn.delete(&DelegationKey { delay_id: delay_id.clone() });
                txn.delete(&DelayedStickyKey { delay_id: delay_id.clone() });
                let key = DelayedKey { delay_id };
                if let Some(record) = txn.get(&key)? {
                    txn.delete(&record.due_key());
                    txn.delete(&key);
                }
            }
            txn.delete_prefix::<DelayedRequestKey>((&user,))?;
            Ok::<_, Error>(())
        });
        forget.await
    }

    fn record(&self, delay_id: &str) -> Result<Option<Record>, Error> {
        self.core.store.get(&DelayedKey { delay_id: delay_id.to_owned() })
    }
}

/// Ends a schedule that still waits, and forgets the user's oldest ended ones.
fn finalize(txn: &mut Txn, delay_id: &str, mut record: Record, outcome: Outcome) -> Result<(), Error> {
    txn.delete(&record.due_key());
    txn.delete(&DelegationKey { delay_id: delay_id.to_owned() });
    txn.delete(&DelayedStickyKey { delay_id: delay_id.to_owned() });
    txn.delete(&UserScheduledKey { user: record.user.clone(), created: record.created });
    let now_ms = outcome.at_ms;
    record.outcome = Some(outcome);
    let position = txn.next_position();
    txn.put(&UserFinalizedKey { user: record.user.clone(), position }, &delay_id.to_owned());
    txn.put(&DelayedKey { delay_id: delay_id.to_owned() }, &record);
    let ended = txn.scan::<UserFinalizedKey>((&record.user,))?;
    let excess = ended.len().saturating_sub(FINALIZED_PER_USER_MAX);
    for (index, (key, delay_id)) in ended.into_iter().enumerate() {
        let old = txn.get(&DelayedKey { delay_id: delay_id.clone() })?;
        let fresh = old.as_ref().and_then(|old| old.outcome.as_ref()).is_some_and(|outcome| is_fresh(outcome, now_ms));
        if fresh && index >= excess {
            break;
        }
        txn.delete(&key);
        txn.delete(&DelayedKey { delay_id });
        if let Some(Record { user, device, request: Some(request), .. }) = old {
            txn.delete(&DelayedRequestKey { user, device, request });
        }
    }
    Ok(())
}

fn is_fresh(outcome: &Outcome, now_ms: u64) -> bool {
    now_ms.saturating_sub(outcome.at_ms) <= FINALIZED_MS_MAX
}
