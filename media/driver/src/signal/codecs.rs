//! Which of the offered codecs are taken, and which payload type of one client is which of another.

use veche_sfu::engine::{Codec, CodecFormat, HeaderExtension, MediaKind, Rid};

use super::ours::OURS;
use super::sdp::{LineKind, Offer, OfferedCodec, OfferedLine};

/// What receivers tell that forwarding makes use of (`a=rtcp-fb`).
const FEEDBACK: [&str; 4] = ["transport-cc", "ccm fir", "nack", "nack pli"];
/// Discontinuous transmission: nothing is sent while nobody speaks. Asked for in every line alike, because parameters of one
/// payload type must be the same in all lines of a bundle.
const OPUS_DTX: &str = "usedtx=1";

/// A codec as it was negotiated with one client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Negotiated {
    /// What the engine needs of it.
    pub(crate) codec: Codec,
    /// What must be equal for two clients to mean the same codec.
    profile: String,
}

/// Everything that is fixed when a connection begins.
#[derive(Clone, Debug, Default)]
pub(crate) struct Agreement {
    /// The codecs of all lines.
    pub(crate) codecs: Vec<Negotiated>,
    /// The header extensions of all lines.
    pub(crate) extensions: Vec<(u8, HeaderExtension)>,
    /// Whether payload types are those that we have chosen, instead of the client's.
    has_our_numbers: bool,
}

/// A codec of one line: what was agreed on, and what was offered of it.
pub(crate) type Taken<'a> = (Codec, &'a OfferedCodec);

impl Agreement {
    /// All that we know, under our own numbers and with these header extensions. For connections whose first description does
    /// not name everything that may come: what we offer ourselves, and what a client only sends on, where the answer may
    /// choose other numbers than the offer (RFC 3264 §6.1; browsers send by those of the answer).
    pub(crate) fn ours(extensions: Vec<(u8, HeaderExtension)>) -> Self {
        let negotiated =
            |ours: &super::ours::OurCodec| Negotiated { codec: ours.codec(), profile: profile(ours.format, ours.fmtp) };
        Self { codecs: OURS.iter().map(negotiated).collect(), extensions, has_our_numbers: true }
    }

    /// What is taken of an offer. Payload types and ids are unique in a bundle (RFC 9143), so the first meaning of one counts.
    pub(crate) fn of(offer: &Offer) -> Self {
        let mut agreement = Self::default();
        for line in &offer.lines {
            let LineKind::Media(kind) = line.kind else { continue };
            for negotiated in line.codecs.iter().filter_map(|codec| negotiate(line, codec)) {
                let is_of_kind = negotiated.codec.format.kind() == kind;
                if is_of_kind && !agreement.uses(negotiated.codec) {
                    agreement.codecs.push(negotiated);
                }
            }
            for (id, extension) in &line.extensions {
                let is_taken = |(other, same): &(u8, HeaderExtension)| other == id || same == extension;
                if !agreement.extensions.iter().any(is_taken) {
                    agreement.extensions.push((*id, *extension));
                }
            }
        }
        agreement
    }

    fn uses(&self, codec: Codec) -> bool {
        let numbers = |it: Codec| [Some(it.payload_type), it.retransmission];
        let wanted = numbers(codec);
        self.codecs.iter().flat_map(|it| numbers(it.codec)).flatten().any(|number| wanted.contains(&Some(number)))
    }

    /// The codecs of one line that were agreed on, in the client's order.
    pub(crate) fn on_line<'a>(&self, line: &'a OfferedLine) -> Vec<Taken<'a>> {
        let mut taken: Vec<Taken<'a>> = Vec::new();
        for offered in &line.codecs {
            let agreed = if self.has_our_numbers {
                negotiate(line, offered).and_then(|offered| self.codecs.iter().find(|it| it.is_same(&offered)))
            } else {
                self.codecs.iter().find(|it| it.codec.payload_type == offered.payload_type)
            };
            let Some(Negotiated { codec, .. }) = agreed else { continue };
            // Two levels of one profile are one of ours.
            if !taken.iter().any(|(other, _)| other.payload_type == codec.payload_type) {
                taken.push((*codec, offered));
            }
        }
        taken
    }

    /// The layers that can be told apart on a line: none without the header extension that names them.
    pub(crate) fn layers_on<'a>(&self, line: &'a OfferedLine) -> &'a [Rid] {
        let names_layers = |it: &&(u8, HeaderExtension)| it.1 == HeaderExtension::Rid;
        let is_agreed = line.extensions.iter().find(names_layers).is_some_and(|it| self.extensions.contains(it));
        if is_agreed { &line.rids } else { &[] }
    }

    /// The payload types of a publisher, each with ours for the same codec.
    pub(crate) fn translate(&self, publisher: &Self, kind: MediaKind) -> Vec<(u8, u8)> {
        let of_kind = publisher.codecs.iter().filter(|it| it.codec.format.kind() == kind);
        of_kind
            .filter_map(|theirs| {
                let ours = self.codecs.iter().find(|it| it.is_same(theirs))?;
                Some((theirs.codec.payload_type, ours.codec.payload_type))
            })
            .collect()
    }
}

