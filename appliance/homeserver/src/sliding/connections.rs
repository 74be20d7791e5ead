//! What each connection has been shown. Only in memory, bounded by device and in all, and forgotten when nobody comes
//! back for it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ruma::{DeviceId, OwnedDeviceId, OwnedUserId, UserId};
use serde_json::value::RawValue;
use veche_base::limits::SLIDING_CONNECTIONS_PER_DEVICE_MAX;
use veche_store::{ShortRoomId, ShortStateHash, StreamPosition};

use super::{config::RoomConfig, summary::Summary};
use crate::sync::{AFTER_READING, SyncToken, UnreadCounts};

/// Devices whose connections are kept; a further one takes the place of the one unseen for longest.
const DEVICES_MAX: usize = 4_096;
/// A device that has not come for so long begins anew.
const IDLE_MAX: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How often idle devices are looked for.
const SWEEP: Duration = Duration::from_secs(60 * 60);
/// Positions kept of one connection: the one that was answered last, the newest answer, and one more for a request
/// that crossed its own repetition.
const POSITIONS_MAX: usize = 3;

/// A connection as a whole at one position.
#[derive(Clone, Default)]
pub(super) struct Picture {
    /// Everything up to here has been looked at.
    pub(super) position: StreamPosition,
    /// When it was told.
    pub(super) told: Duration,
    /// What is known of each room that was shown.
    pub(super) rooms: BTreeMap<ShortRoomId, Arc<RoomMemory>>,
    /// How many rooms each list had.
    pub(super) counts: BTreeMap<String, u64>,
    /// Device lists and key counts were told up to here.
    pub(super) e2ee: Option<StreamPosition>,
    /// Account data of no room was told up to here.
    pub(super) account_data: Option<StreamPosition>,
}

/// From which side a room was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// As a member sees it.
    Inside,
    /// As one sees it who is invited or knocks, by the member event at this position.
    Outside(StreamPosition),
    /// As one saw it last who left or was put out, by the member event at this position.
    Gone(StreamPosition),
}

/// What a connection knows of a room.
#[derive(Debug, Clone)]
pub(super) struct RoomMemory {
    pub(super) seen: Seen,
    /// Events up to here were told or left out with `limited`.
    pub(super) sent: StreamPosition,
    /// The state that was compared last.
    pub(super) group: ShortStateHash,
    /// What was wanted then.
    pub(super) config: Arc<RoomConfig>,
    /// The newest events that the client has without a gap, as many as it had asked for.
    pub(super) contiguous: usize,
    /// Members told because they spoke.
    pub(super) speakers: Arc<BTreeSet<OwnedUserId>>,
    pub(super) summary: Arc<Summary>,
    pub(super) is_dm: bool,
    pub(super) unread: UnreadCounts,
    /// Extensions were told up to here.
    pub(super) account_data: Option<StreamPosition>,
    pub(super) receipts: Option<StreamPosition>,
    pub(super) typing: Option<StreamPosition>,
    /// Receipts for which the last answer had no place: one event tells one receipt of each user.
    pub(super) receipts_left: Vec<Box<RawValue>>,
}

/// Whose connection, and which of his.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ConnectionKey {
    pub(super) user: OwnedUserId,
    pub(super) device: OwnedDeviceId,
    pub(super) conn_id: String,
}

/// A place in a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pos {
    /// Tells this connection from earlier ones with the same name.
    pub(super) token: String,
    pub(super) number: u64,
}

impl Pos {
    /// Reads what [`Self::on_the_wire`] wrote.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (reading, place) = text.split_once(AFTER_READING)?;
        reading.parse::<SyncToken>().ok()?;
        let (token, number) = place.split_once('_')?;
        Some(Self { token: token.to_owned(), number: number.parse().ok()? })
    }

    /// As clients see it. It begins with a sync token, because history can be read from here.
    pub(super) fn on_the_wire(&self, reading: SyncToken) -> String {
        format!("{reading}{AFTER_READING}{}_{}", self.token, self.number)
    }
}

struct Connection {
    conn_id: String,
    token: String,
    newest: u64,
    /// Oldest first.
    kept: Vec<(u64, Arc<Picture>)>,
}

#[derive(Default)]
struct Device {
    /// When it was last used.
    used: Duration,
    /// Least recently used first.
    connections: Vec<Connection>,
}

#[derive(Default)]
struct All {
    swept: Duration,
    devices: BTreeMap<(OwnedUserId, OwnedDeviceId), Device>,
}

/// All connections.
#[derive(Default)]
pub(super) struct Connections(Mutex<All>);

