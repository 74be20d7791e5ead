//! The payload types and header extensions of connections that we number ourselves: those that we offer, and those whose first
//! offer does not name everything that a client may send.
//!
//! The numbers are the ones that browsers use, so that whoever reads a capture is not astonished; nothing depends on it.

use veche_sfu::engine::{Codec, CodecFormat, HeaderExtension, MediaKind, Mid};

use super::sdp::{LineKind, OfferedCodec, OfferedLine, Ways};

/// One codec as we offer it.
pub(crate) struct OurCodec {
    payload_type: u8,
    retransmission: Option<u8>,
    pub(crate) format: CodecFormat,
    rtpmap: &'static str,
    pub(crate) fmtp: &'static str,
}

impl OurCodec {
    /// What the engine needs of it.
    pub(crate) const fn codec(&self) -> Codec {
        Codec { payload_type: self.payload_type, retransmission: self.retransmission, format: self.format }
    }

    fn offered(&self) -> [Option<OfferedCodec>; 2] {
        let feedback: &[&str] = match self.format.kind() {
            MediaKind::Audio => &["transport-cc"],
            MediaKind::Video => &["transport-cc", "ccm fir", "nack", "nack pli"],
        };
        let own = OfferedCodec {
            payload_type: self.payload_type,
            rtpmap: self.rtpmap.to_owned(),
            fmtp: self.fmtp.to_owned(),
            feedback: feedback.iter().map(|word| (*word).to_owned()).collect(),
        };
        let retransmission = self.retransmission.map(|payload_type| OfferedCodec {
            payload_type,
            rtpmap: "rtx/90000".to_owned(),
            fmtp: format!("apt={}", self.payload_type),
            feedback: Vec::new(),
        });
        [Some(own), retransmission]
    }
}

const fn video(number: u8, format: CodecFormat, rtpmap: &'static str, fmtp: &'static str) -> OurCodec {
    OurCodec { payload_type: number, retransmission: Some(number + 1), format, rtpmap, fmtp }
}

const fn h264(number: u8, fmtp: &'static str) -> OurCodec {
    video(number, CodecFormat::H264, "H264/90000", fmtp)
}

