//! Our words in rtc's, and back.

use std::sync::Arc;

use bytes::Bytes;
use rtc::crypto::RTCCryptoProvider;
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc::interceptor::{Gcc, Registry};
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::interceptor_registry::{
    CongestionFeedback, configure_congestion_control, configure_nack, configure_rtcp_reports,
    configure_simulcast_extension_headers, configure_twcc,
};
use rtc::peer_connection::configuration::media_engine::{MIME_TYPE_RTX, MediaEngine};
use rtc::peer_connection::configuration::setting_engine::{SettingEngine, SettingEngineBuilder};
use rtc::peer_connection::transport::RTCDtlsRole;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RTCRtpHeaderExtensionCapability, RTCRtpRtxParameters, RtpCodecKind,
};
use rtc::shared::error::Result;

use veche_sfu::engine::{
    AudioLevel, Codec, DtlsRole, Extensions, HeaderExtension, IceRole, MediaKind, PeerConfig, RtpToSend, SendStream,
};

use super::offer::{Line, codec_name};

/// What an estimate may lie between, in bits per second.
const ESTIMATES_BPS: (f64, f64) = (50_000.0, 50_000_000.0);

fn kind(kind: MediaKind) -> RtpCodecKind {
    match kind {
        MediaKind::Audio => RtpCodecKind::Audio,
        MediaKind::Video => RtpCodecKind::Video,
    }
}

fn codec(codec: &Codec) -> RTCRtpCodec {
    let (folder, channels) = match codec.format.kind() {
        MediaKind::Audio => ("audio", 2),
        MediaKind::Video => ("video", 0),
    };
    let mime_type = format!("{folder}/{}", codec_name(codec.format));
    RTCRtpCodec { mime_type, clock_rate: codec.format.clock_rate_hz(), channels, ..Default::default() }
}

/// The codecs, with their retransmissions.
pub(super) fn media_engine(config: &PeerConfig) -> Result<MediaEngine> {
    let mut engine = MediaEngine::default();
    for negotiated in &config.codecs {
        let of = kind(negotiated.format.kind());
        let payload_type = negotiated.payload_type;
        let rtp_codec = codec(negotiated);
        engine.register_codec(RTCRtpCodecParameters { rtp_codec: rtp_codec.clone(), payload_type }, of)?;
        if let Some(retransmission) = negotiated.retransmission {
            let rtp_codec = RTCRtpCodec {
                mime_type: MIME_TYPE_RTX.to_owned(),
                sdp_fmtp_line: format!("apt={payload_type}"),
                ..rtp_codec
            };
            engine.register_codec(RTCRtpCodecParameters { rtp_codec, payload_type: retransmission }, of)?;
        }
    }
    for (_, extension) in &config.extensions {
        let uri = extension.uri().to_owned();
        if *extension == HeaderExtension::AudioLevel {
            engine.register_header_extension(RTCRtpHeaderExtensionCapability { uri }, RtpCodecKind::Audio, None)?;
        } else if *extension == HeaderExtension::Mid {
            engine.register_header_extension(RTCRtpHeaderExtensionCapability { uri }, RtpCodecKind::Audio, None)?;
        }
    }
    Ok(engine)
}

/// The parts of the chain that a forwarding unit needs.
pub(super) fn interceptors(config: &PeerConfig, media: &mut MediaEngine) -> Result<Registry> {
    let registry = configure_rtcp_reports(configure_nack(Registry::new(), media));
    configure_simulcast_extension_headers(media)?;
    match config.estimate_from_bps {
        None => configure_twcc(registry, media),
        Some(initial) => {
            let initial = u32::try_from(initial).map_or(ESTIMATES_BPS.1, f64::from);
            let estimator = Gcc::new(initial, ESTIMATES_BPS.0, ESTIMATES_BPS.1);
            configure_congestion_control(registry, estimator, CongestionFeedback::Twcc, media)
        }
    }
}

