//! LiveKit's messages of somebody in a room with others, and its API for servers: what is asked of that room from outside.

use std::time::Duration;

use livekit_protocol::signal_response::Message;
use veche_media_driver::testing::{House, ScriptedEngine, Visitor, coming};
use veche_media_driver::{Arrival, BodyFormat, Concern, Grants, Protocol, ServiceRequest};
use veche_sfu::engine::Event;

use crate::calls::{
    ROOM, STEPS_MAX, assert_bounded, assert_empties, assert_unharmed, hear_at, join, join_with_two, limits, steps,
};

const METHODS: [&str; 9] = [
    "ListRooms",
    "ListParticipants",
    "GetParticipant",
    "RemoveParticipant",
    "MutePublishedTrack",
    "UpdateParticipant",
    "SendData",
    "DeleteRoom",
    "CreateRoom",
];

/// Nobody in the room has a connection of media, so all would be sent away after a minute.
const PATIENCE: Duration = Duration::from_secs(55);

/// The first byte says who the stranger is and what he may. Then come steps: a message of his, time, another connection of
/// signaling, a request from outside, or news of his connection of media.
pub fn feed(input: &[u8]) {
    let Some((choice, rest)) = input.split_first() else { return };
    let mut house = House::new(ScriptedEngine::new(), limits());
    let (anna, boris) = (join(&mut house, "anna"), join_with_two(&mut house, "boris"));
    let arrival = Arrival {
        request: if choice & 1 == 0 { coming() } else { Default::default() },
        protocol: if choice & 2 == 0 { Protocol::One } else { Protocol::Two },
    };
    let grants = Grants {
        can_publish: choice & 4 == 0,
        can_update_own_metadata: choice & 8 == 0,
        hidden: choice & 16 != 0,
        can_subscribe: choice & 32 == 0,
        ..Grants::participant("stranger", ROOM)
    };
    let mut visitors = vec![house.join(grants.clone(), arrival.clone())];
    let sid = hear_sid(&visitors[0]).unwrap_or_default();
    // Others are asked for what only an administrator may, so they may be sent away.
    let mut is_served = false;
    let mut time_left = PATIENCE;
    for (what, how, bytes) in steps(rest).take(STEPS_MAX) {
        let stranger = visitors.last().expect("there is always one");
        match what % 8 {
            0..=2 => house.say(stranger, bytes),
            3 => say_often(&mut house, stranger, how, bytes),
            4 => {
                let time = time_left.min(Duration::from_millis(100 * u64::from(how)));
                time_left -= time;
                house.wait(time);
            }
            5 => {
                let mut again = arrival.clone();
                again.request.reconnect = how & 1 == 0;
                again.request.participant_sid.clone_from(&sid);
                visitors.push(house.join(grants.clone(), again));
            }
            6 => is_served |= serve(&mut house, how, bytes),
            _ => tell(&mut house, stranger, how),
        }
        assert_bounded(&house, &limits());
        if !is_served {
            [&anna, &boris].into_iter().for_each(|other| assert_unharmed(&mut house, other));
        }
    }
    for visitor in &visitors {
        hear_at(visitor);
    }
    assert_empties(&mut house, visitors.iter().chain([&anna.visitor, &boris.visitor]));
}

fn hear_sid(visitor: &Visitor) -> Option<String> {
    let (heard, _) = hear_at(visitor);
    heard.iter().find_map(|message| match message {
        Message::Join(join) => Some(join.participant.as_ref()?.sid.clone()),
        _ => None,
    })
}

/// The same many times over.
fn say_often(house: &mut House<ScriptedEngine>, stranger: &Visitor, how: u8, bytes: &[u8]) {
    for _ in 0..=how {
        house.say(stranger, bytes);
    }
}

fn tell(house: &mut House<ScriptedEngine>, stranger: &Visitor, how: u8) {
    let event = match how >> 1 & 3 {
        0 => Event::Connected,
        1 => Event::Unreachable,
        2 => Event::Reachable,
        _ => Event::Closed,
    };
    house.tell(stranger, how & 1 == 0, event);
}

/// Something is asked from outside; whether others may be sent away by it.
fn serve(house: &mut House<ScriptedEngine>, how: u8, bytes: &[u8]) -> bool {
    let format = if how & 0x80 == 0 { BodyFormat::Protobuf } else { BodyFormat::Json };
    let method = METHODS[usize::from(how & 0x7F) % METHODS.len()];
    let Ok(request) = ServiceRequest::read(method, format, bytes) else { return false };
    let is_changed = match request.concern() {
        Concern::Rooms => false,
        Concern::Room { room, is_ended } => is_ended && room == ROOM,
        Concern::Participant { identity, is_changed, .. } => is_changed && identity != "stranger",
    };
    let request = request.showing(ROOM).with_publishing(how & 0x40 == 0);
    if let (Ok(body), BodyFormat::Json) = (house.serve(&request), format) {
        serde_json::from_slice::<serde_json::Value>(&body).expect("the answer is JSON");
    }
    is_changed
}
