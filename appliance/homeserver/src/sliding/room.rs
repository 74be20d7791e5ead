//! One answer put together: each room that is shown, each room that was left, the extensions.

use std::{collections::BTreeMap, sync::Arc};

use ruma::{OwnedRoomId, events::room::member::MembershipState};
use tracing::error;
use veche_store::{
    Error, ShortRoomId, ShortStateHash, StreamPosition,
    records::memberships::{Membership, MembershipRecord},
};

use super::{
    RoomAnswer, Sliding, SlidingAnswer,
    config::RoomConfig,
    connections::{Picture, RoomMemory, Seen},
    lists::{Shown, Windows, is_gone, is_hidden},
    poll::Reading,
    summary::Summary,
};
use crate::{
    notify::RoomCounts,
    rooms::{Room, order_of},
    sync::UnreadCounts,
};

/// What to tell about a room, if anything, and what the connection knows of it then.
pub(super) type Told = (Option<RoomAnswer>, Option<RoomMemory>);

impl Sliding {
    /// Everything that is news, and the picture that the client has after it.
    pub(super) fn read(&self, reading: &Reading<'_>) -> Result<(SlidingAnswer, Picture), Error> {
        let memberships = &reading.settled.rooms.kept;
        let mut picture = reading.base.cloned().unwrap_or_default();
        picture.position = reading.upto;
        let windows = self.shown(reading, memberships)?;
        let Windows { shown, counts, .. } = &windows;
        let mut rooms = BTreeMap::new();
        for (short, shown) in shown {
            let Some(record) = memberships.get(short) else { continue };
            let told = self.shown_room(reading, *short, record, shown);
            take(&mut rooms, &mut picture, *short, record, told);
        }
        withdraw_hidden(reading, &mut rooms, &mut picture);
        let gone = picture.rooms.iter().filter(|(short, memory)| {
            !matches!(memory.seen, Seen::Gone(_)) && memberships.get(short).is_none_or(is_gone)
        });
        let gone: Vec<ShortRoomId> = gone.map(|(short, _)| *short).collect();
        for short in gone {
            let record = match memberships.get(&short) {
                Some(record) => Some(record.clone()),
                // Left and forgotten at once.
                None => reading.settled.rooms.forgotten.get(&short).cloned(),
            };
            let Some(record) = record.filter(is_gone) else {
                picture.rooms.remove(&short);
                continue;
            };
            if record.position <= reading.upto {
                let told = match reading.base.and_then(|base| base.rooms.get(&short)) {
                    Some(known) => self.gone_room(reading, short, &record, Arc::clone(&known.config)),
                    None => Ok((None, None)),
                };
                take(&mut rooms, &mut picture, short, &record, told);
            }
        }
        let mut extensions = self.extensions(reading, shown, memberships, &mut picture)?;
        extensions.sticky = self.sticky(reading, &windows, memberships, &rooms)?;
        picture.counts.clone_from(counts);
        Ok((SlidingAnswer { pos: String::new(), lists: windows.counts, rooms, extensions }, picture))
    }

    fn shown_room(
        &self,
        reading: &Reading<'_>,
        short: ShortRoomId,
        record: &MembershipRecord,
        shown: &Shown<'_>,
    ) -> Result<Told, Error> {
        let memory = reading.base.and_then(|base| base.rooms.get(&short)).map(|memory| &**memory);
        let mut told = if record.membership == Membership::Join {
            let room = self.parts.rooms.find_short(short)?;
            let known = memory.filter(|memory| memory.seen == Seen::Inside);
            self.joined_room(reading, &room, &shown.config, known)?
        } else if is_gone(record) {
            self.gone_room(reading, short, record, Arc::clone(&shown.config))?
        } else {
            Self::outside_room(reading, record, &shown.config, memory)
        };
        if let Some(answer) = &mut told.0 {
            answer.lists = shown.lists.iter().map(|list| (*list).to_owned()).collect();
        }
        Ok(told)
    }

    /// A room that the user is in; `known` is what the connection knows of it as a member sees it.
    fn joined_room(
        &self,
        reading: &Reading<'_>,
        room: &Arc<Room>,
        config: &Arc<RoomConfig>,
        known: Option<&RoomMemory>,
    ) -> Result<Told, Error> {
        let user = &reading.request.user;
        let is_dm = reading.is_dm(&room.id);
        if let Some(known) = known
            && *known.config == **config
            && known.is_dm == is_dm
            && !self.watch.room_changed(room.short, known.sent)
            && !self.watch.user_changed(user, known.sent)
        {
            return Ok((None, Some(known.clone())));
        }
        let facts = self.facts(room, reading.upto)?;
        // A longer timeline is wanted, or the members who speak in it: it is told from its end, whatever is known.
        let grown = known.is_some_and(|known| {
            config.timeline_limit > known.contiguous || config.lazy_members && !known.config.lazy_members
        });
        let after = known.filter(|_| !grown).map(|known| known.sent);
        let slice = self.slice(reading, room, after, reading.upto, config.timeline_limit)?;
        let group = self.parts.timeline.state_group_at(room, order_of(reading.upto))?;
        let state = self.state_news(reading, room, config, known, group, &slice)?;
        let RoomCounts { room: unread, .. } = self.parts.notify.counts(user, room.short, false)?;
        let memory = RoomMemory {
            seen: Seen::Inside,
            sent: reading.upto,
            group,
            config: Arc::clone(config),
            contiguous: match known {
                Some(known) if !grown && !slice.limited => known.contiguous,
                _ => config.timeline_limit,
            },
            speakers: state.speakers,
            summary: state.summary,
            is_dm,
            unread,
            account_data: known.and_then(|known| known.account_data),
            receipts: known.and_then(|known| known.receipts),
            typing: known.and_then(|known| known.typing),
            receipts_left: known.map(|known| known.receipts_left.clone()).unwrap_or_default(),
        };
        let news = known.is_none_or(|known| {
            known.unread != memory.unread || known.is_dm != is_dm || known.summary != memory.summary
        });
        let no_state = state.events.is_empty() && state.removed.is_empty();
        if !news && slice.events.is_empty() && !slice.limited && no_state {
            return Ok((None, Some(memory)));
        }
        let mut answer = RoomAnswer {
            initial: known.is_none(),
            unread,
            required_state: state.events,
            removed_state: state.removed,
            expanded: known.is_some_and(|known| slice.first.is_some_and(|first| first <= order_of(known.sent))),
            timeline: slice.events,
            limited: slice.limited,
            num_live: slice.num_live,
            prev_batch: slice.prev_batch,
            bump_stamp: facts.bump,
            ..RoomAnswer::default()
        };
        describe(&mut answer, known, &memory);
        Ok((Some(answer), Some(memory)))
    }