/// ICE and DTLS. Of the ciphers only the one that str0m chooses too, so that the same work is measured.
pub(super) fn settings(config: &PeerConfig, provider: Arc<dyn RTCCryptoProvider>) -> SettingEngine {
    let role = match config.dtls {
        DtlsRole::Client => RTCDtlsRole::Client,
        DtlsRole::Server => RTCDtlsRole::Server,
    };
    SettingEngineBuilder::new()
        .with_crypto_provider(provider)
        .with_lite(config.ice == IceRole::Lite)
        .with_ice_credentials(config.local.ufrag.clone(), config.local.pwd.expose().clone())
        .with_answering_dtls_role(role)
        .with_srtp_protection_profiles(vec![SrtpProtectionProfile::Srtp_Aead_Aes_256_Gcm])
        .build()
}

/// A stream that we send, as a track.
pub(super) fn track(config: &PeerConfig, line: &Line, stream: &SendStream) -> MediaStreamTrack {
    let negotiated = config.codecs.iter().find(|codec| codec.format.kind() == line.kind);
    let coding = RTCRtpCodingParameters {
        ssrc: Some(stream.ssrc),
        rtx: stream.retransmission.map(|ssrc| RTCRtpRtxParameters { ssrc }),
        ..Default::default()
    };
    let encoding = RTCRtpEncodingParameters {
        rtp_coding_parameters: coding,
        active: true,
        codec: negotiated.map(codec).unwrap_or_default(),
        ..Default::default()
    };
    let name = format!("track-{}", line.mid);
    MediaStreamTrack::new("forwarded".to_owned(), name.clone(), name, kind(line.kind), vec![encoding])
}

/// A packet to be sent, with its m-line's name and its loudness where there are such extensions.
pub(super) fn packet(sent: RtpToSend<Bytes>, name: Option<(u8, Bytes)>, level: Option<u8>) -> Result<rtc::rtp::Packet> {
    let [.., high, low] = sent.sequence.to_be_bytes();
    let mut header = rtc::rtp::Header {
        version: 2,
        marker: sent.marker,
        payload_type: sent.payload_type,
        sequence_number: u16::from_be_bytes([high, low]),
        timestamp: sent.timestamp,
        ssrc: sent.ssrc,
        ..Default::default()
    };
    if let Some((id, name)) = name {
        header.set_extension(id, name)?;
    }
    if let (Some(id), Some(loud)) = (level, sent.extensions.audio_level) {
        let byte = (u8::from(loud.voice) << 7) | loud.below_full_db.min(127);
        header.set_extension(id, Bytes::copy_from_slice(&[byte]))?;
    }
    Ok(rtc::rtp::Packet { header, payload: sent.payload })
}

/// What is passed on of a packet's extensions.
pub(super) fn extensions(level: Option<&[u8]>) -> Extensions {
    let level = level.and_then(|bytes| bytes.first());
    let level = level.map(|byte| AudioLevel { below_full_db: byte & 0x7F, voice: byte & 0x80 != 0 });
    Extensions { audio_level: level, ..Extensions::default() }
}

/// The sequence number with its wraps, next to the highest so far.
pub(super) fn unwrap(highest: Option<u64>, sequence: u16) -> u64 {
    let Some(highest) = highest else { return u64::from(sequence) };
    let [.., high, low] = highest.to_be_bytes();
    let ahead = sequence.wrapping_sub(u16::from_be_bytes([high, low])).cast_signed();
    highest.saturating_add_signed(i64::from(ahead))
}

#[cfg(test)]
mod tests {
    use super::unwrap;

    #[test]
    fn wraps_are_counted_and_latecomers_are_not_taken_for_wraps() {
        assert_eq!(unwrap(None, 65_535), 65_535);
        assert_eq!(unwrap(Some(65_535), 0), 65_536);
        assert_eq!(unwrap(Some(65_536), 65_535), 65_535);
        assert_eq!(unwrap(Some(70_000), 4_465), 70_001);
    }
}
