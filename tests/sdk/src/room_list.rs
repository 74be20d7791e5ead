//! The list of rooms on the first screen.

use std::pin::pin;

use futures_util::StreamExt;
use matrix_sdk::Room;
use matrix_sdk_ui::eyeball_im::Vector;
use matrix_sdk_ui::room_list_service::filters::new_filter_non_left;
use matrix_sdk_ui::sync_service::SyncService;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::LIMIT;

/// The rooms in the order in which they are shown, kept up to date by a task.
pub struct RoomList {
    shown: watch::Receiver<Vec<Room>>,
    pages: mpsc::UnboundedSender<()>,
    task: JoinHandle<()>,
}

impl RoomList {
    pub(crate) fn of(sync: &SyncService, page_size: usize) -> Self {
        let service = sync.room_list_service();
        let (show, shown) = watch::channel(Vec::new());
        let (pages, mut wanted) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            let list = service.all_rooms().await.expect("the service has this list");
            let (changes, control) = list.entries_with_dynamic_adapters(page_size);
            control.set_filter(Box::new(new_filter_non_left()));
            let mut changes = pin!(changes);
            let mut rooms = Vector::new();
            loop {
                tokio::select! {
                    Some(()) = wanted.recv() => control.add_one_page(),
                    diffs = changes.next() => {
                        let Some(diffs) = diffs else { return };
                        for diff in diffs {
                            diff.apply(&mut rooms);
                        }
                        show.send_replace(rooms.iter().map(|item| item.clone().into_inner()).collect());
                    }
                }
            }
        });
        Self { shown, pages, task }
    }

    /// The person scrolls to the end.
    pub fn next_page(&self) {
        self.pages.send(()).expect("the task runs as long as this");
    }

    /// Waits until the list is as wanted.
    pub async fn shows<T>(&mut self, what: &str, mut look: impl FnMut(&[Room]) -> Option<T>) -> T {
        let deadline = tokio::time::Instant::now() + LIMIT;
        loop {
            if let Some(found) = look(&self.shown.borrow_and_update()) {
                return found;
            }
            match tokio::time::timeout_at(deadline, self.shown.changed()).await {
                Ok(changed) => changed.expect("the task runs as long as this"),
                Err(_) => panic!("not listed within {LIMIT:?}: {what}; listed are {:?}", self.names()),
            }
        }
    }

    /// The names as they are shown now.
    pub fn names(&self) -> Vec<String> {
        let name = |room: &Room| room.cached_display_name().map_or_else(String::new, |name| name.to_string());
        self.shown.borrow().iter().map(name).collect()
    }

    /// Waits until the first names are these.
    pub async fn begins_with(&mut self, wanted: &[&str]) {
        self.shows(&format!("{wanted:?} first"), |rooms| {
            let names = rooms.iter().filter_map(|room| room.cached_display_name()).map(|name| name.to_string());
            names.take(wanted.len()).eq(wanted.iter().map(|name| (*name).to_owned())).then_some(())
        })
        .await;
    }
}

impl Drop for RoomList {
    fn drop(&mut self) {
        self.task.abort();
    }
}
