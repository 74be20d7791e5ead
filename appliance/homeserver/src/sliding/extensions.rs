//! What a connection is told besides rooms: messages to the device, keys, account data, receipts, typing.

use std::sync::Arc;

use ruma::api::client::sync::sync_events::v5::request::ExtensionRoomConfig;
use serde::Deserialize;
use serde_json::value::RawValue;
use veche_base::limits::TO_DEVICE_PAGE_MAX;
use veche_store::{Error, StreamPosition, records::memberships::Membership};

use super::{
    E2eeAnswer, ExtensionsAnswer, Sliding, ToDeviceAnswer,
    connections::{Picture, RoomMemory},
    lists::{Shown, ShownRooms},
    poll::Reading,
};
use crate::{
    e2ee::DeviceListChanges,
    membership::RoomMembership,
    rooms::{Room, order_of},
    sync::SyncToken,
};

/// Which rooms an extension is wanted for; all that are shown where nothing is said.
struct Scope<'a> {
    lists: Option<&'a [String]>,
    rooms: Option<&'a [ExtensionRoomConfig]>,
}

impl Scope<'_> {
    fn has(&self, room: &Room, shown: &Shown<'_>) -> bool {
        let in_lists = match self.lists {
            None => !shown.lists.is_empty(),
            Some(lists) => lists.iter().any(|list| list == "*" || shown.lists.contains(&list.as_str())),
        };
        let by_id = |wish: &ExtensionRoomConfig| match wish {
            ExtensionRoomConfig::AllSubscribed => true,
            ExtensionRoomConfig::Room(room_id) => *room_id == room.id,
            _ => false,
        };
        in_lists && !shown.lists.is_empty()
            || shown.subscribed && self.rooms.is_none_or(|rooms| rooms.iter().any(by_id))
    }
}

/// The extensions that speak of rooms.
struct Wanted<'a> {
    account_data: Option<Scope<'a>>,
    receipts: Option<Scope<'a>>,
    typing: Option<Scope<'a>>,
}

#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(rename = "type", borrow)]
    kind: std::borrow::Cow<'a, str>,
}

impl Sliding {
    /// What the extensions have to tell. Moves the picture's cursors along.
    pub(super) fn extensions(
        &self,
        reading: &Reading<'_>,
        shown: &ShownRooms<'_>,
        memberships: &RoomMembership,
        picture: &mut Picture,
    ) -> Result<ExtensionsAnswer, Error> {
        let wishes = &reading.request.extensions;
        let mut answer = ExtensionsAnswer::default();
        if wishes.to_device.enabled == Some(true) {
            answer.to_device = Some(self.to_device(reading)?);
        }
        if wishes.e2ee.enabled == Some(true) {
            answer.e2ee = Some(self.e2ee(reading, picture.e2ee)?);
            picture.e2ee = Some(reading.upto);
        }
        if wishes.account_data.enabled == Some(true) {
            let (user, since) = (&reading.request.user, picture.account_data);
            answer.account_data = self.parts.account_data.global_since(user, since, reading.upto)?;
            picture.account_data = Some(reading.upto);
        }
        let wanted = wanted(reading);
        if wanted.account_data.is_none() && wanted.receipts.is_none() && wanted.typing.is_none() {
            return Ok(answer);
        }
        for (short, shown) in shown {
            let inside = memberships.get(short).is_some_and(|record| record.membership == Membership::Join);
            let Some(memory) = picture.rooms.get_mut(short).filter(|_| inside) else { continue };
            let room = self.parts.rooms.find_short(*short)?;
            self.room_extensions(reading, &wanted, &room, shown, memory, &mut answer)?;
        }
        Ok(answer)
    }