impl Negotiated {
    fn is_same(&self, other: &Self) -> bool {
        self.codec.format == other.codec.format && self.profile == other.profile
    }
}

fn negotiate(line: &OfferedLine, offered: &OfferedCodec) -> Option<Negotiated> {
    let format = format(&offered.rtpmap)?;
    if format == CodecFormat::OpusRed && !carries_opus(line, &offered.fmtp) {
        return None;
    }
    let retransmission = line.codecs.iter().find(|it| {
        let is_rtx = it.rtpmap.get(..4).is_some_and(|name| name.eq_ignore_ascii_case("rtx/"));
        is_rtx && parameter(&it.fmtp, "apt").and_then(|apt| apt.parse().ok()) == Some(offered.payload_type)
    });
    let retransmission = retransmission.map(|it| it.payload_type);
    let codec = Codec { payload_type: offered.payload_type, retransmission, format };
    Some(Negotiated { codec, profile: profile(format, &offered.fmtp) })
}

/// Whether all blocks of redundant sound are of the line's Opus (RFC 2198 §5): it is unpacked for those who cannot.
fn carries_opus(line: &OfferedLine, fmtp: &str) -> bool {
    let is_opus = |number: &str| {
        let of = |it: &&OfferedCodec| number.parse() == Ok(it.payload_type);
        line.codecs.iter().find(of).is_some_and(|it| format(&it.rtpmap) == Some(CodecFormat::Opus))
    };
    fmtp.split('/').all(is_opus)
}

