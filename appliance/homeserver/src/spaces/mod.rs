//! Spaces: rooms that name other rooms as their children, walked depth first (spec: `GET /rooms/{roomId}/hierarchy`).
//!
//! A walk is the same for the same rooms, so a token is the number of rooms already told, and a page walks again.

use std::{cmp::Ordering, collections::HashSet, sync::Arc};

use ruma::{OwnedRoomId, RoomId, UserId, events::StateEventType, room::RoomSummary, room::RoomType};
use serde::Deserialize;
use serde_json::{
    json,
    value::{RawValue, to_raw_value},
};
use veche_base::limits::{HIERARCHY_DEPTH_MAX, PAGE_ROOMS_MAX};
use veche_rooms::Pdu;
use veche_store::Error;

use crate::{
    public_rooms::PublicRooms,
    rooms::{FindRoomError, Room, Rooms},
};

/// Rooms looked at for one page.
const ROOMS_WALKED_MAX: usize = 10_000;
/// The longest `order` of a child that counts (spec: "Ordering of children within a space").
const ORDER_CHARS_MAX: usize = 50;

/// Why a hierarchy could not be read.
#[derive(Debug, thiserror::Error)]
pub enum HierarchyError {
    /// No such room, or not one the person may see.
    #[error("you may not see this room")]
    Forbidden,
    /// `from` is not a token of ours, or of a request with other parameters.
    #[error("this token belongs to another request")]
    BadToken,
    /// The store failed.
    #[error(transparent)]
    Internal(#[from] Error),
}

/// Which part of a hierarchy is asked for.
pub struct HierarchyRequest<'a> {
    /// The space at the top.
    pub room_id: &'a RoomId,
    /// Who asks.
    pub user: &'a UserId,
    /// Where to start.
    pub from: Option<&'a str>,
    /// Rooms at most.
    pub limit: Option<usize>,
    /// Levels below the top.
    pub max_depth: Option<usize>,
    /// Children that their space suggests only.
    pub suggested_only: bool,
}

/// One room of a hierarchy.
pub struct HierarchyRoom {
    /// What it says about itself.
    pub summary: RoomSummary,
    /// The events by which it names its children, stripped.
    pub children_state: Vec<Box<RawValue>>,
}

/// A page of a hierarchy.
pub struct HierarchyPage {
    /// The rooms, depth first.
    pub rooms: Vec<HierarchyRoom>,
    /// Where the next page starts.
    pub next: Option<String>,
}

/// Walks spaces.
pub struct Spaces {
    rooms: Arc<Rooms>,
    public_rooms: Arc<PublicRooms>,
}

impl Spaces {
    /// Over these parts.
    pub fn new(rooms: Arc<Rooms>, public_rooms: Arc<PublicRooms>) -> Self {
        Self { rooms, public_rooms }
    }

    /// The rooms below a space, as far as the person may see them.
    pub fn hierarchy(&self, request: &HierarchyRequest<'_>) -> Result<HierarchyPage, HierarchyError> {
        let depth_max = request.max_depth.unwrap_or(HIERARCHY_DEPTH_MAX).min(HIERARCHY_DEPTH_MAX);
        let token = |told: usize| format!("h{told}.{depth_max}.{}", u8::from(request.suggested_only));
        let start = match request.from {
            None => 0,
            Some(from) => {
                let told = from.strip_prefix('h').and_then(|rest| rest.split('.').next()?.parse().ok());
                told.filter(|told| token(*told) == from).ok_or(HierarchyError::BadToken)?
            }
        };
        let limit = request.limit.unwrap_or(PAGE_ROOMS_MAX).clamp(1, PAGE_ROOMS_MAX);
        let mut page = HierarchyPage { rooms: Vec::new(), next: None };
        let (mut seen, mut told) = (HashSet::new(), 0);
        let mut ahead: Vec<(OwnedRoomId, usize)> = vec![(request.room_id.to_owned(), 0)];
        while let Some((room_id, depth)) = ahead.pop() {
            if seen.len() >= ROOMS_WALKED_MAX || !seen.insert(room_id.clone()) {
                continue;
            }
            let visible = match self.rooms.find(&room_id) {
                Ok(room) => self.public_rooms.preview(&room, Some(request.user)).map(|summary| (room, summary)),
                Err(FindRoomError::Unknown) => None,
                Err(FindRoomError::Internal(error)) => return Err(error.into()),
            };
            let Some((room, summary)) = visible else {
                if depth == 0 {
                    return Err(HierarchyError::Forbidden);
                }
                continue;
            };
            if page.rooms.len() == limit {
                page.next = Some(token(told));
                break;
            }
            let children = children(&room, &summary, request.suggested_only);
            if depth < depth_max {
                // The stack gives back the last first.
                ahead.extend(children.iter().rev().map(|child| (child.room_id.clone(), depth + 1)));
            }
            if told >= start {
                let children_state = children.iter().map(|child| stripped(&child.event)).collect();
                page.rooms.push(HierarchyRoom { summary, children_state });
            }
            told += 1;
        }
        Ok(page)
    }
}

/// A child of a space.
struct Child {
    room_id: OwnedRoomId,
    order: Option<String>,
    event: Arc<Pdu>,
}

#[derive(Deserialize)]
struct ChildContent {
    #[serde(default)]
    via: Vec<String>,
    #[serde(default)]
    order: Option<serde_json::Value>,
    #[serde(default)]
    suggested: Option<serde_json::Value>,
}

/// The children of a space in their order; a room that is no space has none.
fn children(room: &Room, summary: &RoomSummary, suggested_only: bool) -> Vec<Child> {
    if summary.room_type != Some(RoomType::Space) {
        return Vec::new();
    }
    let head = room.head();
    let named = head
        .state
        .range((StateEventType::SpaceChild, String::new())..)
        .take_while(|((kind, _), _)| *kind == StateEventType::SpaceChild);
    let mut children: Vec<Child> = named
        .filter_map(|((_, state_key), event)| {
            let content: ChildContent = event.content_as()?;
            let suggested = content.suggested == Some(serde_json::Value::Bool(true));
            if content.via.is_empty() || suggested_only && !suggested {
                return None;
            }
            let order = content.order.and_then(|order| order.as_str().map(str::to_owned)).filter(|order| counts(order));
            let room_id = OwnedRoomId::try_from(state_key.as_str()).ok()?;
            Some(Child { room_id, order, event: Arc::clone(event) })
        })
        .collect();
    children.sort_by(by_order);
    children
}

fn counts(order: &str) -> bool {
    order.len() <= ORDER_CHARS_MAX && order.bytes().all(|byte| (0x20..=0x7e).contains(&byte))
}

/// Children with an order before those without, then the one named first, then by id (spec: "Ordering of children").
fn by_order(a: &Child, b: &Child) -> Ordering {
    let order = match (&a.order, &b.order) {
        (Some(a), Some(b)) => a.cmp(b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    };
    order.then_with(|| a.event.origin_server_ts.cmp(&b.event.origin_server_ts)).then_with(|| a.room_id.cmp(&b.room_id))
}

/// The event with the five fields that a hierarchy shows of it.
fn stripped(event: &Pdu) -> Box<RawValue> {
    let shown = json!({
        "type": event.kind,
        "state_key": event.state_key,
        "content": event.content,
        "sender": event.sender,
        "origin_server_ts": event.origin_server_ts,
    });
    to_raw_value(&shown).expect("ids, numbers and JSON always serialize")
}