    fn room_extensions(
        &self,
        reading: &Reading<'_>,
        wanted: &Wanted<'_>,
        room: &Arc<Room>,
        shown: &Shown<'_>,
        memory: &mut Arc<RoomMemory>,
        answer: &mut ExtensionsAnswer,
    ) -> Result<(), Error> {
        let user = &reading.request.user;
        let upto = reading.upto;
        let applies = |scope: &Option<Scope<'_>>| scope.as_ref().is_some_and(|scope| scope.has(room, shown));
        let own = |since| self.watch.user_changed(user, since);
        let any = |since| self.watch.room_changed(room.short, since) || own(since);
        if applies(&wanted.account_data) && memory.account_data.is_none_or(own) {
            let since = memory.account_data;
            let events = self.parts.account_data.room_since(user, room.short, since, upto)?;
            if !events.is_empty() {
                answer.room_account_data.insert(room.id.clone(), events);
            }
            Arc::make_mut(memory).account_data = Some(upto);
        }
        if applies(&wanted.receipts) && !memory.receipts_left.is_empty() {
            answer.receipts.insert(room.id.clone(), Arc::make_mut(memory).receipts_left.remove(0));
        } else if applies(&wanted.receipts) && memory.receipts.is_none_or(any) {
            let mut events = self.ephemeral(reading, room, memory.receipts, "m.receipt")?.into_iter();
            answer.receipts.extend(events.next().map(|event| (room.id.clone(), event)));
            let memory = Arc::make_mut(memory);
            memory.receipts_left = events.collect();
            memory.receipts = Some(upto);
        }
        if applies(&wanted.typing) && memory.typing.is_none_or(any) {
            let since = memory.typing;
            let events = self.ephemeral(reading, room, since, "m.typing")?;
            answer.typing.extend(events.into_iter().next().map(|event| (room.id.clone(), event)));
            Arc::make_mut(memory).typing = Some(upto);
        }
        Ok(())
    }

    fn ephemeral(
        &self,
        reading: &Reading<'_>,
        room: &Arc<Room>,
        since: Option<StreamPosition>,
        wanted: &str,
    ) -> Result<Vec<Box<RawValue>>, Error> {
        let mut events = self.parts.ephemeral.since(room, &reading.request.user, since, reading.upto)?;
        let is_wanted =
            |event: &RawValue| serde_json::from_str::<Kind<'_>>(event.get()).is_ok_and(|kind| kind.kind == wanted);
        events.retain(|event| is_wanted(event));
        Ok(events)
    }

    /// Messages to the device after its own token; they are deleted when it brings back the next one.
    fn to_device(&self, reading: &Reading<'_>) -> Result<ToDeviceAnswer, Error> {
        let wish = &reading.request.extensions.to_device;
        let since = wish.since.as_deref().and_then(|since| since.parse::<SyncToken>().ok());
        let since = since.and_then(|since| self.known(since));
        let limit = wish.limit.and_then(|limit| usize::try_from(u64::from(limit)).ok());
        let limit = limit.unwrap_or(TO_DEVICE_PAGE_MAX).clamp(1, TO_DEVICE_PAGE_MAX);
        let request = reading.request;
        let (events, end) = self.parts.e2ee.messages(&request.user, &request.device, since, reading.upto, limit)?;
        Ok(ToDeviceAnswer { next_batch: self.token(order_of(end.unwrap_or(reading.upto))), events })
    }

    fn e2ee(&self, reading: &Reading<'_>, since: Option<StreamPosition>) -> Result<E2eeAnswer, Error> {
        let request = reading.request;
        let (user, mine, upto) = (&request.user, &reading.settled.rooms, reading.upto);
        let lists = match since {
            Some(since) => {
                let company = self.parts.company.changes(user, mine, since, upto)?;
                self.parts.e2ee.device_lists(user, &mine.kept, since, upto, company)?
            }
            None => DeviceListChanges::default(),
        };
        let update = self.parts.e2ee.device_update(user, &request.device, since, upto, lists)?;
        Ok(E2eeAnswer {
            is_news: since.is_none() || !update.changed.is_empty() || !update.left.is_empty() || update.counts_changed,
            changed: update.changed,
            left: update.left,
            one_time_keys: update.one_time_keys,
            unused_fallback_keys: update.unused_fallback_keys,
        })
    }
}

fn wanted<'a>(reading: &Reading<'a>) -> Wanted<'a> {
    let wishes = &reading.request.extensions;
    let scope = |enabled: Option<bool>, lists: &'a Option<Vec<String>>, rooms: &'a Option<Vec<ExtensionRoomConfig>>| {
        (enabled == Some(true)).then_some(Scope { lists: lists.as_deref(), rooms: rooms.as_deref() })
    };
    let (account_data, receipts, typing) = (&wishes.account_data, &wishes.receipts, &wishes.typing);
    Wanted {
        account_data: scope(account_data.enabled, &account_data.lists, &account_data.rooms),
        receipts: scope(receipts.enabled, &receipts.lists, &receipts.rooms),
        typing: scope(typing.enabled, &typing.lists, &typing.rooms),
    }
}
