//! Messages of data channels, from somebody in a room to the others.

use std::time::Duration;

use livekit_protocol::DataPacket;
use prost::Message as _;
use veche_media_driver::Grants;
use veche_media_driver::testing::{House, ScriptedEngine, Visitor, coming};
use veche_media_driver::{Arrival, Protocol};
use veche_sfu::engine::{ChannelId, Event};

use crate::calls::{Guest, ROOM, STEPS_MAX, assert_bounded, assert_empties, assert_unharmed, join, limits, steps};

const RELIABLE: ChannelId = ChannelId(1);
const LOSSY: ChannelId = ChannelId(2);

/// Steps: a message on one of the channels, another channel, or the end of one.
pub fn feed(input: &[u8]) {
    let Some((choice, rest)) = input.split_first() else { return };
    let mut house = House::new(ScriptedEngine::new(), limits());
    let others = ["anna", "boris"].map(|name| join(&mut house, name));
    let grants = Grants { can_publish_data: choice & 1 == 0, ..Grants::participant("stranger", ROOM) };
    let stranger = house.join(grants, Arrival { request: coming(), protocol: Protocol::One });
    for visitor in [&others[0].visitor, &others[1].visitor, &stranger] {
        open(&mut house, visitor);
    }
    for (what, how, bytes) in steps(rest).take(STEPS_MAX) {
        let channel = [RELIABLE, LOSSY, ChannelId(3), ChannelId(usize::MAX)][usize::from(how & 3)];
        let event = match what & 7 {
            0 => Event::ChannelOpen(channel, String::from_utf8_lossy(bytes).into_owned()),
            1 => Event::ChannelClosed(channel),
            _ => Event::Data { channel, text: how & 4 == 0, bytes: bytes.to_vec() },
        };
        house.tell(&stranger, false, event);
        for other in &others {
            let heard = received(&mut house, other);
            assert!(heard.len() <= 1 && (heard.is_empty() || choice & 1 == 0), "once, and of whom may");
            for (_, heard) in heard {
                assert_true(&heard, bytes, if other.is(&others[0]) { "anna" } else { "boris" });
            }
        }
        assert!(take(&mut house, &stranger).is_empty(), "nobody hears himself");
        assert_bounded(&house, &limits());
    }
    house.wait(Duration::from_secs(1));
    others.iter().for_each(|other| assert_unharmed(&mut house, other));
    assert_empties(&mut house, [&others[0].visitor, &others[1].visitor, &stranger]);
}

impl Guest {
    fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

fn open(house: &mut House<ScriptedEngine>, visitor: &Visitor) {
    house.tell(visitor, false, Event::Connected);
    house.tell(visitor, false, Event::ChannelOpen(RELIABLE, "_reliable".to_owned()));
    house.tell(visitor, false, Event::ChannelOpen(LOSSY, "_lossy".to_owned()));
}

fn received(house: &mut House<ScriptedEngine>, guest: &Guest) -> Vec<(ChannelId, Vec<u8>)> {
    take(house, &guest.visitor)
}

fn take(house: &mut House<ScriptedEngine>, visitor: &Visitor) -> Vec<(ChannelId, Vec<u8>)> {
    house.peer(visitor, false).map(|peer| std::mem::take(&mut peer.sent_data)).unwrap_or_default()
}

/// What arrives is what was sent, to whom it was meant for, with the sender's true name behind it: of what comes twice the last
/// counts.
fn assert_true(heard: &[u8], said: &[u8], by: &str) {
    let behind = heard.strip_prefix(said).expect("what was said is passed on as it was");
    let behind = DataPacket::decode(behind).expect("the name can be read by itself");
    let DataPacket { participant_identity, participant_sid, .. } = behind.clone();
    assert_eq!(participant_identity, "stranger", "nobody speaks for somebody else");
    assert!(participant_sid.starts_with("PA_"), "{participant_sid}");
    assert_eq!(behind, DataPacket { participant_identity, participant_sid, ..DataPacket::default() });
    let said = DataPacket::decode(said).expect("what cannot be read is not passed on");
    let heard = DataPacket::decode(heard).expect("what is passed on can be read");
    assert_eq!(heard.participant_identity, "stranger", "nobody speaks for somebody else");
    let destinations = &said.destination_identities;
    assert!(destinations.is_empty() || destinations.iter().any(|name| name == by), "{destinations:?} and not {by}");
}
