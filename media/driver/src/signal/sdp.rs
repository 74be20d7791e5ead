//! What a client offers (RFC 8829, RFC 9429), read from its SDP into what forwarding needs of it.

use sdp_types::{Attribute, Media, Session};
use veche_base::Secret;
use veche_sfu::engine::{
    DataChannels, Fingerprint, HeaderExtension, IceCredentials, MediaKind, Mid, ReceiveStream, Rid,
};

/// The longest description that is read: 400 voices and pictures at about a kilobyte each.
pub(crate) const SDP_BYTES_MAX: usize = 1 << 20;
/// m-lines of one offer: everything that somebody may subscribe to, publish, and the data channels.
pub(crate) const LINES_MAX: usize = 1_024;
/// Payload types, header extensions and layers that are looked at in one m-line.
const ENTRIES_MAX: usize = 64;
/// Header extension ids from here on need the long form, which not everybody reads.
const EXTENSION_ID_MAX: u8 = 14;

/// Why an offer cannot be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SdpError {
    /// It is longer than anything that a client would offer.
    #[error("the description is too long")]
    TooLong,
    /// It is no SDP.
    #[error("the description cannot be read")]
    Unreadable,
    /// Something is missing without which there is no connection.
    #[error("the description has no {0}")]
    Missing(&'static str),
}

/// An offer; an answer to ours has the same form.
#[derive(Debug)]
pub(crate) struct Offer {
    /// The client's ufrag and password.
    pub(crate) ice: IceCredentials,
    /// The hash of the client's certificate.
    pub(crate) fingerprint: Fingerprint,
    /// Whether the client insists on being asked (`a=setup:passive`).
    pub(crate) is_dtls_server: bool,
    /// Its m-lines, in order.
    pub(crate) lines: Vec<OfferedLine>,
    /// Candidates that came with it.
    pub(crate) candidates: Vec<String>,
}

/// What an m-line carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineKind {
    /// Sound or picture.
    Media(MediaKind),
    /// Data channels.
    Data,
    /// Something that is refused.
    Other,
}

/// Which ways a client wants an m-line to go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ways {
    /// From the client to us.
    pub(crate) sends: bool,
    /// From us to the client.
    pub(crate) receives: bool,
}

/// One m-line.
#[derive(Clone, Debug)]
pub(crate) struct OfferedLine {
    /// What it carries.
    pub(crate) kind: LineKind,
    /// The word after `m=`, the protocol and the formats, for a refusal.
    pub(crate) media: String,
    /// See [`OfferedLine::media`].
    pub(crate) proto: String,
    /// See [`OfferedLine::media`].
    pub(crate) formats: String,
    /// Its name.
    pub(crate) mid: Mid,
    /// Whether the client has given it up (port 0).
    pub(crate) is_rejected: bool,
    /// Which ways it goes.
    pub(crate) ways: Ways,
    /// The track that the client sends on it: the second word of `a=msid`.
    pub(crate) track: Option<String>,
    /// Its payload types.
    pub(crate) codecs: Vec<OfferedCodec>,
    /// Its header extensions that we know.
    pub(crate) extensions: Vec<(u8, HeaderExtension)>,
    /// The layers that the client sends.
    pub(crate) rids: Vec<Rid>,
    /// The stream that the client sends, if it has no layers and is announced.
    pub(crate) stream: Option<ReceiveStream>,
}

/// One payload type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OfferedCodec {
    /// Its number.
    pub(crate) payload_type: u8,
    /// `VP8/90000`, as it was written.
    pub(crate) rtpmap: String,
    /// Its parameters, as they were written.
    pub(crate) fmtp: String,
    /// What its receiver tells about it (`a=rtcp-fb`).
    pub(crate) feedback: Vec<String>,
}

impl Offer {
    /// Reads an offer.
    ///
    /// # Errors
    /// [`SdpError`] if it cannot be answered.
    pub(crate) fn parse(text: &str) -> Result<Self, SdpError> {
        if text.len() > SDP_BYTES_MAX {
            return Err(SdpError::TooLong);
        }
        // A line that ends in the middle for some readers would say something else in our answer.
        let is_whole = |line: &str| !line.strip_suffix('\r').unwrap_or(line).contains('\r');
        if !text.split('\n').all(is_whole) {
            return Err(SdpError::Unreadable);
        }
        let session = Session::parse(text.as_bytes()).map_err(|_| SdpError::Unreadable)?;
        if session.medias.len() > LINES_MAX {
            return Err(SdpError::TooLong);
        }
        // With BUNDLE the first line's word counts for all; browsers write it into each.
        let of_any = |name: &str| {
            let in_lines = session.medias.iter().find_map(|media| value(&media.attributes, name));
            value(&session.attributes, name).or(in_lines)
        };
        let ufrag = of_any("ice-ufrag").ok_or(SdpError::Missing("ice-ufrag"))?;
        let pwd = of_any("ice-pwd").ok_or(SdpError::Missing("ice-pwd"))?;
        let fingerprint = of_any("fingerprint").and_then(read_fingerprint).ok_or(SdpError::Missing("fingerprint"))?;
        let lines = session.medias.iter().map(read_line).collect::<Result<Vec<_>, _>>()?;
        let candidates =
            session.medias.iter().flat_map(|media| &media.attributes).filter(|it| it.attribute == "candidate");
        Ok(Self {
            ice: IceCredentials { ufrag: ufrag.to_owned(), pwd: Secret::new(pwd.to_owned()) },
            fingerprint,
            is_dtls_server: of_any("setup") == Some("passive"),
            lines,
            candidates: candidates
                .filter_map(|it| it.value.as_ref())
                .map(|value| format!("candidate:{value}"))
                .take(ENTRIES_MAX)
                .collect(),
        })
    }
}

