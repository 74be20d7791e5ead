//! Tells in rounds what changed.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use ruma::OwnedUserId;
use tracing::warn;
use veche_runtime::tasks::Supervisor;
use veche_store::{Error, Txn, records::memberships::Membership};

use super::{Presence, state::Told};

/// After a change, others' changes are awaited for so long, to be told together.
const GATHER: Duration = Duration::from_secs(2);
/// How often it is looked who has become idle or gone.
const ROUND: Duration = Duration::from_secs(10);

impl Presence {
    /// Starts telling. With presence off there is nothing to tell.
    pub fn start(self: &Arc<Self>, supervisor: &Supervisor) {
        if self.is_off() {
            return;
        }
        let this = Arc::clone(self);
        let stopping = supervisor.shutdown_token();
        supervisor.spawn("presence", async move {
            loop {
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = tokio::time::sleep(ROUND) => {}
                    () = this.changed.notified() => tokio::select! {
                        () = stopping.cancelled() => return,
                        () = tokio::time::sleep(GATHER) => {}
                    },
                }
                if let Err(error) = this.tell().await {
                    warn!(%error, "presence was not told");
                }
            }
        });
    }

    /// Gives everything that differs from what was told one position, and wakes who may see it.
    pub(super) async fn tell(&self) -> Result<(), Error> {
        let now = self.core.clock.monotonic();
        let news: Vec<(OwnedUserId, Told)> =
            self.lock().iter().filter_map(|(user, entry)| Some((user.clone(), entry.news(now)?))).collect();
        if news.is_empty() {
            return Ok(());
        }
        let users: Vec<OwnedUserId> = news.iter().map(|(user, _)| user.clone()).collect();
        let entries = Arc::clone(&self.entries);
        let work = move |txn: &mut Txn| {
            let position = txn.next_position();
            let mut entries = entries.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            for (user, told) in news {
                let entry = entries.entry(user).or_default();
                entry.told = told;
                entry.changed = position;
            }
            Ok::<_, Error>(())
        };
        // No change is published: that would make every sync look through all rooms of its user.
        self.core.store.commit(work).await?;
        self.watch.wake_patiently(&self.neighbors(&users)?);
        Ok(())
    }

    /// These users and everybody who shares a room with one of them.
    fn neighbors(&self, users: &[OwnedUserId]) -> Result<BTreeSet<OwnedUserId>, Error> {
        let mut rooms = BTreeSet::new();
        for user in users {
            let own = self.watch.user_rooms.of(user)?;
            rooms.extend(own.iter().filter(|(_, record)| record.membership == Membership::Join).map(|(room, _)| *room));
        }
        let mut neighbors: BTreeSet<OwnedUserId> = users.iter().cloned().collect();
        for room in rooms {
            neighbors.extend(self.watch.rooms.find_short(room)?.head().joined.iter().cloned());
        }
        Ok(neighbors)
    }
}
