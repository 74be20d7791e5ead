//! What a participant offers, and what he is answered, as far as a load generator has to know it.

use std::fmt::Write as _;
use std::net::SocketAddr;

use veche_base::Secret;
use veche_sfu::engine::{
    Codec, CodecFormat, DataChannels, DtlsRole, Fingerprint, HeaderExtension, IceCredentials, IceRole, LocalAddress,
    MediaKind, Mid, PeerConfig, ReceiveStream, Transport,
};
use veche_sfu::testing::{OPUS, Profile, VP8, VP8_RTX};

use super::Part;
use crate::Failure;

/// The m-lines on which somebody sends, and his names for what he sends.
pub(super) const VOICE: &str = "voice";
pub(super) const PICTURE: &str = "picture";
/// The SSRC of a voice, and those of a picture's layers; behind each of these comes that of its retransmissions.
pub(super) const VOICE_SSRC: u32 = 1_000;
pub(super) const LAYERS: [(&str, u32); 3] = [("q", 2_000), ("h", 2_010), ("f", 2_020)];

/// One m-line of an offer.
pub(super) struct Line {
    pub(super) mid: Mid,
    pub(super) kind: MediaKind,
    pub(super) sends: bool,
}

/// What was answered.
pub(super) struct Answer {
    pub(super) remote: IceCredentials,
    pub(super) fingerprint: Fingerprint,
    pub(super) candidates: Vec<String>,
    /// What is sent to us, and on which line.
    pub(super) streams: Vec<(Mid, ReceiveStream)>,
}

/// The lines of somebody with this part: what he sends first.
pub(super) fn lines(part: &Part) -> Result<Vec<Line>, Failure> {
    use MediaKind::{Audio, Video};
    let line = |name: &str, kind: MediaKind, sends: bool| {
        let mid = Mid::new(name).ok_or("a name that is too long")?;
        Ok::<_, Failure>(Line { mid, kind, sends })
    };
    let own = [part.speaks.then_some((VOICE, Audio)), part.shows.then_some((PICTURE, Video))];
    let own = own.into_iter().flatten().map(|(name, kind)| line(name, kind, true));
    let heard = (0..part.hears).map(|number| line(&format!("a{number}"), Audio, false));
    let seen = (0..part.sees).map(|number| line(&format!("v{number}"), Video, false));
    own.chain(heard).chain(seen).collect()
}

/// The offer with these lines.
pub(super) fn write(lines: &[Line], ice: &IceCredentials, fingerprint: &Fingerprint) -> String {
    let mut text = String::from("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE");
    for line in lines {
        let _ = write!(text, " {}", line.mid);
    }
    text.push_str("\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n");
    let hash: Vec<String> = fingerprint.bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    let hash = hash.join(":");
    for line in lines {
        let (media, types) = match line.kind {
            MediaKind::Audio => ("audio", OPUS.to_string()),
            MediaKind::Video => ("video", format!("{VP8} {VP8_RTX}")),
        };
        let (ufrag, pwd, algorithm) = (&ice.ufrag, ice.pwd.expose(), &fingerprint.algorithm);
        let _ = write!(
            text,
            "m={media} 9 UDP/TLS/RTP/SAVPF {types}\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:{ufrag}\r\na=ice-pwd:{pwd}\r\n\
             a=fingerprint:{algorithm} {hash}\r\na=setup:active\r\na=mid:{}\r\na=rtcp-mux\r\na=rtcp-rsize\r\n",
            line.mid
        );
        for (id, extension) in Profile::browser().extensions {
            if extension != HeaderExtension::DependencyDescriptor {
                let _ = write!(text, "a=extmap:{id} {}\r\n", extension.uri());
            }
        }
        write_media(&mut text, line);
    }
    text
}