/// Takes redundant sound before all else, if the client is to send it, or leaves it out: browsers send the first that is named.
pub(crate) fn with_redundancy(mut taken: Vec<Taken<'_>>, is_wanted: bool) -> Vec<Taken<'_>> {
    let is_redundant = |(codec, _): &Taken<'_>| codec.format == CodecFormat::OpusRed;
    if is_wanted {
        taken.sort_by_key(|it| !is_redundant(it));
    } else {
        taken.retain(|it| !is_redundant(it));
    }
    taken
}

/// The codec that `a=rtpmap` names.
fn format(rtpmap: &str) -> Option<CodecFormat> {
    let name = rtpmap.split('/').next()?.to_ascii_uppercase();
    Some(match name.as_str() {
        "RED" if rtpmap.get(4..) == Some("48000/2") => CodecFormat::OpusRed,
        "OPUS" => CodecFormat::Opus,
        "VP8" => CodecFormat::Vp8,
        "VP9" => CodecFormat::Vp9,
        "H264" => CodecFormat::H264,
        "H265" => CodecFormat::H265,
        "AV1" => CodecFormat::Av1,
        _ => return None,
    })
}

/// What tells two payload types of one codec apart, as far as a decoder cares.
fn profile(format: CodecFormat, fmtp: &str) -> String {
    let or = |name: &str, default: &str| parameter(fmtp, name).unwrap_or(default).to_ascii_lowercase();
    match format {
        CodecFormat::Vp9 => or("profile-id", "0"),
        CodecFormat::Av1 => or("profile", "0"),
        CodecFormat::H265 => or("profile-id", "1"),
        CodecFormat::H264 => {
            // The level, in the last two digits, is no other codec.
            let level = or("profile-level-id", "42e01f");
            format!("{} {}", level.get(..4).unwrap_or_default(), or("packetization-mode", "0"))
        }
        // Blocks name payload types, which are passed on as they are.
        CodecFormat::OpusRed => fmtp.to_owned(),
        CodecFormat::Vp8 | CodecFormat::Opus => String::new(),
    }
}

fn parameter<'a>(fmtp: &'a str, name: &str) -> Option<&'a str> {
    fmtp.split(';').filter_map(|pair| pair.trim().split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// The parameters that the answer gives to a codec.
pub(crate) fn answered_fmtp(format: CodecFormat, offered: &str) -> String {
    if format != CodecFormat::Opus || parameter(offered, "usedtx").is_some() {
        return offered.to_owned();
    }
    if offered.is_empty() { OPUS_DTX.to_owned() } else { format!("{offered};{OPUS_DTX}") }
}

/// What of the offered feedback is made use of.
pub(crate) fn answered_feedback(offered: &OfferedCodec) -> impl Iterator<Item = &str> {
    offered.feedback.iter().map(String::as_str).filter(|word| FEEDBACK.contains(word))
}

#[cfg(test)]
mod tests {
    use veche_sfu::engine::{CodecFormat, HeaderExtension, MediaKind};

    use super::{Agreement, answered_fmtp, with_redundancy};
    use crate::signal::sdp::Offer;
    use crate::signal::testing::CHROMIUM_OFFER;

    #[test]
    fn what_we_forward_is_taken_and_nothing_else() {
        let offer = Offer::parse(CHROMIUM_OFFER).unwrap();
        let agreement = Agreement::of(&offer);
        let taken = |number| agreement.codecs.iter().find(|it| it.codec.payload_type == number).map(|it| it.codec);
        let opus = taken(111).unwrap();
        assert_eq!((opus.format, opus.retransmission), (CodecFormat::Opus, None));
        let vp8 = taken(96).unwrap();
        assert_eq!((vp8.format, vp8.retransmission), (CodecFormat::Vp8, Some(97)));
        assert!([9, 0, 110, 116].iter().all(|number| taken(*number).is_none()), "G722, PCMU, DTMF, ULPFEC");
        assert!(agreement.extensions.contains(&(4, HeaderExtension::Mid)));
        assert_eq!(agreement.on_line(&offer.lines[1]).len(), 2);
    }

    #[test]
    fn payload_types_are_found_by_what_they_mean() {
        let chromium = Agreement::of(&Offer::parse(CHROMIUM_OFFER).unwrap());
        let other = CHROMIUM_OFFER
            .replace("a=rtpmap:96 VP8", "a=rtpmap:120 VP8")
            .replace("apt=96", "apt=120")
            .replace("m=video 9 UDP/TLS/RTP/SAVPF 96 ", "m=video 9 UDP/TLS/RTP/SAVPF 120 ");
        let other = Agreement::of(&Offer::parse(&other).unwrap());
        let pairs = other.translate(&chromium, MediaKind::Video);
        assert!(pairs.contains(&(96, 120)), "{pairs:?}");
        // Two of H264 with other ways of packing are two codecs.
        let h264: Vec<_> = pairs.iter().filter(|(theirs, _)| [103, 107].contains(theirs)).collect();
        assert_eq!(h264, [&(103, 103), &(107, 107)]);
        assert_eq!(other.translate(&chromium, MediaKind::Audio), [(111, 111), (63, 63)]);
    }

    #[test]
    fn redundant_sound_is_taken_if_it_carries_what_everybody_can_hear() {
        let of = |text: &str| {
            let offer = Offer::parse(text).unwrap();
            let taken = Agreement::of(&offer).on_line(&offer.lines[1]);
            let numbers = |wanted| {
                let taken = with_redundancy(taken.clone(), wanted);
                taken.iter().map(|(codec, _)| codec.payload_type).collect::<Vec<_>>()
            };
            (numbers(true), numbers(false))
        };
        assert_eq!(of(CHROMIUM_OFFER), (vec![63, 111], vec![111]));
        let refused = (vec![111], vec![111]);
        for fmtp in ["fmtp:63 111/9", "fmtp:63 0/0", "fmtp:63 ", "fmtp:63 111/", "fmtp:64 111/111"] {
            assert_eq!(of(&CHROMIUM_OFFER.replace("fmtp:63 111/111", fmtp)), refused, "{fmtp}");
        }
        assert_eq!(of(&CHROMIUM_OFFER.replace("red/48000/2", "red/8000")), refused);
        // Who numbers Opus otherwise gets it unpacked.
        let chromium = Agreement::of(&Offer::parse(CHROMIUM_OFFER).unwrap());
        let other = CHROMIUM_OFFER.replace("rtpmap:111", "rtpmap:109").replace("fmtp:111", "fmtp:109");
        let other = other.replace("111/111", "109/109").replace("SAVPF 111", "SAVPF 109");
        let other = Agreement::of(&Offer::parse(&other).unwrap());
        assert_eq!(other.translate(&chromium, MediaKind::Audio), [(111, 109)]);
    }

    #[test]
    fn silence_is_not_to_be_sent() {
        assert_eq!(answered_fmtp(CodecFormat::Opus, "minptime=10"), "minptime=10;usedtx=1");
        assert_eq!(answered_fmtp(CodecFormat::Opus, ""), "usedtx=1");
        assert_eq!(answered_fmtp(CodecFormat::Opus, "usedtx=0"), "usedtx=0");
        assert_eq!(answered_fmtp(CodecFormat::Vp8, ""), "");
    }
}