    /// A room that the user left or was put out of: told once, up to the event by which it happened.
    fn gone_room(
        &self,
        reading: &Reading<'_>,
        short: ShortRoomId,
        record: &MembershipRecord,
        config: Arc<RoomConfig>,
    ) -> Result<Told, Error> {
        let known = reading.base.and_then(|base| base.rooms.get(&short));
        let seen = Seen::Gone(record.position);
        if let Some(known) = known.filter(|known| known.seen == seen) {
            return Ok((None, Some(RoomMemory::clone(known))));
        }
        let room = self.parts.rooms.find_short(short)?;
        let inside = known.filter(|known| known.seen == Seen::Inside);
        // One who was shown the room from outside sees only the event by which his invite or knock ended.
        let just_before = StreamPosition(record.position.0.saturating_sub(1));
        let after = known.map(|_| inside.map_or(just_before, |inside| inside.sent));
        let slice = self.slice(reading, &room, after, record.position, config.timeline_limit)?;
        let required_state = self.state_of_left(reading, &room, record, inside)?;
        let memory = RoomMemory {
            seen,
            sent: record.position,
            group: ShortStateHash(0),
            config,
            contiguous: 0,
            speakers: Arc::default(),
            summary: Arc::new(Summary::default()),
            is_dm: false,
            unread: UnreadCounts::default(),
            account_data: None,
            receipts: None,
            typing: None,
            receipts_left: Vec::new(),
        };
        let answer = RoomAnswer {
            initial: known.is_none(),
            required_state,
            timeline: slice.events,
            limited: slice.limited,
            num_live: slice.num_live,
            prev_batch: slice.prev_batch,
            bump_stamp: record.position.0,
            ..RoomAnswer::default()
        };
        Ok((Some(answer), Some(memory)))
    }
}

/// Rooms that the client was shown and whose invite is hidden from the user now are shown no more, though nothing has
/// happened in them. When the invite is not hidden any more, it is told anew.
fn withdraw_hidden(reading: &Reading<'_>, rooms: &mut BTreeMap<OwnedRoomId, RoomAnswer>, picture: &mut Picture) {
    let memberships = &reading.settled.rooms.kept;
    picture.rooms.retain(|short, memory| {
        let hidden = memberships.get(short).filter(|record| is_hidden(record, reading));
        let Some(record) = hidden.filter(|_| !matches!(memory.seen, Seen::Gone(_))) else { return true };
        let membership = Some(MembershipState::Leave);
        let answer = RoomAnswer { membership, withdrawn: true, bump_stamp: record.position.0, ..RoomAnswer::default() };
        rooms.insert(record.room_id.clone(), answer);
        false
    });
}

/// Puts what a room has to say into the answer and what is known of it then into the picture. A room that could not
/// be read keeps its place in the picture, so that it is told by a later answer and not lost.
fn take(
    rooms: &mut BTreeMap<OwnedRoomId, RoomAnswer>,
    picture: &mut Picture,
    short: ShortRoomId,
    record: &MembershipRecord,
    told: Result<Told, Error>,
) {
    let room_id = &record.room_id;
    match told {
        Ok((answer, memory)) => {
            if let Some(mut answer) = answer {
                answer.membership = Some(record.membership.to_state());
                rooms.insert(room_id.clone(), answer);
            }
            match memory {
                Some(memory) => _ = picture.rooms.insert(short, Arc::new(memory)),
                None => _ = picture.rooms.remove(&short),
            }
        }
        Err(error) => error!(%room_id, %error, "a room could not be read for sliding sync"),
    }
}

/// Fills in what describes the room, where it is news.
fn describe(answer: &mut RoomAnswer, known: Option<&RoomMemory>, now: &RoomMemory) {
    let before = known.map(|known| &*known.summary);
    let summary = &now.summary;
    answer.is_dm = known.is_none_or(|known| known.is_dm != now.is_dm).then_some(now.is_dm);
    let had_name = before.and_then(|before| before.name.as_ref());
    answer.name = (had_name != summary.name.as_ref()).then(|| summary.name.clone());
    let had_heroes = before.map_or(&[][..], |before| &before.heroes);
    answer.heroes = (had_heroes != summary.heroes && summary.name.is_none()).then(|| summary.heroes.clone());
    answer.joined = before.is_none_or(|before| before.joined != summary.joined).then_some(summary.joined);
    answer.invited = before.is_none_or(|before| before.invited != summary.invited).then_some(summary.invited);
    let had_avatar = before.and_then(|before| before.avatar.as_ref());
    answer.avatar = (had_avatar != summary.avatar.as_ref()).then(|| summary.avatar.clone());
}

#[cfg(test)]
mod tests;
