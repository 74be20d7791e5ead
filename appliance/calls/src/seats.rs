//! Who is in which call, as the SFU tells, and the leaving that each has handed over. Only in memory; what must survive this
//! process is the homeserver's ([`veche_homeserver::delayed`]).

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use veche_store::ShortRoomId;

use crate::Holder;

/// How long after a token was shown, or a leaving was handed over, its owner may take to enter the call: more than LiveKit's
/// clients wait for a connection, also through TURN.
const ENTERING: Duration = Duration::from_secs(60);
/// How long after our own start those may take to come back who were in a call before it.
const RETURNING: Duration = Duration::from_secs(20);
/// Everybody in a call is looked at so often, whatever was heard: not all that takes a right away is told.
pub(crate) const LOOK: Duration = Duration::from_secs(10);
/// After so many tenths of its delay a leaving is put off again, which leaves time to try once more.
const PUT_OFF_TENTHS: u32 = 8;

/// One participant of one call, by his names on the SFU.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SeatKey {
    pub(crate) call: String,
    pub(crate) identity: String,
}

/// Somebody in a call, or soon.
#[derive(Debug)]
struct Seat {
    holder: Holder,
    room: ShortRoomId,
    /// Connections under this name.
    present: usize,
    /// Until when he must have come.
    expected_until: Option<Duration>,
    leaving: Option<Leaving>,
    /// How long his token took.
    ticket_took: Option<Duration>,
}

/// A delayed event that says that he is gone.
#[derive(Debug)]
struct Leaving {
    delay_id: String,
    delay: Duration,
    /// When it has to be put off again.
    put_off_at: Duration,
}

/// What has to be done now, and when to look again.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Due {
    /// Leavings of those who are gone.
    pub(crate) send: Vec<String>,
    /// Leavings of those who are there.
    pub(crate) put_off: Vec<String>,
    /// When there is more to do, if nothing happens before.
    pub(crate) next: Option<Duration>,
}

#[derive(Default)]
struct Table {
    seats: BTreeMap<SeatKey, Seat>,
    /// Leavings to be sent.
    gone: Vec<String>,
    /// Something happened after which somebody may not be in a call any more.
    doubt: bool,
    /// When everybody was looked at last.
    looked_at: Duration,
}

/// All seats.
#[derive(Default)]
pub(crate) struct Seats {
    table: Mutex<Table>,
    news: Notify,
}

impl Seats {
    /// Somebody may enter a call now, with a token that took so long. With one that he has shown before he only comes back,
    /// and it is not told anew.
    pub(crate) fn expect(
        &self,
        key: SeatKey,
        holder: Holder,
        room: ShortRoomId,
        ticket_took: Option<Duration>,
        now: Duration,
    ) {
        let mut table = self.lock();
        let seat = table.seat(key, holder, room, now + ENTERING);
        seat.ticket_took = ticket_took.or(seat.ticket_took);
        drop(table);
        self.news.notify_one();
    }

    /// A leaving was handed over: from now on we put it off, beginning at once, because a part of its delay is over.
    pub(crate) fn delegate(
        &self,
        key: SeatKey,
        holder: Holder,
        room: ShortRoomId,
        delay_id: String,
        delay_ms: u64,
        now: Duration,
    ) {
        let leaving = Leaving { delay_id, delay: Duration::from_millis(delay_ms), put_off_at: now };
        self.lock().seat(key, holder, room, now + ENTERING).leaving = Some(leaving);
        self.news.notify_one();
    }

    /// Somebody was in a call when the last process ended: if he does not come back soon, he is gone.
    pub(crate) fn await_return(
        &self,
        key: SeatKey,
        holder: Holder,
        room: ShortRoomId,
        delay_id: String,
        delay_ms: u64,
        now: Duration,
    ) {
        let leaving = Leaving { delay_id, delay: Duration::from_millis(delay_ms), put_off_at: now };
        self.lock().seat(key, holder, room, now + RETURNING).leaving = Some(leaving);
    }

    /// The leaving that is handed over for this seat.
    pub(crate) fn delegated(&self, key: &SeatKey) -> Option<String> {
        Some(self.lock().seats.get(key)?.leaving.as_ref()?.delay_id.clone())
    }

    /// Whose seat it is.
    pub(crate) fn holder(&self, key: &SeatKey) -> Option<Holder> {
        self.lock().seats.get(key).map(|seat| seat.holder.clone())
    }

    /// How long the token took with which he came.
    pub(crate) fn ticket_took(&self, key: &SeatKey) -> Option<Duration> {
        self.lock().seats.get(key)?.ticket_took
    }

    /// Whether somebody is there already under this name.
    pub(crate) fn is_taken(&self, key: &SeatKey) -> bool {
        self.lock().seats.get(key).is_some_and(|seat| seat.present > 0)
    }

