//! An open room.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::{Stream, StreamExt};
use matrix_sdk::Room;
use matrix_sdk::ruma::OwnedEventId;
use matrix_sdk::ruma::events::room::message::RoomMessageEventContent;
use matrix_sdk_ui::Timeline;
use matrix_sdk_ui::eyeball_im::{Vector, VectorDiff};
use matrix_sdk_ui::timeline::{EventTimelineItem, RoomExt, TimelineFocus, TimelineItem};

use crate::{LIMIT, soon};

type Items = Vector<Arc<TimelineItem>>;

/// A timeline with what it shows now.
pub struct Screen {
    /// The SDK's timeline, to act on.
    pub timeline: Timeline,
    items: Items,
    changes: Pin<Box<dyn Stream<Item = Vec<VectorDiff<Arc<TimelineItem>>>>>>,
}

/// The text of a message, or a word for what it is instead.
pub fn text_of(item: &EventTimelineItem) -> String {
    let content = item.content();
    match content.as_message() {
        Some(message) => message.body().to_owned(),
        None if content.is_unable_to_decrypt() => "(not decrypted)".to_owned(),
        None if content.is_redacted() => "(redacted)".to_owned(),
        None => "(other)".to_owned(),
    }
}

impl Screen {
    /// The end of a room.
    pub async fn live(room: &Room) -> Self {
        Self::focused(room, TimelineFocus::Live { hide_threaded_events: true }).await
    }

    /// A part of a room: a thread, the surroundings of an event.
    ///
    /// matrix-sdk-ui 0.18 listens to its cache first and reads what is in it some awaits later (`TimelineBuilder::build`).
    /// What sync tells in between counts twice from then on: it is shown twice, or later changes hit the event beside the
    /// one that they mean, and the last message of one's own is shown twice. A server that answers at once tells most just
    /// when a room is opened. So a timeline is only taken if the cache did not change while it was built.
    pub async fn focused(room: &Room, focus: TimelineFocus) -> Self {
        let (cache, _tasks) = room.event_cache().await.expect("the cache runs");
        let (_, mut changes) = cache.subscribe().await.expect("the cache can be read");
        let timeline = soon("a timeline", async {
            loop {
                *changes = changes.resubscribe();
                let builder = room.timeline_builder().with_focus(focus.clone());
                let timeline = Box::pin(builder.build()).await.expect("a timeline can be built");
                if changes.is_empty() {
                    return timeline;
                }
            }
        })
        .await;
        let (items, changes) = timeline.subscribe().await;
        Self { timeline, items, changes: Box::pin(changes) }
    }

    /// Everything that is an event and is shown.
    pub fn events(&self) -> impl Iterator<Item = &EventTimelineItem> {
        self.items.iter().filter_map(|item| item.as_event())
    }

    /// The texts that are shown.
    pub fn texts(&self) -> Vec<String> {
        self.events().map(text_of).filter(|text| text != "(other)").collect()
    }

    /// Waits until `look` finds on the screen what is wanted.
    pub async fn shows<T>(&mut self, what: &str, mut look: impl FnMut(&Self) -> Option<T>) -> T {
        let deadline = tokio::time::Instant::now() + LIMIT;
        loop {
            if let Some(found) = look(self) {
                return found;
            }
            match tokio::time::timeout_at(deadline, self.changes.next()).await {
                Ok(Some(diffs)) => diffs.into_iter().for_each(|diff| diff.apply(&mut self.items)),
                Ok(None) => panic!("the timeline has ended without {what}"),
                Err(_) => panic!("not shown within {LIMIT:?}: {what}; shown are {:#?}", self.texts()),
            }
        }
    }

    /// Waits until these texts are shown, each of them once, and no others. A message of one's own may for a moment be
    /// there twice, when the SDK has the event before it has noticed that it was sent.
    pub async fn reads(&mut self, wanted: &[&str]) {
        self.shows(&format!("{wanted:?} and nothing else"), |screen| (screen.texts() == wanted).then_some(())).await;
    }

    /// Waits for an event that the server has and that is as wanted.
    pub async fn event(&mut self, what: &str, wanted: impl Fn(&EventTimelineItem) -> bool) -> EventTimelineItem {
        self.shows(what, |screen| screen.events().find(|one| one.event_id().is_some() && wanted(one)).cloned()).await
    }

    /// Waits for a message with this text that the server has.
    pub async fn message(&mut self, text: &str) -> EventTimelineItem {
        self.event(text, |item| text_of(item) == text).await
    }

    /// Sends a text and waits until the server has it; returns its id.
    pub async fn send(&mut self, text: &str) -> OwnedEventId {
        self.timeline.send(RoomMessageEventContent::text_plain(text).into()).await.expect("it goes into the queue");
        let sent = self.event(text, |item| item.is_own() && text_of(item) == text).await;
        sent.event_id().expect("it was waited for").to_owned()
    }
}
