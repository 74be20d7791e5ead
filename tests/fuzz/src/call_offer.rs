//! Descriptions: offers of a client, and its answers to ours, through the whole negotiation with the engine that ships.

use std::sync::LazyLock;
use std::time::Duration;

use livekit_protocol::signal_request::Message as Request;
use livekit_protocol::signal_response::Message;
use livekit_protocol::{ClientInfo, JoinRequest, SessionDescription, TrackSource, TrackType};
use veche_media_driver::testing::{CHROMIUM_OFFER, House, Visitor, lines_of, publishing_offer, receiving_offer};
use veche_media_driver::{Arrival, Grants, Protocol};
use veche_sfu::engine::str0m::Str0mEngine;
use veche_sfu::testing::any_start;

use crate::calls::{
    ROOM, STEPS_MAX, assert_bounded, assert_empties, assert_unharmed, hear_at, join, join_with_two, limits, offer,
    steps, track,
};

/// What descriptions are made of.
static TEMPLATES: LazyLock<[String; 4]> = LazyLock::new(|| {
    let sending = publishing_offer("voice", "picture");
    let receiving = receiving_offer(3, 3);
    let (_, own) = sending.split_once("m=audio").expect("a line for sound");
    let own = format!("m=audio{own}").replace("a=mid:1\r\n", "a=mid:own1\r\n").replace("a=mid:2\r\n", "a=mid:own2\r\n");
    [CHROMIUM_OFFER.to_owned(), format!("{receiving}{own}"), receiving, sending]
});

/// A client whose descriptions the input spells.
struct Stranger {
    visitor: Visitor,
    offers: u32,
    /// The last description that it sent, and the last of ours.
    said: String,
    offered: SessionDescription,
}

/// The first byte says who comes: over which protocol, and whether with Firefox. Then come steps, each a description: the
/// bytes themselves, or an edit of one that a browser made, of the last that was said, or of what we offer ourselves.
pub fn feed(input: &[u8]) {
    let Some((choice, rest)) = input.split_first() else { return };
    let mut house = House::new(Str0mEngine::new(any_start()).expect("an engine"), limits());
    let (anna, boris) = (join(&mut house, "anna"), join_with_two(&mut house, "boris"));
    let browser = if choice & 2 == 0 { "Chrome" } else { "firefox" };
    let client_info = Some(ClientInfo { browser: browser.to_owned(), ..ClientInfo::default() });
    let request = JoinRequest { client_info, ..JoinRequest::default() };
    let protocol = if choice & 1 == 0 { Protocol::One } else { Protocol::Two };
    let visitor = house.join(Grants::participant("stranger", ROOM), Arrival { request, protocol });
    let mut stranger =
        Stranger { visitor, offers: 0, said: TEMPLATES[0].clone(), offered: SessionDescription::default() };
    stranger.tell(&mut house, Request::AddTrack(track("voice", TrackType::Audio, TrackSource::Microphone)));
    stranger.tell(&mut house, Request::AddTrack(track("picture", TrackType::Video, TrackSource::Camera)));
    hear_offers(&mut stranger);
    let mut is_there = true;
    for (what, how, bytes) in steps(rest).take(STEPS_MAX) {
        let Ok(text) = str::from_utf8(bytes) else { continue };
        is_there = if what & 1 == 0 {
            stranger.offer(&mut house, what >> 1, how, text)
        } else {
            stranger.answer(&mut house, what >> 1, how, text)
        };
        assert_bounded(&house, &limits());
        assert_unharmed(&mut house, &anna);
        if !is_there {
            break;
        }
    }
    if is_there {
        house.wait(Duration::from_secs(2));
    }
    assert_unharmed(&mut house, &anna);
    assert_unharmed(&mut house, &boris);
    assert_empties(&mut house, [&anna.visitor, &boris.visitor, &stranger.visitor]);
}

