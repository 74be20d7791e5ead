//! A [`Phone`] is what Element X is below its screens: matrix-rust-sdk with its stores on disk, its sync service, room
//! list and timelines. [`Screen`] is an open room, [`RoomList`] the list of rooms, as a person would see them.
//!
//! Nothing sleeps. A wait looks, then waits until the SDK says that something changed, and looks again, and ends with
//! a panic that says what was seen instead after [`LIMIT`].

mod phone;
mod room_list;
mod screen;

use std::fmt::Debug;
use std::pin::pin;

use futures_util::{Stream, StreamExt};

pub use phone::{Phone, builder};
pub use room_list::RoomList;
pub use screen::{Screen, text_of};
pub use veche_test_harness::{LIMIT, PASSWORD, Server};

/// The result, which must come within [`LIMIT`].
pub async fn soon<T>(what: &str, work: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, work).await.unwrap_or_else(|_| panic!("not within {LIMIT:?}: {what}"))
}

/// Looks at once and after each of `changes`, until `look` finds something.
pub async fn until<T>(what: &str, changes: impl Stream, mut look: impl FnMut() -> Option<T>) -> T {
    let mut changes = pin!(changes);
    soon(what, async {
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(changes.next().await.is_some(), "nothing can change any more, and never was: {what}");
        }
    })
    .await
}

/// The first of `items` that is wanted.
pub async fn first<I: Debug>(what: &str, items: impl Stream<Item = I>, mut wanted: impl FnMut(&I) -> bool) -> I {
    let mut items = pin!(items);
    soon(what, async {
        loop {
            let item = items.next().await.unwrap_or_else(|| panic!("it ended before: {what}"));
            if wanted(&item) {
                return item;
            }
        }
    })
    .await
}
