//! Our words in str0m's, and back.

use std::sync::Arc;

use str0m::config::Fingerprint as RtcFingerprint;
use str0m::format::{Codec as RtcCodec, CodecConfig, FormatParams};
use str0m::media::{Frequency, MediaKind as RtcKind, Mid as RtcMid, Rid as RtcRid};
use str0m::net::{Protocol, TcpType};
use str0m::rtp::{Extension, ExtensionMap, ExtensionSerializer, ExtensionValues, VideoOrientation};
use str0m::{Candidate, IceCreds};

use crate::engine::{
    AudioLevel, Codec, CodecFormat, EngineError, Extensions, Fingerprint, HeaderExtension, IceCredentials,
    LocalAddress, MediaKind, Mid, Orientation, Rid, Transport,
};

/// The highest id of a header extension that str0m can hold.
const EXTENSION_ID_MAX: u8 = 16;
/// Payload types end here, and the first bytes of RTCP begin.
const PAYLOAD_TYPE_MAX: u8 = 127;
/// What a header extension can hold in the longer of its two forms.
const EXTENSION_BYTES_MAX: usize = 255;
/// What it can hold in the shorter form.
const SHORT_EXTENSION_BYTES_MAX: usize = 16;

pub(super) fn mid(mid: Mid) -> RtcMid {
    RtcMid::from_array(mid.padded())
}

pub(super) fn rid(rid: Rid) -> RtcRid {
    RtcRid::from_array(rid.padded())
}

pub(super) fn kind(kind: MediaKind) -> RtcKind {
    match kind {
        MediaKind::Audio => RtcKind::Audio,
        MediaKind::Video => RtcKind::Video,
    }
}

pub(super) fn credentials(credentials: &IceCredentials) -> IceCreds {
    IceCreds { ufrag: credentials.ufrag.clone(), pass: credentials.pwd.expose().clone() }
}

pub(super) fn fingerprint(fingerprint: &Fingerprint) -> RtcFingerprint {
    RtcFingerprint { hash_func: fingerprint.algorithm.clone(), bytes: fingerprint.bytes.clone() }
}

pub(super) fn protocol(transport: Transport) -> Protocol {
    match transport {
        Transport::Udp => Protocol::Udp,
        Transport::Tcp => Protocol::Tcp,
    }
}

pub(super) fn transport(protocol: Protocol) -> Transport {
    match protocol {
        Protocol::Udp => Transport::Udp,
        Protocol::Tcp | Protocol::SslTcp | Protocol::Tls => Transport::Tcp,
    }
}

/// A place of ours as a candidate; over TCP it is the client who connects.
pub(super) fn host(address: &LocalAddress) -> Result<Candidate, EngineError> {
    let candidate = match address.transport {
        Transport::Udp => Candidate::builder().udp().host(address.address).build(),
        Transport::Tcp => Candidate::builder().tcp().host(address.address).tcptype(TcpType::Passive).build(),
    };
    candidate.map_err(|_| EngineError::BadCandidate)
}

/// Adds the negotiated codecs, each payload type once.
pub(super) fn add_codecs(config: &mut CodecConfig, codecs: &[Codec]) -> Result<(), EngineError> {
    let mut taken = Vec::new();
    for codec in codecs {
        for number in [Some(codec.payload_type), codec.retransmission].into_iter().flatten() {
            if number > PAYLOAD_TYPE_MAX || taken.contains(&number) {
                return Err(EngineError::Unsupported("a payload type above 127, or twice"));
            }
            taken.push(number);
        }
        let (format, channels) = match codec.format {
            // As one codec more: in RTP mode only the clock counts, and unpacking redundancy is the client's business.
            CodecFormat::Opus | CodecFormat::OpusRed => (RtcCodec::Opus, Some(2)),
            CodecFormat::Vp8 => (RtcCodec::Vp8, None),
            CodecFormat::Vp9 => (RtcCodec::Vp9, None),
            CodecFormat::H264 => (RtcCodec::H264, None),
            CodecFormat::H265 => (RtcCodec::H265, None),
            CodecFormat::Av1 => (RtcCodec::Av1, None),
        };
        let clock = match codec.format.kind() {
            MediaKind::Audio => Frequency::FORTY_EIGHT_KHZ,
            MediaKind::Video => Frequency::NINETY_KHZ,
        };
        let retransmission = codec.retransmission.map(Into::into);
        config.add_config(codec.payload_type.into(), retransmission, format, clock, channels, FormatParams::default());
    }
    Ok(())
}

