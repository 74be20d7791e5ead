//! Rooms seen from outside: invites and knocks.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use veche_store::{ShortStateHash, records::memberships::MembershipRecord};

use super::{
    RoomAnswer, Sliding,
    config::RoomConfig,
    connections::{RoomMemory, Seen},
    lists::stripped,
    poll::Reading,
    room::Told,
};
use crate::sync::UnreadCounts;

#[derive(Deserialize)]
struct Named {
    #[serde(rename = "type")]
    kind: String,
    content: Value,
}

impl Sliding {
    /// A room that the user is invited to or knocks at: told once for each member event that says so,
    /// and again when he calls it a direct chat.
    pub(super) fn outside_room(
        reading: &Reading<'_>,
        record: &MembershipRecord,
        config: &Arc<RoomConfig>,
        memory: Option<&RoomMemory>,
    ) -> Told {
        let seen = Seen::Outside(record.position);
        let is_dm = reading.is_dm(&record.room_id);
        if let Some(memory) = memory.filter(|memory| memory.seen == seen && memory.is_dm == is_dm) {
            return (None, Some(memory.clone()));
        }
        let state = stripped(record);
        let answer = RoomAnswer {
            initial: true,
            name: state.iter().find_map(|event| {
                let named: Named = serde_json::from_str(event.get()).ok()?;
                let name = named.content.get("name").filter(|_| named.kind == "m.room.name")?.as_str()?;
                Some(Some(name.to_owned()))
            }),
            is_dm: Some(is_dm),
            invite_state: Some(state),
            bump_stamp: record.position.0,
            ..RoomAnswer::default()
        };
        let memory = RoomMemory {
            seen,
            sent: record.position,
            group: ShortStateHash(0),
            config: Arc::clone(config),
            contiguous: 0,
            speakers: Arc::default(),
            summary: Arc::default(),
            is_dm,
            unread: UnreadCounts::default(),
            account_data: None,
            receipts: None,
            typing: None,
            receipts_left: Vec::new(),
        };
        (Some(answer), Some(memory))
    }
}
