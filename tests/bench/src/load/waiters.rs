//! People who wait in a long poll, as every open client does, and report each marked message that reaches them.

use std::time::Instant;

use bytes::Bytes;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use crate::matrix::{Session, find};
use crate::{Failure, now};

const WAIT_MS: u64 = 30_000;
/// Stands before the number in a message's text.
const MARK: &str = "mark-";

/// A marked message reached someone.
pub(crate) struct Arrival {
    pub(crate) message: usize,
    pub(crate) at: Instant,
}

/// Dropping it ends the waiting.
pub(crate) struct Waiters {
    pub(crate) arrivals: UnboundedReceiver<Arrival>,
    tasks: JoinSet<Result<(), Failure>>,
}

/// The text of a message whose arrivals are reported.
pub(crate) fn marked(message: usize) -> String {
    format!("{MARK}{message:06}- a message of some length, as people write them to one another")
}

impl Waiters {
    /// Each person syncs for the first time here, outside of what is measured; then they wait.
    pub(crate) async fn gather(people: Vec<Session>) -> Result<Self, Failure> {
        let (send, arrivals) = unbounded_channel();
        let mut tasks = JoinSet::new();
        for mut person in people {
            let filter = person.filter().await?;
            let (_, since) = person.sync(&filter, None, 0).await?;
            tasks.spawn(wait(person, filter, since, send.clone()));
        }
        Ok(Self { arrivals, tasks })
    }

    /// Fails if one of them could not go on.
    pub(crate) fn check(&mut self) -> Result<(), Failure> {
        match self.tasks.try_join_next() {
            Some(ended) => ended?,
            None => Ok(()),
        }
    }
}

async fn wait(
    mut person: Session,
    filter: String,
    mut since: String,
    send: UnboundedSender<Arrival>,
) -> Result<(), Failure> {
    loop {
        let (body, next) = person.sync(&filter, Some(&since), WAIT_MS).await?;
        let at = now();
        since = next;
        for message in marks(&body) {
            if send.send(Arrival { message, at }).is_err() {
                return Ok(());
            }
        }
    }
}

fn marks(body: &Bytes) -> impl Iterator<Item = usize> + '_ {
    let mut from = 0;
    std::iter::from_fn(move || {
        let at = from + find(&body[from..], MARK.as_bytes())? + MARK.len();
        from = at;
        std::str::from_utf8(body.get(at..at + 6)?).ok()?.parse().ok()
    })
}