fn hear_offers(stranger: &mut Stranger) -> (Vec<Message>, bool) {
    let (heard, lives) = hear_at(&stranger.visitor);
    for message in &heard {
        if let Message::Offer(offer) = message {
            assert!(lines_of(&offer.sdp).is_some(), "what we offer can be read: {}", offer.sdp);
            assert_well_formed(&offer.sdp);
            stranger.offered = offer.clone();
        }
    }
    (heard, lives)
}

impl Stranger {
    fn tell(&self, house: &mut House<Str0mEngine>, request: Request) {
        use prost::Message as _;
        house.say(&self.visitor, &livekit_protocol::SignalRequest { message: Some(request) }.encode_to_vec());
    }

    /// Offers; whether it is still in the room. Each offer is answered by its number, or is the end.
    fn offer(&mut self, house: &mut House<Str0mEngine>, what: u8, how: u8, text: &str) -> bool {
        let base = match what & 7 {
            0..=3 => TEMPLATES[usize::from(what & 3)].as_str(),
            4 | 5 => self.said.as_str(),
            _ => "",
        };
        let sdp = edited(base, how, text);
        self.offers += 1;
        self.tell(house, Request::Offer(offer(sdp.clone(), self.offers)));
        let (heard, lives) = hear_offers(self);
        let answers: Vec<&SessionDescription> = heard
            .iter()
            .filter_map(|message| match message {
                Message::Answer(answer) => Some(answer),
                _ => None,
            })
            .collect();
        let is_sent_away = heard.iter().any(|message| matches!(message, Message::Leave(_)));
        assert_eq!(is_sent_away, !lives, "whoever is sent away knows it: {heard:?}");
        match answers.as_slice() {
            [] => assert!(is_sent_away, "an offer was not answered"),
            [answer] => {
                assert!(lives && answer.id == self.offers, "{answer:?}");
                let answered = answer.sdp.lines().filter(|line| line.starts_with("m=")).count();
                assert_eq!(Some(answered), lines_of(&sdp), "each line has its answer: {}", answer.sdp);
                assert_well_formed(&answer.sdp);
            }
            _ => panic!("an offer was answered more than once"),
        }
        self.said = sdp;
        lives
    }

    /// Answers our last offer, by what we offered or by something else; whether it is still in the room.
    fn answer(&mut self, house: &mut House<Str0mEngine>, what: u8, how: u8, text: &str) -> bool {
        let base = match what & 3 {
            0 | 1 => self.offered.sdp.replace("a=sendonly\r\n", "a=recvonly\r\n").replace("actpass", "active"),
            2 => TEMPLATES[0].clone(),
            _ => String::new(),
        };
        let id = if what & 4 == 0 { self.offered.id } else { u32::from(how) };
        let answer =
            SessionDescription { r#type: "answer".to_owned(), sdp: edited(&base, how, text), id, ..Default::default() };
        self.tell(house, Request::Answer(answer));
        let (heard, lives) = hear_offers(self);
        let is_sent_away = heard.iter().any(|message| matches!(message, Message::Leave(_)));
        assert_eq!(is_sent_away, !lives, "whoever is sent away knows it: {heard:?}");
        lives
    }
}

/// Each line is one: nothing that a client has written begins another.
fn assert_well_formed(sdp: &str) {
    assert!(sdp.ends_with("\r\n"), "the last line ends");
    for line in sdp.split_terminator("\r\n") {
        let is_line = line.as_bytes().get(1) == Some(&b'=') && !line.contains(['\r', '\n']);
        assert!(is_line, "{line:?} is no line");
    }
}

/// The base with one line replaced by the text, which may be several; 255 puts it behind, 254 leaves the base as it is.
fn edited(base: &str, line: u8, text: &str) -> String {
    if line == 254 {
        return base.to_owned();
    }
    let lines: Vec<&str> = base.split_inclusive('\n').collect();
    let text = text.replace('\n', "\r\n") + "\r\n";
    if line == 255 || lines.is_empty() {
        return format!("{base}{text}");
    }
    let place = usize::from(line) % lines.len();
    [&lines[..place].concat(), &text, &lines[place + 1..].concat()].map(String::as_str).concat()
}
