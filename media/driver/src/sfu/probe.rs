//! Probes of our own: whether packets come to the sockets of calls at all is found out by sending one there.
//!
//! Strangers are answered nothing on these sockets. A probe is a check of ICE with a name and a password that were chosen for
//! it and are told to nobody else; it is answered while it lasts, with an answer signed by the same password, so that no other
//! server is taken for this one.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use veche_base::Secret;
use veche_turn::stun::{Algorithm, Class, Message, MessageWriter, Method, attribute};

/// How long a probe is answered.
const LIFETIME: Duration = Duration::from_secs(10);
/// Probes at a time; the oldest is forgotten for another.
const PROBES_MAX: usize = 16;

/// What a probe is known by.
#[derive(Clone)]
pub struct Probe {
    /// Its USERNAME, in which only the part before a colon counts. Nobody must be able to guess it.
    pub ufrag: String,
    /// What request and answer are signed with (the short-term credential of RFC 8489 §9.1).
    pub pwd: Secret<String>,
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Probe").finish_non_exhaustive()
    }
}

/// Those that are expected.
#[derive(Debug, Default)]
pub(crate) struct Probes {
    expected: Vec<(Probe, Duration)>,
}

impl Probes {
    /// Answers this one for a while from now on.
    pub(crate) fn expect(&mut self, now: Duration, probe: Probe) {
        self.forget_old(now);
        if self.expected.len() == PROBES_MAX {
            self.expected.remove(0);
        }
        self.expected.push((probe, now + LIFETIME));
    }

    /// The answer, if it is a probe that is expected.
    pub(crate) fn answer(&mut self, now: Duration, from: SocketAddr, packet: &[u8]) -> Option<Vec<u8>> {
        if self.expected.is_empty() {
            return None;
        }
        self.forget_old(now);
        let request = Message::parse(packet).ok()?;
        if (request.class(), request.method()) != (Class::Request, Method::BINDING) {
            return None;
        }
        let username = request.attribute(attribute::USERNAME)?.value;
        let ufrag = username.split(|byte| *byte == b':').next()?;
        let (probe, _) = self.expected.iter().find(|(probe, _)| probe.ufrag.as_bytes() == ufrag)?;
        let key = probe.pwd.expose().as_bytes();
        if !request.is_intact(&request.attribute(attribute::MESSAGE_INTEGRITY)?, key) {
            return None;
        }
        let answer = MessageWriter::answer(&request, Class::Success).xor_address(attribute::XOR_MAPPED_ADDRESS, from);
        Some(answer.integrity(Algorithm::Sha1, key).finish())
    }

    fn forget_old(&mut self, now: Duration) {
        self.expected.retain(|(_, until)| now < *until);
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::time::Duration;

    use veche_base::Secret;
    use veche_turn::stun::{Algorithm, Class, Message, MessageWriter, Method, attribute};

    use super::{LIFETIME, PROBES_MAX, Probe, Probes};

    fn probe(ufrag: &str) -> Probe {
        Probe { ufrag: ufrag.to_owned(), pwd: Secret::new(format!("password of {ufrag}")) }
    }

    fn request(ufrag: &str, pwd: &str) -> Vec<u8> {
        MessageWriter::new(Class::Request, Method::BINDING, [7; 12])
            .attribute(attribute::USERNAME, format!("{ufrag}:x").as_bytes())
            .integrity(Algorithm::Sha1, pwd.as_bytes())
            .finish()
    }

    fn from() -> SocketAddr {
        SocketAddr::from(([198, 51, 100, 7], 9))
    }

    #[test]
    fn a_probe_is_answered_while_it_lasts_and_with_its_own_password() {
        let mut probes = Probes::default();
        let good = request("anna", "password of anna");
        assert_eq!(probes.answer(Duration::ZERO, from(), &good), None, "it is not expected");
        probes.expect(Duration::ZERO, probe("anna"));
        for _ in 0..2 {
            let answer = probes.answer(Duration::ZERO, from(), &good).unwrap();
            let answer = Message::parse(&answer).unwrap();
            assert_eq!((answer.class(), answer.transaction_id()), (Class::Success, [7; 12]));
            let mapped = answer.attribute(attribute::XOR_MAPPED_ADDRESS).unwrap();
            assert_eq!(answer.xor_address(&mapped), Some(from()));
            let integrity = answer.attribute(attribute::MESSAGE_INTEGRITY).unwrap();
            assert!(answer.is_intact(&integrity, b"password of anna"));
        }
        assert_eq!(probes.answer(LIFETIME, from(), &good), None, "it is over");
    }

    #[test]
    fn strangers_are_answered_nothing() {
        let mut probes = Probes::default();
        probes.expect(Duration::ZERO, probe("anna"));
        let bare = MessageWriter::new(Class::Request, Method::BINDING, [7; 12]);
        let unsigned = MessageWriter::new(Class::Request, Method::BINDING, [7; 12])
            .attribute(attribute::USERNAME, b"anna:x")
            .finish();
        let mut response = request("anna", "password of anna");
        response[0] = 1;
        for packet in [
            bare.finish(),
            unsigned,
            request("anna", "guessed"),
            request("boris", "password of anna"),
            response,
            vec![],
        ] {
            assert_eq!(probes.answer(Duration::ZERO, from(), &packet), None, "{packet:?}");
        }
    }

    #[test]
    fn so_many_are_expected_and_no_more() {
        let mut probes = Probes::default();
        for at in 0..=PROBES_MAX {
            probes.expect(Duration::ZERO, probe(&format!("name{at}")));
        }
        let mut is_answered = |at: usize| {
            let request = request(&format!("name{at}"), &format!("password of name{at}"));
            probes.answer(Duration::ZERO, from(), &request).is_some()
        };
        assert!(!is_answered(0) && is_answered(1) && is_answered(PROBES_MAX));
    }
}
