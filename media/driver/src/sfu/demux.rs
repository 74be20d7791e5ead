//! Whose datagram it is, on one port for everybody: by the ufrag in a STUN request (RFC 8445 §7.2.2), and then by the addresses
//! that it came from and to.
//!
//! Invariant: an address becomes somebody's by a request that is signed with his password and by nothing else, so that nobody
//! takes another's way with a forged one.

use std::collections::HashMap;
use std::net::SocketAddr;

use veche_base::Secret;
use veche_sfu::ParticipantId;
use veche_sfu::engine::{FiveTuple, IceCredentials};
use veche_turn::stun::{Message, attribute};

use super::RoomId;

/// Ways of one participant that are remembered: each of his addresses with each of ours, several times over.
const WAYS_PER_PARTICIPANT_MAX: usize = 64;
/// Ways that one participant may come by in all his time. The engine remembers each; a client with more of them than a long
/// journey takes is to join anew, as he does by himself when none of his ways works.
const WAYS_EVER_MAX: usize = 512;
/// Names of one participant: one more with each restart of ICE. Requests for those of before may still be on the way.
const NAMES_PER_PARTICIPANT_MAX: usize = 4;

const STUN_HEADER_BYTES: usize = 20;
const BINDING_REQUEST: [u8; 2] = [0, 1];
const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];
const USERNAME: u16 = 6;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Demux {
    by_name: HashMap<String, (Place, Secret<String>)>,
    by_tuple: HashMap<FiveTuple, Place>,
    known: HashMap<Place, Known>,
}

/// A participant of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) room: RoomId,
    pub(crate) participant: ParticipantId,
}

#[derive(Debug, Default)]
struct Known {
    names: Vec<String>,
    tuples: Vec<FiveTuple>,
    /// How many there have been.
    tuples_ever: usize,
}

impl Demux {
    /// Requests with this ufrag of ours are for this participant, if they are signed with its password.
    pub(crate) fn expect(&mut self, ours: &IceCredentials, room: RoomId, participant: ParticipantId) {
        let place = Place { room, participant };
        let known = self.known.entry(place).or_default();
        if known.names.len() == NAMES_PER_PARTICIPANT_MAX {
            self.by_name.remove(&known.names.remove(0));
        }
        known.names.push(ours.ufrag.clone());
        self.by_name.insert(ours.ufrag.clone(), (place, ours.pwd.clone()));
    }

    /// He has gone.
    pub(crate) fn forget(&mut self, room: RoomId, participant: ParticipantId) {
        let place = Place { room, participant };
        let Some(known) = self.known.remove(&place) else { return };
        for name in &known.names {
            self.by_name.remove(name);
        }
        for tuple in &known.tuples {
            self.by_tuple.remove(tuple);
        }
    }

    /// Everybody in this room has gone.
    pub(crate) fn forget_room(&mut self, room: RoomId) {
        let gone: Vec<ParticipantId> =
            self.known.keys().filter(|place| place.room == room).map(|place| place.participant).collect();
        gone.into_iter().for_each(|participant| self.forget(room, participant));
    }

    /// Whether somebody comes from there.
    pub(crate) fn knows(&self, remote: SocketAddr) -> bool {
        self.by_tuple.keys().any(|tuple| tuple.remote == remote)
    }

    /// Whether somebody comes this way.
    pub(crate) fn is_way(&self, tuple: &FiveTuple) -> bool {
        self.by_tuple.contains_key(tuple)
    }

    /// Nobody comes this way any longer.
    pub(crate) fn forget_way(&mut self, tuple: &FiveTuple) {
        let whose = self.by_tuple.remove(tuple);
        if let Some(known) = whose.and_then(|place| self.known.get_mut(&place)) {
            known.tuples.retain(|way| way != tuple);
        }
    }

