//! What we answer to an offer, or offer ourselves, as text. Lines of an answer come in the offer's order, each accepted as far
//! as it can be.

use std::fmt::Write;

use veche_sfu::engine::{
    Codec, Fingerprint, HeaderExtension, IceCredentials, LocalAddress, Rid, SendStream, Transport,
};

use super::codecs::{Taken, answered_feedback, answered_fmtp};
use super::sdp::{LineKind, OfferedCodec, OfferedLine};

/// The longest message of a data channel that we take, as browsers say it.
pub(crate) const DATA_BYTES_MAX: usize = 262_144;
/// The priority of a host candidate (RFC 8445 §5.1.2.2); later ones are a little less preferred.
const CANDIDATE_PRIORITY: usize = 2_130_706_431;
/// The priority of a passive host candidate over TCP: below those over UDP, with the type preference that libwebrtc gives its
/// own, and the direction preference 4 (RFC 6544 §4.2).
const TCP_CANDIDATE_PRIORITY: usize = (90 << 24) | ((4 << 13 | 0x1FFF) << 8) | 255;

/// What is the same for all lines.
pub(crate) struct Head<'a> {
    /// The number of the session, any, and of its description, which grows.
    pub(crate) session: (u64, u32),
    /// Whether we only answer checks.
    pub(crate) is_lite: bool,
    /// Our name and password.
    pub(crate) ice: &'a IceCredentials,
    /// The hash of our certificate.
    pub(crate) fingerprint: &'a Fingerprint,
    /// Who speaks first in DTLS.
    pub(crate) setup: Setup,
    /// Where we are reached.
    pub(crate) candidates: &'a [LocalAddress],
}

/// Our part in DTLS (`a=setup`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setup {
    /// We speak first.
    Active,
    /// The client does.
    Passive,
    /// Whoever answers decides: what an offer says.
    Either,
}

/// What becomes of a line.
pub(crate) enum Answered<'a> {
    /// It is not used.
    Rejected,
    /// It carries data channels.
    Data,
    /// It stays, and nothing is sent on it.
    Inactive(Agreed<'a>),
    /// The client sends.
    Receives(Agreed<'a>),
    /// We send.
    Sends(Agreed<'a>, SentTrack<'a>),
}

/// What was agreed on for a line.
pub(crate) struct Agreed<'a> {
    /// Codecs, in the order in which they are preferred.
    pub(crate) codecs: &'a [Taken<'a>],
    /// Header extensions of the connection.
    pub(crate) extensions: &'a [(u8, HeaderExtension)],
    /// Layers that the client may send.
    pub(crate) layers: &'a [Rid],
}

/// A track that we send.
pub(crate) struct SentTrack<'a> {
    /// `a=msid`: what belongs together, and the track.
    pub(crate) msid: (&'a str, &'a str),
    /// Its stream.
    pub(crate) stream: SendStream,
}

/// The whole description.
pub(crate) fn write(head: &Head<'_>, lines: &[(&OfferedLine, Answered<'_>)]) -> String {
    let mut text = String::with_capacity(1_024 * (lines.len() + 1));
    let bundle = lines.iter().filter(|(_, answered)| !matches!(answered, Answered::Rejected));
    let bundle: String = bundle.map(|(line, _)| format!(" {}", line.mid)).collect();
    let (session, version) = head.session;
    let _ =
        write!(text, "v=0\r\no=- {session} {version} IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE{bundle}\r\n");
    text.push_str("a=extmap-allow-mixed\r\na=msid-semantic: WMS *\r\n");
    if head.is_lite {
        text.push_str("a=ice-lite\r\n");
    }
    for (line, answered) in lines {
        write_line(&mut text, head, line, answered);
    }
    text
}

fn write_line(text: &mut String, head: &Head<'_>, line: &OfferedLine, answered: &Answered<'_>) {
    match answered {
        Answered::Rejected => {
            let (media, proto, formats) = (&line.media, &line.proto, &line.formats);
            let _ = write!(
                text,
                "m={media} 0 {proto} {formats}\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\na=mid:{}\r\n",
                line.mid
            );
        }
        Answered::Data => {
            text.push_str("m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n");
            write_transport(text, head, line);
            let _ = write!(text, "a=sctp-port:5000\r\na=max-message-size:{DATA_BYTES_MAX}\r\n");
        }
        Answered::Inactive(agreed) => write_media(text, head, line, agreed, "inactive"),
        Answered::Receives(agreed) => {
            write_media(text, head, line, agreed, "recvonly");
            if !agreed.layers.is_empty() {
                for rid in agreed.layers {
                    let _ = write!(text, "a=rid:{rid} recv\r\n");
                }
                let names: Vec<&str> = agreed.layers.iter().map(Rid::as_str).collect();
                let _ = write!(text, "a=simulcast:recv {}\r\n", names.join(";"));
            }
        }
        Answered::Sends(agreed, track) => {
            write_media(text, head, line, agreed, "sendonly");
            write_track(text, track);
        }
    }
}