impl Offer {
    /// Whether data channels are part of it.
    pub(crate) fn data(&self) -> DataChannels {
        let has_data = self.lines.iter().any(|line| line.kind == LineKind::Data);
        if has_data { DataChannels::Negotiated } else { DataChannels::None }
    }
}

/// How many lines a description has that can be read.
#[cfg(any(test, feature = "testing"))]
pub(crate) fn read_description(text: &str) -> Option<usize> {
    Some(Offer::parse(text).ok()?.lines.len())
}

fn value<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a str> {
    attributes.iter().find(|it| it.attribute == name)?.value.as_deref()
}

fn values<'a>(media: &'a Media, name: &'a str) -> impl Iterator<Item = &'a str> {
    media.attributes.iter().filter(move |it| it.attribute == name).filter_map(|it| it.value.as_deref())
}

fn read_fingerprint(text: &str) -> Option<Fingerprint> {
    let (algorithm, hash) = text.split_once(' ')?;
    let bytes = hash.trim().split(':').map(|pair| u8::from_str_radix(pair, 16)).collect::<Result<Vec<u8>, _>>().ok()?;
    Some(Fingerprint { algorithm: algorithm.to_ascii_lowercase(), bytes })
}

fn read_line(media: &Media) -> Result<OfferedLine, SdpError> {
    let kind = match media.media.as_str() {
        "audio" => LineKind::Media(MediaKind::Audio),
        "video" => LineKind::Media(MediaKind::Video),
        "application" if media.fmt.contains("webrtc-datachannel") => LineKind::Data,
        _ => LineKind::Other,
    };
    let mid = value(&media.attributes, "mid").and_then(Mid::new).ok_or(SdpError::Missing("mid"))?;
    let is_bundle_only = media.attributes.iter().any(|it| it.attribute == "bundle-only");
    let track = values(media, "msid").find_map(|msid| msid.split(' ').nth(1)).map(str::to_owned);
    let rids: Vec<Rid> = values(media, "rid").filter_map(read_sent_rid).take(ENTRIES_MAX).collect();
    let stream = if rids.is_empty() { read_stream(media) } else { None };
    Ok(OfferedLine {
        kind,
        media: media.media.clone(),
        proto: media.proto.clone(),
        formats: media.fmt.clone(),
        mid,
        is_rejected: media.port == 0 && !is_bundle_only,
        ways: read_ways(media),
        track,
        codecs: read_codecs(media),
        extensions: values(media, "extmap").filter_map(read_extension).take(ENTRIES_MAX).collect(),
        rids,
        stream,
    })
}

fn read_ways(media: &Media) -> Ways {
    let has = |name: &str| media.attributes.iter().any(|it| it.attribute == name);
    if has("inactive") {
        Ways::default()
    } else {
        // `sendrecv` is what counts where nothing is said.
        Ways { sends: !has("recvonly"), receives: !has("sendonly") }
    }
}

fn read_codecs(media: &Media) -> Vec<OfferedCodec> {
    let of_type = |name: &'static str, payload_type: u8| {
        values(media, name).filter_map(move |value| {
            let (number, rest) = value.split_once(' ')?;
            (number.parse::<u8>().ok()? == payload_type).then_some(rest)
        })
    };
    let numbers = media.fmt.split(' ').filter_map(|number| number.parse::<u8>().ok()).filter(|number| *number < 128);
    let read = |payload_type: u8| {
        let rtpmap = of_type("rtpmap", payload_type).next()?;
        Some(OfferedCodec {
            payload_type,
            rtpmap: rtpmap.to_owned(),
            fmtp: of_type("fmtp", payload_type).next().unwrap_or_default().to_owned(),
            feedback: of_type("rtcp-fb", payload_type).take(ENTRIES_MAX).map(str::to_owned).collect(),
        })
    };
    // A number means one thing: what is said of it is not read as often as it is named.
    let mut seen = [false; 128];
    let numbers = numbers.filter(|number| !std::mem::replace(&mut seen[usize::from(*number)], true));
    numbers.filter_map(read).take(ENTRIES_MAX).collect()
}