impl Connections {
    /// Forgets the connections of a device that is gone.
    pub(super) fn forget(&self, user: &UserId, device: &DeviceId) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.devices.remove(&(user.to_owned(), device.to_owned()));
    }

    /// What the client had been shown at `pos`; `None` if that is no longer known.
    pub(super) fn picture(&self, key: &ConnectionKey, pos: &Pos) -> Option<Arc<Picture>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let device = all.devices.get(&(key.user.clone(), key.device.clone()))?;
        let connection = device.connections.iter().find(|connection| connection.conn_id == key.conn_id)?;
        let kept = connection.kept.iter().find(|(number, _)| *number == pos.number)?;
        (connection.token == pos.token).then(|| Arc::clone(&kept.1))
    }

    /// Begins a connection anew under this token, with what its first answer shows.
    pub(super) fn begin(&self, key: &ConnectionKey, now: Duration, token: String, picture: Picture) -> Pos {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let device = all.touch(key, now);
        device.connections.retain(|connection| connection.conn_id != key.conn_id);
        if device.connections.len() >= SLIDING_CONNECTIONS_PER_DEVICE_MAX {
            device.connections.remove(0);
        }
        device.connections.push(Connection {
            conn_id: key.conn_id.clone(),
            token: token.clone(),
            newest: 0,
            kept: vec![(0, Arc::new(picture))],
        });
        Pos { token, number: 0 }
    }

    /// Keeps what the answer to a request at `base` shows; `None` if the connection was begun anew meanwhile.
    /// A client that comes with `base` has got it, so what is older is dropped.
    pub(super) fn advance(&self, key: &ConnectionKey, now: Duration, base: &Pos, picture: Picture) -> Option<Pos> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let device = all.touch(key, now);
        let at = device
            .connections
            .iter()
            .position(|connection| connection.conn_id == key.conn_id && connection.token == base.token)?;
        let mut connection = device.connections.remove(at);
        connection.newest += 1;
        connection.kept.retain(|(number, _)| *number >= base.number);
        if connection.kept.len() >= POSITIONS_MAX {
            connection.kept.remove(1);
        }
        connection.kept.push((connection.newest, Arc::new(picture)));
        let pos = Pos { token: connection.token.clone(), number: connection.newest };
        device.connections.push(connection);
        Some(pos)
    }
}

impl All {
    fn touch(&mut self, key: &ConnectionKey, now: Duration) -> &mut Device {
        if now.saturating_sub(self.swept) >= SWEEP {
            self.swept = now;
            self.devices.retain(|_, device| now.saturating_sub(device.used) < IDLE_MAX);
        }
        let id = (key.user.clone(), key.device.clone());
        if self.devices.len() >= DEVICES_MAX && !self.devices.contains_key(&id) {
            let oldest = self.devices.iter().min_by_key(|(_, device)| device.used).map(|(id, _)| id.clone());
            if let Some(oldest) = oldest {
                self.devices.remove(&oldest);
            }
        }
        let device = self.devices.entry(id).or_default();
        device.used = now;
        device
    }
}

#[cfg(test)]
mod tests {
    use ruma::{owned_device_id, owned_user_id};

    use super::*;

    const NOW: Duration = Duration::ZERO;

    fn key(conn_id: &str) -> ConnectionKey {
        let (user, device) = (owned_user_id!("@a:b"), owned_device_id!("DEV"));
        ConnectionKey { user, device, conn_id: conn_id.to_owned() }
    }

    #[test]
    fn a_lost_answer_can_be_asked_for_again_until_the_next_one_is_acknowledged() {
        let connections = Connections::default();
        let first = connections.begin(&key("x"), NOW, "t".to_owned(), Picture::default());
        let second = connections.advance(&key("x"), NOW, &first, Picture::default()).unwrap();
        let again = connections.advance(&key("x"), NOW, &first, Picture::default()).unwrap();
        assert_ne!(second, again);
        let third = connections.advance(&key("x"), NOW, &again, Picture::default()).unwrap();
        assert!(connections.picture(&key("x"), &first).is_none());
        assert!(connections.picture(&key("x"), &again).is_some());
        let reading = SyncToken { epoch: 1, order: 2, messages: None };
        assert_eq!(Pos::parse(&third.on_the_wire(reading)), Some(third.clone()));
        assert_eq!(SyncToken::of_reading(&third.on_the_wire(reading)), Ok(reading));
        assert_eq!(Pos::parse("t_1"), None);
        assert!(connections.picture(&key("y"), &third).is_none());
        let other = Pos { token: "u".to_owned(), ..third };
        assert!(connections.picture(&key("x"), &other).is_none());
    }

    #[test]
    fn a_further_connection_takes_the_place_of_the_least_recently_used() {
        let connections = Connections::default();
        let first = connections.begin(&key("0"), NOW, "t".to_owned(), Picture::default());
        let second = connections.begin(&key("1"), NOW, "t".to_owned(), Picture::default());
        let first = connections.advance(&key("0"), NOW, &first, Picture::default()).unwrap();
        for number in 2..=SLIDING_CONNECTIONS_PER_DEVICE_MAX {
            connections.begin(&key(&number.to_string()), NOW, "t".to_owned(), Picture::default());
        }
        assert!(connections.picture(&key("0"), &first).is_some());
        assert!(connections.picture(&key("1"), &second).is_none());
    }
    #[test]
    fn who_does_not_come_back_and_who_is_gone_is_forgotten() {
        let connections = Connections::default();
        let first = connections.begin(&key("x"), NOW, "t".to_owned(), Picture::default());
        let mut other = key("x");
        other.device = owned_device_id!("OTHER");
        connections.begin(&other, IDLE_MAX - SWEEP, "t".to_owned(), Picture::default());
        assert!(connections.picture(&key("x"), &first).is_some());
        let later = connections.begin(&other, IDLE_MAX, "t".to_owned(), Picture::default());
        assert!(connections.picture(&key("x"), &first).is_none());
        assert!(connections.picture(&other, &later).is_some());
        connections.forget(&other.user, &other.device);
        assert!(connections.picture(&other, &later).is_none());
    }
}