fn write_transport(text: &mut String, head: &Head<'_>, line: &OfferedLine) {
    text.push_str("c=IN IP4 0.0.0.0\r\n");
    let (ice, fingerprint) = (head.ice, head.fingerprint);
    let _ = write!(text, "a=ice-ufrag:{}\r\na=ice-pwd:{}\r\n", ice.ufrag, ice.pwd.expose());
    let hash: Vec<String> = fingerprint.bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    let _ = write!(text, "a=fingerprint:{} {}\r\n", fingerprint.algorithm, hash.join(":"));
    let setup = match head.setup {
        Setup::Active => "active",
        Setup::Passive => "passive",
        Setup::Either => "actpass",
    };
    let _ = write!(text, "a=setup:{setup}\r\na=mid:{}\r\n", line.mid);
    for (at, LocalAddress { transport, address }) in head.candidates.iter().enumerate() {
        let (name, best, kind) = match transport {
            Transport::Udp => ("udp", CANDIDATE_PRIORITY, ""),
            Transport::Tcp => ("tcp", TCP_CANDIDATE_PRIORITY, " tcptype passive"),
        };
        let (number, priority, ip, port) = (at + 1, best.saturating_sub(at << 8), address.ip(), address.port());
        let _ = write!(text, "a=candidate:{number} 1 {name} {priority} {ip} {port} typ host{kind} generation 0\r\n");
    }
    text.push_str("a=end-of-candidates\r\n");
}

fn write_media(text: &mut String, head: &Head<'_>, line: &OfferedLine, agreed: &Agreed<'_>, way: &str) {
    let numbers: Vec<String> = agreed
        .codecs
        .iter()
        .flat_map(|(codec, _)| [Some(codec.payload_type), codec.retransmission])
        .flatten()
        .map(|number| number.to_string())
        .collect();
    let _ = write!(text, "m={} 9 UDP/TLS/RTP/SAVPF {}\r\n", line.media, numbers.join(" "));
    write_transport(text, head, line);
    let is_agreed = |it: &&(u8, HeaderExtension)| agreed.extensions.contains(it);
    for (id, extension) in line.extensions.iter().filter(is_agreed) {
        let _ = write!(text, "a=extmap:{id} {}\r\n", extension.uri());
    }
    let _ = write!(text, "a={way}\r\na=rtcp-mux\r\na=rtcp-rsize\r\n");
    for (codec, offered) in agreed.codecs {
        write_codec(text, *codec, offered);
    }
}

fn write_codec(text: &mut String, codec: Codec, offered: &OfferedCodec) {
    let number = codec.payload_type;
    let _ = write!(text, "a=rtpmap:{number} {}\r\n", offered.rtpmap);
    for word in answered_feedback(offered) {
        let _ = write!(text, "a=rtcp-fb:{number} {word}\r\n");
    }
    let fmtp = answered_fmtp(codec.format, &offered.fmtp);
    if !fmtp.is_empty() {
        let _ = write!(text, "a=fmtp:{number} {fmtp}\r\n");
    }
    if let Some(retransmission) = codec.retransmission {
        let _ = write!(text, "a=rtpmap:{retransmission} rtx/{}\r\n", codec.format.clock_rate_hz());
        let _ = write!(text, "a=fmtp:{retransmission} apt={number}\r\n");
    }
}

fn write_track(text: &mut String, track: &SentTrack<'_>) {
    let (group, name) = track.msid;
    let ssrc = track.stream.ssrc;
    let _ = write!(text, "a=msid:{group} {name}\r\n");
    if let Some(retransmission) = track.stream.retransmission {
        let _ = write!(text, "a=ssrc-group:FID {ssrc} {retransmission}\r\n");
        let _ = write!(text, "a=ssrc:{ssrc} cname:{group}\r\na=ssrc:{retransmission} cname:{group}\r\n");
    } else {
        let _ = write!(text, "a=ssrc:{ssrc} cname:{group}\r\n");
    }
}

/// Whether a line can be answered at all.
pub(crate) fn is_answerable(line: &OfferedLine, codecs: &[Taken<'_>]) -> bool {
    !line.is_rejected && matches!(line.kind, LineKind::Media(_)) && !codecs.is_empty()
}