/// Everything that is forwarded, in each of the profiles that clients send.
pub(crate) const OURS: [OurCodec; 16] = [
    OurCodec {
        payload_type: 111,
        retransmission: None,
        format: CodecFormat::Opus,
        rtpmap: "opus/48000/2",
        fmtp: "minptime=10;useinbandfec=1",
    },
    video(96, CodecFormat::Vp8, "VP8/90000", ""),
    video(98, CodecFormat::Vp9, "VP9/90000", "profile-id=0"),
    video(35, CodecFormat::Vp9, "VP9/90000", "profile-id=1"),
    video(100, CodecFormat::Vp9, "VP9/90000", "profile-id=2"),
    h264(102, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f"),
    h264(104, "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42001f"),
    h264(106, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"),
    h264(108, "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f"),
    h264(112, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=4d001f"),
    h264(114, "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=4d001f"),
    h264(116, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001f"),
    h264(118, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=640c1f"),
    video(45, CodecFormat::Av1, "AV1/90000", "level-idx=5;profile=0;tier=0"),
    video(49, CodecFormat::H265, "H265/90000", "level-id=93;profile-id=1;tier-flag=0;tx-mode=SRST"),
    video(51, CodecFormat::H265, "H265/90000", "level-id=93;profile-id=2;tier-flag=0;tx-mode=SRST"),
];

/// The header extensions of what we offer.
pub(crate) const EXTENSIONS: [(u8, HeaderExtension); 6] = [
    (1, HeaderExtension::AudioLevel),
    (2, HeaderExtension::AbsoluteSendTime),
    (3, HeaderExtension::TransportSequence),
    (4, HeaderExtension::Mid),
    (12, HeaderExtension::DependencyDescriptor),
    (13, HeaderExtension::VideoOrientation),
];

/// Those that libwebrtc names for pictures alone, by its own numbers. A client whose first offer is a voice names them later.
const OF_PICTURES: [(u8, HeaderExtension); 3] =
    [(10, HeaderExtension::Rid), (11, HeaderExtension::RepairedRid), (13, HeaderExtension::VideoOrientation)];

/// The header extensions of a first offer, and those that may still come.
pub(crate) fn with_those_of_pictures(mut offered: Vec<(u8, HeaderExtension)>) -> Vec<(u8, HeaderExtension)> {
    for (id, extension) in OF_PICTURES {
        if !offered.iter().any(|(other, same)| *other == id || *same == extension) {
            offered.push((id, extension));
        }
    }
    offered
}

/// A line of ours for a track of this codec, from which the client is to get something.
pub(crate) fn line(mid: Mid, format: CodecFormat) -> OfferedLine {
    let kind = format.kind();
    let is_for_kind = |extension: HeaderExtension| match extension {
        HeaderExtension::AudioLevel => kind == MediaKind::Audio,
        HeaderExtension::DependencyDescriptor | HeaderExtension::VideoOrientation => kind == MediaKind::Video,
        _ => true,
    };
    OfferedLine {
        kind: LineKind::Media(kind),
        media: if kind == MediaKind::Audio { "audio" } else { "video" }.to_owned(),
        ways: Ways { sends: false, receives: true },
        codecs: codecs(format),
        extensions: EXTENSIONS.into_iter().filter(|(_, extension)| is_for_kind(*extension)).collect(),
        ..data_line(mid)
    }
}

/// A codec in all its profiles. Another track may follow on the line, with another codec.
pub(crate) fn codecs(format: CodecFormat) -> Vec<OfferedCodec> {
    OURS.iter().filter(|ours| ours.format == format).flat_map(OurCodec::offered).flatten().collect()
}

/// A line of ours for data channels.
pub(crate) fn data_line(mid: Mid) -> OfferedLine {
    OfferedLine {
        kind: LineKind::Data,
        media: "application".to_owned(),
        proto: "UDP/DTLS/SCTP".to_owned(),
        formats: "webrtc-datachannel".to_owned(),
        mid,
        is_rejected: false,
        ways: Ways::default(),
        track: None,
        codecs: Vec::new(),
        extensions: Vec::new(),
        rids: Vec::new(),
        stream: None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use veche_sfu::engine::{CodecFormat, HeaderExtension, Mid};

    use super::{EXTENSIONS, OURS, line, with_those_of_pictures};
    use crate::signal::codecs::Agreement;

    #[test]
    fn no_number_means_two_things() {
        let numbers: Vec<u8> =
            OURS.iter().flat_map(|it| [Some(it.payload_type), it.retransmission]).flatten().collect();
        assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), numbers.len());
        // Between lie the types that RTCP would be taken for (RFC 5761 §4).
        assert!(numbers.iter().all(|it| (35..64).contains(it) || (96..128).contains(it)), "{numbers:?}");
    }

    #[test]
    fn what_we_offer_is_what_we_agree_on() {
        let agreement = Agreement::ours(EXTENSIONS.to_vec());
        for format in OURS.iter().map(|ours| ours.format) {
            let line = line(Mid::new("7").unwrap(), format);
            let taken: Vec<_> = agreement.on_line(&line).iter().map(|(codec, _)| *codec).collect();
            let ours: Vec<_> = OURS.iter().filter(|it| it.format == format).map(super::OurCodec::codec).collect();
            assert_eq!(taken, ours, "each of its own profile");
            assert!(line.extensions.iter().all(|it| agreement.extensions.contains(it)));
        }
        let voice = line(Mid::new("1").unwrap(), CodecFormat::Opus);
        assert!(!voice.extensions.iter().any(|(_, it)| *it == HeaderExtension::VideoOrientation));
    }

    #[test]
    fn what_a_client_has_named_is_not_named_again() {
        let named = vec![(10, HeaderExtension::Mid), (5, HeaderExtension::RepairedRid)];
        let all = with_those_of_pictures(named.clone());
        assert_eq!(all, [&named[..], &[(13, HeaderExtension::VideoOrientation)]].concat());
    }
}
