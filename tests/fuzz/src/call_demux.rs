//! The demultiplexer of the port for calls: whose datagram it is.

use std::collections::HashMap;
use std::net::SocketAddr;

use veche_media_driver::testing::Demultiplexer;
use veche_sfu::engine::{FiveTuple, Transport};
use veche_turn::stun::{Algorithm, Class, Message, MessageWriter, Method, attribute};

use crate::calls::steps;

const NAMES: [&str; 6] = ["anna", "boris", "clara", "", "a:b", "\u{44f}"];
/// Names and ways of one participant that are remembered; see `demux.rs` of the driver.
const NAMES_MAX: usize = 4;
const WAYS_MAX: usize = 64;
/// Ways that one participant may have in all his time.
const WAYS_EVER_MAX: usize = 512;

/// Who is there, as it should be.
#[derive(Default)]
struct Model {
    /// By name; the newest counts.
    names: HashMap<String, (u64, u64)>,
    /// In order.
    of_person: HashMap<(u64, u64), Vec<String>>,
    ways: HashMap<FiveTuple, (u64, u64)>,
    /// How many ways each has had.
    ways_ever: HashMap<(u64, u64), usize>,
}

/// Steps: somebody is expected, or has gone, or a datagram comes.
pub fn feed(input: &[u8]) {
    let (mut demux, mut model) = (Demultiplexer::default(), Model::default());
    for (what, how, bytes) in steps(input) {
        let (room, who) = (u64::from(how & 1), u64::from(how >> 1 & 3));
        match what & 7 {
            0 => {
                let name = NAMES[usize::from(what >> 3) % NAMES.len()];
                // The driver makes names that are never made again.
                if !model.names.contains_key(name) && !name.contains(':') {
                    demux.expect(name, name, room, who);
                    model.expect(name, (room, who));
                }
            }
            1 => {
                demux.forget(room, who);
                model.forget((room, who));
            }
            2 => {
                demux.forget_room(room);
                (0..4).for_each(|who| model.forget((room, who)));
            }
            3 | 4 => {
                let name = NAMES[usize::from(what >> 3) % NAMES.len()];
                let username = format!("{name}:{}", String::from_utf8_lossy(bytes));
                let request = MessageWriter::new(Class::Request, Method::BINDING, [how; 12])
                    .attribute(0x8022, &bytes[..bytes.len().min(8)])
                    .attribute(attribute::USERNAME, username.as_bytes());
                // Everybody's password is his name, and nobody else knows it.
                let is_signed = what & 7 == 3;
                let request = if is_signed { request.integrity(Algorithm::Sha1, name.as_bytes()) } else { request };
                find(&mut demux, &mut model, how, &request.finish());
            }
            5 => {
                let tuple = tuple(how);
                demux.forget_way(&tuple);
                model.ways.remove(&tuple);
            }
            _ => find(&mut demux, &mut model, how, bytes),
        }
        let (names, ways) = demux.occupancy();
        assert!(names <= model.of_person.len() * NAMES_MAX && ways <= model.of_person.len() * WAYS_MAX);
    }
    (0..2).for_each(|room| demux.forget_room(room));
    assert_eq!(demux.occupancy(), (0, 0), "nothing is left of those who have gone");
}

fn find(demux: &mut Demultiplexer, model: &mut Model, how: u8, bytes: &[u8]) {
    let tuple = tuple(how);
    let found = demux.find(&tuple, bytes);
    // Another reader of STUN, made for TURN. It is stricter, so what it does not read is left open.
    if let Ok(message) = Message::parse(bytes) {
        let is_request = message.class() == Class::Request && message.method() == Method::BINDING;
        let name = message.attribute(attribute::USERNAME).filter(|_| is_request);
        if let Some(Ok(name)) = name.map(|name| str::from_utf8(name.value)) {
            let ufrag = name.split(':').next().expect("the first part");
            let integrity = message.attribute(attribute::MESSAGE_INTEGRITY);
            let is_signed = integrity.is_some_and(|integrity| message.is_intact(&integrity, ufrag.as_bytes()));
            let may_come = |person: &(u64, u64)| {
                let ever = model.ways_ever.get(person).copied().unwrap_or(0);
                model.ways.get(&tuple) == Some(person) || is_signed && ever < WAYS_EVER_MAX
            };
            let expected = model.names.get(ufrag).copied().filter(may_come);
            assert_eq!(found, expected, "a request with the name {name:?}");
        }
    } else if let Some(person) = found {
        assert_eq!(model.ways.get(&tuple), Some(&person), "what is not signed is found by its way");
    } else if !bytes.starts_with(&[0, 1]) {
        assert_eq!(model.ways.get(&tuple), None, "what is no request is found by its way");
    }
    if let Some(person) = found {
        assert!(model.of_person.contains_key(&person), "somebody who is not there was found");
        if model.ways.insert(tuple, person) != Some(person) {
            *model.ways_ever.entry(person).or_default() += 1;
        }
    }
}

fn tuple(how: u8) -> FiveTuple {
    let local = SocketAddr::from(([192, 0, 2, 1], 7_882));
    let remote = SocketAddr::from(([198, 51, 100, 7], 1 + u16::from(how >> 4)));
    FiveTuple { transport: Transport::Udp, local, remote }
}

impl Model {
    fn expect(&mut self, name: &str, person: (u64, u64)) {
        let names = self.of_person.entry(person).or_default();
        if names.len() == NAMES_MAX {
            self.names.remove(&names.remove(0));
        }
        names.push(name.to_owned());
        self.names.insert(name.to_owned(), person);
    }

    fn forget(&mut self, person: (u64, u64)) {
        for name in self.of_person.remove(&person).unwrap_or_default() {
            self.names.remove(&name);
        }
        self.ways.retain(|_, of| *of != person);
        self.ways_ever.remove(&person);
    }
}