    /// How many names and ways are known.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn occupancy(&self) -> (usize, usize) {
        (self.by_name.len(), self.by_tuple.len())
    }

    /// Whose it is; nobody's, if it is a stranger's. A request with a name counts more than where it comes from, because
    /// the next client behind the same NAT may get the same port; but only one that is signed gives its sender the way.
    pub(crate) fn find(&mut self, tuple: &FiveTuple, bytes: &[u8]) -> Option<Place> {
        let Some(ufrag) = requested_ufrag(bytes) else { return self.by_tuple.get(tuple).copied() };
        let (place, pwd) = self.by_name.get(ufrag)?;
        let place = *place;
        if self.by_tuple.get(tuple) != Some(&place) {
            let known = self.known.get_mut(&place)?;
            if known.tuples_ever == WAYS_EVER_MAX || !is_signed(bytes, pwd) {
                return None;
            }
            known.tuples_ever += 1;
            if known.tuples.len() == WAYS_PER_PARTICIPANT_MAX {
                self.by_tuple.remove(&known.tuples.remove(0));
            }
            known.tuples.push(*tuple);
            let before = self.by_tuple.insert(*tuple, place);
            // It is nobody else's any longer, so that it is not taken away when he is forgotten.
            if let Some(known) = before.and_then(|before| self.known.get_mut(&before)) {
                known.tuples.retain(|of_before| of_before != tuple);
            }
        }
        Some(place)
    }
}

/// Whether a request is signed with this password (RFC 8445 §7.1.2).
fn is_signed(bytes: &[u8], pwd: &Secret<String>) -> bool {
    let Ok(request) = Message::parse(bytes) else { return false };
    let integrity = request.attribute(attribute::MESSAGE_INTEGRITY);
    integrity.is_some_and(|integrity| request.is_intact(&integrity, pwd.expose().as_bytes()))
}