    /// Somebody has entered; whether he was expected.
    pub(crate) fn joined(&self, call: &str, identity: &str) -> bool {
        let key = SeatKey { call: call.to_owned(), identity: identity.to_owned() };
        let mut table = self.lock();
        let Some(seat) = table.seats.get_mut(&key) else { return false };
        seat.present += 1;
        seat.expected_until = None;
        true
    }

    /// Somebody is gone.
    pub(crate) fn left(&self, call: &str, identity: &str) {
        let key = SeatKey { call: call.to_owned(), identity: identity.to_owned() };
        let mut table = self.lock();
        let Some(seat) = table.seats.get_mut(&key) else { return };
        seat.present = seat.present.saturating_sub(1);
        if seat.present == 0 {
            table.end(&key);
            self.news.notify_one();
        }
    }

    /// Somebody who is in a call, or soon, may have lost the right to be: everybody is looked at again.
    pub(crate) fn doubt(&self) {
        self.lock().doubt = true;
        self.news.notify_one();
    }

    /// The same, if one of these rooms is that of a call.
    pub(crate) fn doubt_rooms(&self, mut rooms: impl Iterator<Item = ShortRoomId>) {
        let mut table = self.lock();
        if rooms.any(|room| table.seats.values().any(|seat| seat.room == room)) {
            table.doubt = true;
            self.news.notify_one();
        }
    }

    /// Whether everybody has to be looked at: because of a doubt, or because it is time. It counts as done.
    pub(crate) fn take_doubt(&self, now: Duration) -> bool {
        let mut table = self.lock();
        let is_time = now.saturating_sub(table.looked_at) >= LOOK;
        if std::mem::take(&mut table.doubt) || is_time {
            table.looked_at = now;
            return true;
        }
        false
    }

    /// Everybody who is in a call, or soon.
    pub(crate) fn everybody(&self) -> Vec<(SeatKey, Holder)> {
        self.lock().seats.iter().map(|(key, seat)| (key.clone(), seat.holder.clone())).collect()
    }

    /// Takes a seat away; the room will be told.
    pub(crate) fn end(&self, key: &SeatKey) {
        self.lock().end(key);
    }

    /// What has to be done now.
    pub(crate) fn due(&self, now: Duration) -> Due {
        let mut table = self.lock();
        let is_late = |seat: &Seat| seat.expected_until.is_some_and(|until| until <= now);
        let late: Vec<SeatKey> =
            table.seats.iter().filter(|(_, seat)| is_late(seat)).map(|(key, _)| key.clone()).collect();
        late.iter().for_each(|key| table.end(key));
        let mut due = Due { send: std::mem::take(&mut table.gone), ..Due::default() };
        for seat in table.seats.values_mut() {
            let mut next = seat.expected_until;
            if let Some(leaving) = &mut seat.leaving {
                if leaving.put_off_at <= now {
                    due.put_off.push(leaving.delay_id.clone());
                    leaving.put_off_at = now + leaving.delay * PUT_OFF_TENTHS / 10;
                }
                next = [next, Some(leaving.put_off_at)].into_iter().flatten().min();
            }
            due.next = [due.next, next].into_iter().flatten().min();
        }
        due
    }

    /// A leaving that could not be sent has to be sent all the same.
    pub(crate) fn send_again(&self, delay_id: String) {
        self.lock().gone.push(delay_id);
    }

    /// A leaving is not there any more: it was sent or cancelled by somebody else, or forgotten.
    pub(crate) fn forget_leaving(&self, delay_id: &str) {
        for seat in self.lock().seats.values_mut() {
            if seat.leaving.as_ref().is_some_and(|leaving| leaving.delay_id == delay_id) {
                seat.leaving = None;
            }
        }
    }

    /// Ends when there is something new.
    pub(crate) async fn changed(&self) {
        self.news.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// The seat, made if it is not there. Who is there already need not come.
    fn seat(&mut self, key: SeatKey, holder: Holder, room: ShortRoomId, until: Duration) -> &mut Seat {
        let fresh = || Seat {
            holder: holder.clone(),
            room,
            present: 0,
            expected_until: None,
            leaving: None,
            ticket_took: None,
        };
        let seat = self.seats.entry(key).or_insert_with(fresh);
        // The same user by his names, though he may have come with another device.
        seat.holder = holder;
        if seat.present == 0 {
            seat.expected_until = Some(until);
        }
        seat
    }

    fn end(&mut self, key: &SeatKey) {
        let seat = self.seats.remove(key);
        self.gone.extend(seat.and_then(|seat| seat.leaving).map(|leaving| leaving.delay_id));
    }
}

#[cfg(test)]
mod tests;
