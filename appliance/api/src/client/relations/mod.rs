//! What relates to an event: reactions, edits, references, replies of a thread.

mod get_relating_events;
mod get_relating_events_with_rel_type;
mod get_relating_events_with_rel_type_and_event_type;

use ruma::{UInt, api::Direction};
use veche_homeserver::relations::{RelationsPage, RelationsRequest};

use super::message;
use crate::{
    access::Requester,
    app::App,
    error::ApiError,
    limits::Class,
    routes::{Route, Routes},
};

/// Events in one page when the client names no number.
pub(super) const LIMIT_DEFAULT: usize = 50;

/// The area's endpoints.
pub(crate) fn routes(routes: Routes<App>) -> Routes<App> {
    let pages = Route::new().class(Class::Pages).guests();
    routes
        .ruma_with(pages, get_relating_events::get_relating_events)
        .ruma_with(pages, get_relating_events_with_rel_type::get_relating_events_with_rel_type)
        .ruma_with(
            pages,
            get_relating_events_with_rel_type_and_event_type::get_relating_events_with_rel_type_and_event_type,
        )
}

/// The part that the three endpoints have in common with `/messages`.
struct Paging<'a> {
    from: Option<&'a str>,
    to: Option<&'a str>,
    dir: Direction,
    limit: Option<UInt>,
}

impl Paging<'_> {
    fn request<'r>(
        &self,
        who: &'r Requester,
        room_id: &'r ruma::RoomId,
        event_id: &'r ruma::EventId,
    ) -> Result<RelationsRequest<'r>, ApiError> {
        Ok(RelationsRequest {
            room_id,
            event_id,
            audience: message::audience(who),
            rel_type: None,
            event_type: None,
            from: message::order(self.from)?,
            to: message::order(self.to)?,
            backwards: self.dir == Direction::Backward,
            limit: limit(self.limit),
            recurse: false,
        })
    }
}

/// A page's size.
pub(super) fn limit(limit: Option<UInt>) -> usize {
    limit.map_or(LIMIT_DEFAULT, |limit| usize::try_from(u64::from(limit)).unwrap_or(usize::MAX))
}

/// The tokens of a page: of the next one, and of the first event of this one where there is something before it.
fn tokens(app: &App, page: &RelationsPage, from: Option<String>) -> (Option<String>, Option<String>) {
    (page.next.map(|order| message::token(app, order)), from)
}