/// Our ufrag in a binding request, which is what stands before the colon in its USERNAME.
fn requested_ufrag(bytes: &[u8]) -> Option<&str> {
    let is_request = bytes.get(..2)? == BINDING_REQUEST && bytes.get(4..8)? == MAGIC_COOKIE;
    let mut rest = bytes.get(STUN_HEADER_BYTES..).filter(|_| is_request)?;
    loop {
        let kind = u16::from_be_bytes([*rest.first()?, *rest.get(1)?]);
        let length = usize::from(u16::from_be_bytes([*rest.get(2)?, *rest.get(3)?]));
        let value = rest.get(4..4 + length)?;
        if kind == USERNAME {
            return str::from_utf8(value).ok()?.split(':').next();
        }
        rest = rest.get(4 + length.next_multiple_of(4)..)?;
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use veche_base::Secret;
    use veche_sfu::ParticipantId;
    use veche_sfu::engine::{FiveTuple, IceCredentials, Transport};
    use veche_turn::stun::{Algorithm, Class, MessageWriter, Method, attribute};

    use super::{Demux, NAMES_PER_PARTICIPANT_MAX, Place, WAYS_EVER_MAX, WAYS_PER_PARTICIPANT_MAX, requested_ufrag};
    use crate::sfu::RoomId;

    const ROOM: RoomId = RoomId(1);

    /// A request whose signer knows this password.
    fn signed(username: &str, pwd: &str) -> Vec<u8> {
        // SOFTWARE first, so that it has to be skipped, with its padding.
        MessageWriter::new(Class::Request, Method::BINDING, [7; 12])
            .attribute(0x8022, b"me!")
            .attribute(attribute::USERNAME, username.as_bytes())
            .integrity(Algorithm::Sha1, pwd.as_bytes())
            .fingerprint()
            .finish()
    }

    /// A request of somebody whose password is his name.
    fn request(username: &str) -> Vec<u8> {
        signed(username, username.split(':').next().unwrap())
    }

    fn names(name: &str) -> IceCredentials {
        IceCredentials { ufrag: name.to_owned(), pwd: Secret::new(name.to_owned()) }
    }

    fn from(port: u16) -> FiveTuple {
        let local = SocketAddr::from(([192, 0, 2, 1], 7_882));
        FiveTuple { transport: Transport::Udp, local, remote: SocketAddr::from(([198, 51, 100, 7], port)) }
    }

    fn place(participant: u64) -> Option<Place> {
        Some(Place { room: ROOM, participant: ParticipantId(participant) })
    }

    #[test]
    fn a_request_is_found_by_its_name_and_what_follows_by_its_way() {
        let mut demux = Demux::default();
        demux.expect(&names("anna"), ROOM, ParticipantId(1));
        demux.expect(&names("boris"), ROOM, ParticipantId(2));
        assert_eq!(demux.find(&from(1), &[0x80; 20]), None);
        assert_eq!(demux.find(&from(1), &request("anna:x")), place(1));
        assert_eq!(demux.find(&from(1), &[0x80; 20]), place(1));
        assert_eq!(demux.find(&from(2), &[0x80; 20]), None);
        // The NAT has given the port to somebody else.
        assert_eq!(demux.find(&from(1), &request("boris:y")), place(2));
        assert_eq!(demux.find(&from(1), &[0x80; 20]), place(2));
        demux.forget(ROOM, ParticipantId(1));
        assert_eq!(demux.find(&from(1), &[0x80; 20]), place(2));
        assert_eq!(demux.find(&from(1), &request("anna:x")), None);
        demux.forget(ROOM, ParticipantId(2));
        assert!(demux.by_name.is_empty() && demux.by_tuple.is_empty() && demux.known.is_empty());
    }

    #[test]
    fn one_participant_takes_little_room_whatever_he_does() {
        let mut demux = Demux::default();
        for at in 0..100 {
            demux.expect(&names(&format!("name{at}")), ROOM, ParticipantId(1));
        }
        assert_eq!(demux.by_name.len(), NAMES_PER_PARTICIPANT_MAX);
        let ever = u16::try_from(WAYS_EVER_MAX).unwrap();
        for port in 0..ever {
            assert_eq!(demux.find(&from(port), &request("name99:x")), place(1));
        }
        assert_eq!(demux.by_tuple.len(), WAYS_PER_PARTICIPANT_MAX);
        assert_eq!(demux.find(&from(ever), &request("name99:x")), None, "he has had enough ways");
        assert_eq!(demux.find(&from(ever - 1), &[0x80; 20]), place(1), "those that he has remain");
    }

    #[test]
    fn a_way_moves_to_whom_has_signed_for_it_and_to_nobody_else() {
        let mut demux = Demux::default();
        demux.expect(&names("anna"), ROOM, ParticipantId(1));
        demux.expect(&names("boris"), ROOM, ParticipantId(2));
        let bare =
            MessageWriter::new(Class::Request, Method::BINDING, [7; 12]).attribute(attribute::USERNAME, b"boris:y");
        let forged =
            [bare.finish(), signed("boris:y", "anna"), signed("boris:y", ""), request("boris:y")[..60].to_vec()];
        demux.find(&from(1), &request("anna:x"));
        for request in &forged {
            assert_eq!(demux.find(&from(1), request), None);
            assert_eq!(demux.find(&from(1), &[0x80; 20]), place(1), "it is Anna's still");
            assert_eq!(demux.find(&from(2), request), None);
            assert_eq!(demux.find(&from(2), &[0x80; 20]), None, "it is nobody's still");
        }
        assert_eq!(demux.find(&from(1), &request("boris:y")), place(2));
    }

    #[test]
    fn a_way_that_has_ended_is_nobodys() {
        let mut demux = Demux::default();
        demux.expect(&names("anna"), ROOM, ParticipantId(1));
        demux.find(&from(1), &request("anna:x"));
        assert!(demux.is_way(&from(1)) && !demux.is_way(&from(2)));
        demux.forget_way(&from(1));
        demux.forget_way(&from(2));
        assert!(!demux.is_way(&from(1)) && demux.known[&place(1).unwrap()].tuples.is_empty());
        assert_eq!(demux.find(&from(1), &[0x80; 20]), None);
        assert_eq!(demux.find(&from(1), &request("anna:x")), place(1));
    }

    #[test]
    fn a_way_that_goes_to_and_fro_is_not_taken_from_whom_it_belongs_to() {
        let mut demux = Demux::default();
        demux.expect(&names("anna"), ROOM, ParticipantId(1));
        demux.expect(&names("boris"), ROOM, ParticipantId(2));
        for _ in 0..2 * WAYS_PER_PARTICIPANT_MAX {
            demux.find(&from(1), &request("anna:x"));
            demux.find(&from(1), &request("boris:y"));
        }
        for port in 2..WAYS_PER_PARTICIPANT_MAX {
            demux.find(&from(u16::try_from(port).unwrap()), &request("anna:x"));
        }
        assert_eq!(demux.find(&from(1), &[0x80; 20]), place(2));
        assert_eq!(demux.known[&place(1).unwrap()].tuples.len(), WAYS_PER_PARTICIPANT_MAX - 2);
    }

    #[test]
    fn what_is_no_request_with_a_name_has_none() {
        assert_eq!(requested_ufrag(&request("anna:x")), Some("anna"));
        let whole = request("anna:x");
        let named_bytes = whole.windows(6).position(|part| part == b"anna:x").unwrap() + 6;
        for length in 0..named_bytes {
            assert_eq!(requested_ufrag(&whole[..length]), None, "{length}");
        }
        let response: Vec<u8> = [1, 1].iter().chain(&whole[2..]).copied().collect();
        assert_eq!(requested_ufrag(&response), None);
    }
}