/// `2/recvonly urn:...`
fn read_extension(text: &str) -> Option<(u8, HeaderExtension)> {
    let mut words = text.split(' ');
    let id: u8 = words.next()?.split('/').next()?.parse().ok()?;
    let extension = HeaderExtension::from_uri(words.next()?)?;
    (1..=EXTENSION_ID_MAX).contains(&id).then_some((id, extension))
}

/// `q send`
fn read_sent_rid(text: &str) -> Option<Rid> {
    let mut words = text.split(' ');
    let rid = Rid::new(words.next()?)?;
    (words.next()? == "send").then_some(rid)
}

/// The SSRC of a stream without layers, with that of its retransmissions.
fn read_stream(media: &Media) -> Option<ReceiveStream> {
    let pair = values(media, "ssrc-group").find_map(|group| {
        let mut numbers = group.strip_prefix("FID ")?.split(' ').map(str::parse::<u32>);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    });
    if let Some((ssrc, retransmission)) = pair {
        return Some(ReceiveStream { ssrc, retransmission: Some(retransmission) });
    }
    let ssrc = values(media, "ssrc").find_map(|text| text.split(' ').next()?.parse().ok())?;
    Some(ReceiveStream { ssrc, retransmission: None })
}

#[cfg(test)]
mod tests {
    use veche_sfu::engine::{HeaderExtension, MediaKind, ReceiveStream, Rid};

    use super::{LineKind, Offer, SDP_BYTES_MAX, SdpError, Ways};
    use crate::signal::testing::{CHROMIUM_OFFER, publishing_offer};

    #[test]
    fn what_a_browser_offers_first_is_read() {
        let offer = Offer::parse(CHROMIUM_OFFER).unwrap();
        assert_eq!(offer.ice.ufrag, "Chrm");
        assert_eq!((offer.fingerprint.algorithm.as_str(), offer.fingerprint.bytes.len()), ("sha-256", 32));
        let kinds: Vec<LineKind> = offer.lines.iter().map(|line| line.kind).collect();
        let (audio, video) = (LineKind::Media(MediaKind::Audio), LineKind::Media(MediaKind::Video));
        assert_eq!(kinds, [LineKind::Data, audio, video]);
        let video = &offer.lines[2];
        assert_eq!(video.ways, Ways { sends: false, receives: true });
        assert!(video.extensions.contains(&(4, HeaderExtension::Mid)), "{:?}", video.extensions);
        let vp8 = video.codecs.iter().find(|codec| codec.rtpmap == "VP8/90000").unwrap();
        assert_eq!((vp8.payload_type, vp8.feedback.contains(&"nack pli".to_owned())), (96, true));
        assert!(video.codecs.iter().any(|codec| codec.rtpmap == "rtx/90000" && codec.fmtp == "apt=96"));
    }

    #[test]
    fn what_is_sent_is_read_with_its_layers_or_its_stream() {
        let offer = Offer::parse(&publishing_offer("voice", "picture")).unwrap();
        let [_, voice, picture] = offer.lines.as_slice() else { panic!("{offer:?}") };
        assert_eq!((voice.track.as_deref(), picture.track.as_deref()), (Some("voice"), Some("picture")));
        assert_eq!(voice.stream, Some(ReceiveStream { ssrc: 1_000, retransmission: None }));
        let rids: Vec<&str> = picture.rids.iter().map(Rid::as_str).collect();
        assert_eq!((rids, picture.stream), (vec!["q", "h", "f"], None));
    }

    #[test]
    fn a_number_is_read_once_however_often_it_is_named() {
        let often = CHROMIUM_OFFER.replace("SAVPF 111 63", &format!("SAVPF{} 63", " 111".repeat(1_000)));
        let codecs = &Offer::parse(&often).unwrap().lines[1].codecs;
        assert_eq!(codecs, &Offer::parse(CHROMIUM_OFFER).unwrap().lines[1].codecs);
    }

    #[test]
    fn what_is_no_offer_is_refused() {
        assert_eq!(Offer::parse("").unwrap_err(), SdpError::Unreadable);
        assert_eq!(Offer::parse("hello").unwrap_err(), SdpError::Unreadable);
        let two_in_one = CHROMIUM_OFFER.replace("opus/48000/2\r\n", "opus/48000/2\ra=ice-pwd:mine\r\n");
        assert_eq!(Offer::parse(&two_in_one).unwrap_err(), SdpError::Unreadable);
        assert_eq!(Offer::parse(&"v".repeat(SDP_BYTES_MAX + 1)).unwrap_err(), SdpError::TooLong);
        for name in ["ice-ufrag", "ice-pwd", "fingerprint", "mid"] {
            let without: Vec<&str> =
                CHROMIUM_OFFER.lines().filter(|line| !line.starts_with(&format!("a={name}:"))).collect();
            assert_eq!(Offer::parse(&(without.join("\r\n") + "\r\n")).unwrap_err(), SdpError::Missing(name));
        }
    }
}