fn write_media(text: &mut String, line: &Line) {
    match line.kind {
        MediaKind::Audio => {
            let _ = write!(text, "a=rtpmap:{OPUS} opus/48000/2\r\na=rtcp-fb:{OPUS} transport-cc\r\n");
            let _ = write!(text, "a=fmtp:{OPUS} minptime=10;useinbandfec=1\r\n");
        }
        MediaKind::Video => {
            let _ = write!(text, "a=rtpmap:{VP8} VP8/90000\r\na=rtpmap:{VP8_RTX} rtx/90000\r\n");
            let _ = write!(text, "a=fmtp:{VP8_RTX} apt={VP8}\r\n");
            for word in ["transport-cc", "ccm fir", "nack", "nack pli"] {
                let _ = write!(text, "a=rtcp-fb:{VP8} {word}\r\n");
            }
        }
    }
    if !line.sends {
        return text.push_str("a=recvonly\r\n");
    }
    let _ = write!(text, "a=sendonly\r\na=msid:- {}\r\n", line.mid);
    match line.kind {
        MediaKind::Audio => _ = write!(text, "a=ssrc:{VOICE_SSRC} cname:bench\r\n"),
        MediaKind::Video => {
            for (rid, _) in LAYERS {
                let _ = write!(text, "a=rid:{rid} send\r\n");
            }
            text.push_str("a=simulcast:send q;h;f\r\n");
        }
    }
}

/// Reads an answer of our own server, whose form is known.
pub(super) fn read(sdp: &str) -> Result<Answer, Failure> {
    let word = |name: &str| {
        let found = sdp.lines().find_map(|line| line.strip_prefix(name));
        found.map(str::to_owned).ok_or_else(|| format!("the answer has no {name}"))
    };
    let hash = word("a=fingerprint:sha-256 ")?;
    let bytes = hash.split(':').map(|pair| u8::from_str_radix(pair, 16)).collect::<Result<_, _>>()?;
    let candidates = sdp.lines().filter_map(|line| line.strip_prefix("a=")).filter(|it| it.starts_with("candidate:"));
    let candidates: Vec<String> = candidates.map(str::to_owned).collect();
    Ok(Answer {
        remote: IceCredentials { ufrag: word("a=ice-ufrag:")?, pwd: Secret::new(word("a=ice-pwd:")?) },
        fingerprint: Fingerprint { algorithm: "sha-256".to_owned(), bytes },
        // Each line has them all.
        candidates: candidates.into_iter().take(1).collect(),
        streams: sdp.split("\r\nm=").skip(1).filter_map(stream).collect(),
    })
}

/// What is sent on a line, if something is.
fn stream(section: &str) -> Option<(Mid, ReceiveStream)> {
    let word = |name: &str| section.lines().find_map(|line| line.strip_prefix(name));
    let mid = Mid::new(word("a=mid:")?)?;
    let mut group = word("a=ssrc-group:FID ").into_iter().flat_map(|pair| pair.split(' ')).map(str::parse);
    if let (Some(Ok(ssrc)), Some(Ok(retransmission))) = (group.next(), group.next()) {
        return Some((mid, ReceiveStream { ssrc, retransmission: Some(retransmission) }));
    }
    let ssrc = word("a=ssrc:")?.split(' ').next()?.parse().ok()?;
    Some((mid, ReceiveStream { ssrc, retransmission: None }))
}

/// The client's end of the connection.
pub(super) fn config(local: IceCredentials, at: SocketAddr, answer: &Answer) -> PeerConfig {
    let retransmission = Some(VP8_RTX);
    PeerConfig {
        ice: IceRole::Controlling,
        local,
        remote: answer.remote.clone(),
        addresses: vec![LocalAddress { transport: Transport::Udp, address: at }],
        fingerprint: answer.fingerprint.clone(),
        dtls: DtlsRole::Client,
        codecs: vec![
            Codec { payload_type: OPUS, retransmission: None, format: CodecFormat::Opus },
            Codec { payload_type: VP8, retransmission, format: CodecFormat::Vp8 },
        ],
        extensions: Profile::browser().extensions,
        data: DataChannels::None,
        estimate_from_bps: None,
    }
}