/// The negotiated header extensions.
pub(super) fn extensions(negotiated: &[(u8, HeaderExtension)]) -> Result<ExtensionMap, EngineError> {
    let mut map = ExtensionMap::empty();
    for (id, extension) in negotiated {
        if !(1..=EXTENSION_ID_MAX).contains(id) {
            return Err(EngineError::Unsupported("a header extension's id above 16"));
        }
        let known = match extension {
            HeaderExtension::Mid => Extension::RtpMid,
            HeaderExtension::Rid => Extension::RtpStreamId,
            HeaderExtension::RepairedRid => Extension::RepairedRtpStreamId,
            HeaderExtension::TransportSequence => Extension::TransportSequenceNumber,
            HeaderExtension::AbsoluteSendTime => Extension::AbsoluteSendTime,
            HeaderExtension::AudioLevel => Extension::AudioLevel,
            HeaderExtension::VideoOrientation => Extension::VideoOrientation,
            HeaderExtension::DependencyDescriptor => Extension::with_serializer(extension.uri(), DescriptorAsIs),
        };
        map.set(*id, known);
    }
    Ok(map)
}

/// A dependency descriptor in the values that str0m keeps with a packet.
struct Descriptor(Arc<[u8]>);

/// Reads and writes dependency descriptors without looking into them.
#[derive(Debug)]
struct DescriptorAsIs;

impl ExtensionSerializer for DescriptorAsIs {
    fn write_to(&self, buf: &mut [u8], values: &ExtensionValues) -> usize {
        let Some(Descriptor(bytes)) = values.user_values.get::<Descriptor>() else { return 0 };
        let Some(room) = buf.get_mut(..bytes.len()) else { return 0 };
        room.copy_from_slice(bytes);
        bytes.len()
    }

    fn parse_value(&self, buf: &[u8], values: &mut ExtensionValues) -> bool {
        values.user_values.set(Descriptor(buf.into()));
        true
    }

    fn is_video(&self) -> bool {
        true
    }

    fn is_audio(&self) -> bool {
        false
    }

    fn requires_two_byte_form(&self, values: &ExtensionValues) -> bool {
        let descriptor = values.user_values.get::<Descriptor>();
        descriptor.is_some_and(|Descriptor(bytes)| bytes.len() > SHORT_EXTENSION_BYTES_MAX)
    }
}

/// What is passed on of the extensions of a packet that has come.
pub(super) fn extensions_received(values: &ExtensionValues) -> Extensions {
    let level = |level: i8| AudioLevel {
        below_full_db: level.unsigned_abs().min(127),
        voice: values.voice_activity.unwrap_or(false),
    };
    let orientation = |orientation| match orientation {
        VideoOrientation::Deg0 => Orientation::Upright,
        VideoOrientation::Deg90 => Orientation::Quarter,
        VideoOrientation::Deg180 => Orientation::UpsideDown,
        VideoOrientation::Deg270 => Orientation::ThreeQuarters,
    };
    Extensions {
        audio_level: values.audio_level.map(level),
        orientation: values.video_orientation.map(orientation),
        dependency_descriptor: values.user_values.get::<Descriptor>().map(|Descriptor(bytes)| Arc::clone(bytes)),
    }
}

/// What is passed on, for a packet that goes out. A descriptor that no extension can hold is left out.
pub(super) fn extensions_to_send(extensions: Extensions) -> ExtensionValues {
    let mut values = ExtensionValues::default();
    if let Some(level) = extensions.audio_level {
        values.audio_level = Some(-(level.below_full_db.min(127).cast_signed()));
        values.voice_activity = Some(level.voice);
    }
    values.video_orientation = extensions.orientation.map(|orientation| match orientation {
        Orientation::Upright => VideoOrientation::Deg0,
        Orientation::Quarter => VideoOrientation::Deg90,
        Orientation::UpsideDown => VideoOrientation::Deg180,
        Orientation::ThreeQuarters => VideoOrientation::Deg270,
    });
    if let Some(bytes) = extensions.dependency_descriptor.filter(|bytes| bytes.len() <= EXTENSION_BYTES_MAX) {
        values.user_values.set(Descriptor(bytes));
    }
    values
}
