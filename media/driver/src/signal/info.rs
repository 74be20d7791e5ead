//! What clients are told about rooms, tracks and the server, in LiveKit's words.

use livekit_protocol::{
    AddTrackRequest, ClientInfo, ServerInfo, SimulcastCodec, SimulcastCodecInfo, TimedVersion, TrackInfo, TrackSource,
    TrackType, VideoLayer, VideoQuality, encryption, server_info, video_layer,
};
use veche_sfu::engine::{CodecFormat, MediaKind, Rid};
use veche_sfu::{LAYERS_MAX, LayerConfig, Layering, Quality, Source};

/// The version of LiveKit's protocol that we speak. Clients switch on what a server of this version can do.
const PROTOCOL: i32 = 16;
/// Clients refuse servers without a version, and compare it with those of LiveKit's server that had faults.
const LIKE_LIVEKIT_VERSION: &str = "1.13.5";
/// Longer names of tracks and streams are cut: they are for people.
const TRACK_NAME_CHARS_MAX: usize = 256;
/// The longest name of a browser that is remembered.
const BROWSER_CHARS_MAX: usize = 64;
/// The longest name of a layer that is passed on.
const RID_CHARS_MAX: usize = 8;
/// What a layer is believed to take if its publisher does not say.
const BITS_PER_SECOND: [u64; 3] = [150_000, 500_000, 1_700_000];
/// The same for a voice.
const VOICE_BITS_PER_SECOND: u64 = 32_000;

/// Who serves.
pub(crate) fn server() -> ServerInfo {
    ServerInfo {
        edition: server_info::Edition::Standard.into(),
        version: LIKE_LIVEKIT_VERSION.to_owned(),
        protocol: PROTOCOL,
        ..ServerInfo::default()
    }
}

/// Whole seconds of a time in milliseconds.
pub(crate) fn seconds(ms: u64) -> i64 {
    i64::try_from(ms / 1_000).unwrap_or(i64::MAX)
}

/// Where a track comes from. What a client does not tell is taken for camera or microphone.
pub(crate) fn source(request: &AddTrackRequest) -> Option<Source> {
    let kind = match TrackType::try_from(request.r#type) {
        Ok(TrackType::Audio) => MediaKind::Audio,
        Ok(TrackType::Video) => MediaKind::Video,
        Ok(TrackType::Data) | Err(_) => return None,
    };
    let source = match (TrackSource::try_from(request.source).unwrap_or(TrackSource::Unknown), kind) {
        (TrackSource::ScreenShare, MediaKind::Video) => Source::Screen,
        (TrackSource::ScreenShareAudio, MediaKind::Audio) => Source::ScreenAudio,
        (_, MediaKind::Video) => Source::Camera,
        (_, MediaKind::Audio) => Source::Microphone,
    };
    Some(source)
}

/// The number of a source.
pub(crate) fn source_number(source: Source) -> i32 {
    let source = match source {
        Source::Microphone => TrackSource::Microphone,
        Source::Camera => TrackSource::Camera,
        Source::Screen => TrackSource::ScreenShare,
        Source::ScreenAudio => TrackSource::ScreenShareAudio,
    };
    source.into()
}

/// The source of a number, if there is one.
pub(crate) fn source_of_number(number: i32) -> Option<Source> {
    match TrackSource::try_from(number) {
        Ok(TrackSource::Microphone) => Some(Source::Microphone),
        Ok(TrackSource::Camera) => Some(Source::Camera),
        Ok(TrackSource::ScreenShare) => Some(Source::Screen),
        Ok(TrackSource::ScreenShareAudio) => Some(Source::ScreenAudio),
        Ok(TrackSource::Unknown) | Err(_) => None,
    }
}

/// Where a published track comes from, as [`source`] has taken it.
pub(crate) fn source_of(track: &TrackInfo) -> Option<Source> {
    source(&AddTrackRequest { r#type: track.r#type, source: track.source, ..AddTrackRequest::default() })
}

/// The description of a track that was announced.
pub(crate) fn track(sid: String, request: &AddTrackRequest, wall_ms: u64) -> TrackInfo {
    let cut = |text: &str| text.chars().take(TRACK_NAME_CHARS_MAX).collect::<String>();
    let codecs = request.simulcast_codecs.iter().take(1).map(|codec| SimulcastCodecInfo {
        cid: codec.cid.clone(),
        layers: layers_told(&codec.layers),
        video_layer_mode: video_layer::Mode::OneSpatialLayerPerStream.into(),
        ..SimulcastCodecInfo::default()
    });
    #[expect(deprecated, reason = "clients of today still read it")]
    TrackInfo {
        sid,
        r#type: request.r#type,
        name: cut(&request.name),
        muted: request.muted,
        width: request.width,
        height: request.height,
        simulcast: request.layers.len() > 1,
        disable_dtx: request.disable_dtx,
        source: request.source,
        layers: layers_told(&request.layers),
        codecs: codecs.collect(),
        stereo: request.stereo,
        disable_red: request.disable_red,
        encryption: request.encryption,
        stream: cut(&request.stream),
        version: Some(TimedVersion { unix_micro: i64::try_from(wall_ms.saturating_mul(1_000)).unwrap_or(0), ticks: 0 }),
        audio_features: request.audio_features.iter().copied().take(16).collect(),
        backup_codec_policy: request.backup_codec_policy,
        ..TrackInfo::default()
    }
}

/// Whether a track's publisher may send redundant sound. What is end-to-end encrypted could not be unpacked for those who cannot
/// do it themselves.
pub(crate) fn may_be_redundant(info: &TrackInfo) -> bool {
    !info.disable_red && info.encryption == i32::from(encryption::Type::None)
}

/// What is looked at of what a client says of itself.
pub(crate) fn remembered_client(client: &ClientInfo) -> ClientInfo {
    let browser = client.browser.chars().take(BROWSER_CHARS_MAX).collect();
    ClientInfo { browser, client_protocol: client.client_protocol, ..ClientInfo::default() }
}

/// What is looked at of what a client wants to publish, once it does: not all that it has written.
pub(crate) fn remembered(request: &AddTrackRequest) -> AddTrackRequest {
    let named = request.simulcast_codecs.iter().take(1);
    AddTrackRequest {
        cid: request.cid.clone(),
        r#type: request.r#type,
        source: request.source,
        width: request.width,
        height: request.height,
        muted: request.muted,
        layers: layers_told(&request.layers),
        simulcast_codecs: named.map(|it| SimulcastCodec { cid: it.cid.clone(), ..SimulcastCodec::default() }).collect(),
        ..AddTrackRequest::default()
    }
}

fn layers_told(layers: &[VideoLayer]) -> Vec<VideoLayer> {
    let told = layers.iter().take(LAYERS_MAX).enumerate();
    let told = told.map(|(at, layer)| VideoLayer {
        spatial_layer: i32::try_from(at).unwrap_or(0),
        rid: layer.rid.chars().take(RID_CHARS_MAX).collect(),
        ..layer.clone()
    });
    told.collect()
}

/// What MIME calls a codec.
pub(crate) fn mime_type(format: CodecFormat) -> &'static str {
    match format {
        CodecFormat::Opus => "audio/opus",
        CodecFormat::OpusRed => "audio/red",
        CodecFormat::Vp8 => "video/VP8",
        CodecFormat::Vp9 => "video/VP9",
        CodecFormat::H264 => "video/H264",
        CodecFormat::H265 => "video/H265",
        CodecFormat::Av1 => "video/AV1",
    }
}

/// How the layers of a track come. Clients that announce several and offer one stream put them all into it, which these codecs
/// can.
pub(crate) fn layering(request: &AddTrackRequest, format: CodecFormat, rids: &[Rid]) -> Layering {
    let is_scalable = matches!(format, CodecFormat::Vp9 | CodecFormat::Av1);
    if is_scalable && rids.len() <= 1 && request.layers.len() > 1 { Layering::Spatial } else { Layering::Streams }
}

/// Says of a published track that its layers come in one stream.
pub(crate) fn tell_spatial(info: &mut TrackInfo) {
    let number = |layers: &mut Vec<VideoLayer>| layers.iter_mut().for_each(|layer| layer.spatial_layer = layer.quality);
    #[expect(deprecated, reason = "clients of today still read it")]
    number(&mut info.layers);
    if let Some(codec) = info.codecs.first_mut() {
        codec.video_layer_mode = video_layer::Mode::MultipleSpatialLayersPerStream.into();
        number(&mut codec.layers);
    }
}

/// The layers of a track as forwarding knows them: those that the offer names, with the sizes that were announced; or those
/// that were announced, if they come in one stream.
pub(crate) fn layers(request: &AddTrackRequest, kind: MediaKind, rids: &[Rid], layering: Layering) -> Vec<LayerConfig> {
    let single = |bits_per_second| LayerConfig {
        quality: Quality::High,
        rid: rids.first().copied(),
        width: request.width,
        height: request.height,
        bits_per_second,
    };
    match (kind, rids.len()) {
        (MediaKind::Audio, _) => vec![LayerConfig { rid: None, ..single(VOICE_BITS_PER_SECOND) }],
        (MediaKind::Video, _) if layering == Layering::Spatial => {
            let qualities = [Quality::Low, Quality::Medium, Quality::High].into_iter().enumerate();
            let is_told = |(_, quality): &(usize, Quality)| {
                request.layers.iter().any(|layer| layer.quality == i32::from(quality_number(*quality)))
            };
            let told = qualities.filter(is_told);
            told.map(|(at, quality)| LayerConfig { rid: rids.first().copied(), ..sized(request, quality, at) })
                .collect()
        }
        (MediaKind::Video, 0 | 1) => vec![single(announced(request, None).unwrap_or(BITS_PER_SECOND[2]))],
        (MediaKind::Video, _) => {
            let mut layers: Vec<LayerConfig> =
                rids.iter().take(3).enumerate().map(|(at, rid)| layer(request, *rid, at)).collect();
            layers.sort_by_key(|layer| layer.quality);
            layers.dedup_by_key(|layer| layer.quality);
            layers
        }
    }
}

fn layer(request: &AddTrackRequest, rid: Rid, at: usize) -> LayerConfig {
    let place = match rid.as_str() {
        "q" => 0,
        "h" => 1,
        "f" => 2,
        _ => at,
    };
    let quality = [Quality::Low, Quality::Medium, Quality::High][place];
    LayerConfig { rid: Some(rid), ..sized(request, quality, place) }
}

fn sized(request: &AddTrackRequest, quality: Quality, place: usize) -> LayerConfig {
    let number: i32 = quality_number(quality).into();
    let told = request.layers.iter().find(|layer| layer.quality == number);
    // Each smaller layer is usually half of the next.
    let part = 1 << (2 - place);
    let (width, height) = told.map_or((request.width / part, request.height / part), |it| (it.width, it.height));
    let bits_per_second = announced(request, Some(number)).unwrap_or(BITS_PER_SECOND[place]);
    LayerConfig { quality, rid: None, width, height, bits_per_second }
}

/// What a layer takes as its publisher says, all of them if none is named.
fn announced(request: &AddTrackRequest, quality: Option<i32>) -> Option<u64> {
    let layers = request.layers.iter().filter(|layer| quality.is_none_or(|number| layer.quality == number));
    layers.map(|layer| u64::from(layer.bitrate)).max().filter(|bits_per_second| *bits_per_second > 0)
}

/// A quality in LiveKit's words.
pub(crate) fn quality_number(quality: Quality) -> VideoQuality {
    match quality {
        Quality::Low => VideoQuality::Low,
        Quality::Medium => VideoQuality::Medium,
        Quality::High => VideoQuality::High,
    }
}

/// A quality that a subscriber asks for. Nothing for `OFF`.
pub(crate) fn quality(number: i32) -> Option<Quality> {
    match VideoQuality::try_from(number).unwrap_or(VideoQuality::High) {
        VideoQuality::Low => Some(Quality::Low),
        VideoQuality::Medium => Some(Quality::Medium),
        VideoQuality::High => Some(Quality::High),
        VideoQuality::Off => None,
    }
}

/// What belongs together, so that lips and voice are shown at the same time: a participant's camera and microphone, his
/// screen and its sound, or what he has named himself.
pub(crate) fn group(participant: &str, info: &TrackInfo, by_track: bool) -> String {
    if by_track {
        return format!("{participant}|{}", info.sid);
    }
    let named = match TrackSource::try_from(info.source) {
        _ if !info.stream.is_empty() => info.stream.as_str(),
        Ok(TrackSource::Camera | TrackSource::Microphone) => "camera",
        Ok(TrackSource::ScreenShare | TrackSource::ScreenShareAudio) => "screen",
        Ok(TrackSource::Unknown) | Err(_) => info.sid.as_str(),
    };
    format!("{participant}|{}", named.replace(|letter: char| !letter.is_ascii_graphic(), "_"))
}

#[cfg(test)]
mod tests {
    use livekit_protocol::{AddTrackRequest, TrackInfo, TrackSource, TrackType, VideoLayer};
    use veche_sfu::engine::{CodecFormat, MediaKind, Rid};
    use veche_sfu::{Layering, Quality, Source};

    use super::{group, layering, layers, source};

    fn rids(names: &[&str]) -> Vec<Rid> {
        names.iter().map(|name| Rid::new(name).unwrap()).collect()
    }

    fn camera() -> AddTrackRequest {
        let layer = |quality, width, bitrate| VideoLayer {
            quality,
            width,
            height: width / 2,
            bitrate,
            ..VideoLayer::default()
        };
        AddTrackRequest {
            r#type: TrackType::Video.into(),
            source: TrackSource::Camera.into(),
            width: 1_280,
            height: 640,
            layers: vec![layer(0, 320, 120_000), layer(1, 640, 0), layer(2, 1_280, 1_000_000)],
            ..AddTrackRequest::default()
        }
    }

    #[test]
    fn layers_are_those_of_the_offer_with_the_sizes_that_were_announced() {
        let told: Vec<_> = layers(&camera(), MediaKind::Video, &rids(&["f", "q", "h"]), Layering::Streams)
            .iter()
            .map(|layer| (layer.quality, layer.width, layer.bits_per_second))
            .collect();
        assert_eq!(
            told,
            [(Quality::Low, 320, 120_000), (Quality::Medium, 640, 500_000), (Quality::High, 1_280, 1_000_000)]
        );
        let silent = AddTrackRequest { layers: Vec::new(), ..camera() };
        let guessed = layers(&silent, MediaKind::Video, &rids(&["q", "h"]), Layering::Streams);
        assert_eq!(guessed.iter().map(|layer| layer.width).collect::<Vec<_>>(), [320, 640]);
        let one = layers(&camera(), MediaKind::Video, &[], Layering::Streams);
        assert_eq!(
            (one.len(), one[0].quality, one[0].rid, one[0].bits_per_second),
            (1, Quality::High, None, 1_000_000)
        );
    }

    #[test]
    fn layers_that_come_in_one_stream_are_those_that_were_announced() {
        use CodecFormat::{Av1, Vp8, Vp9};
        let of = |format, names: &[&str]| layering(&camera(), format, &rids(names));
        assert_eq!([of(Vp9, &[]), of(Av1, &[]), of(Vp9, &["f"])], [Layering::Spatial; 3]);
        assert_eq!([of(Vp8, &[]), of(Vp9, &["q", "h", "f"])], [Layering::Streams; 2]);
        // LiveKit's clients name the best first, and two layers low and medium.
        let mut request = camera();
        request.layers.reverse();
        request.layers.remove(0);
        let told = layers(&request, MediaKind::Video, &[], Layering::Spatial);
        let told: Vec<_> = told.iter().map(|layer| (layer.quality, layer.width, layer.rid)).collect();
        assert_eq!(told, [(Quality::Low, 320, None), (Quality::Medium, 640, None)]);
        request.layers.remove(0);
        assert_eq!(layering(&request, Vp9, &[]), Layering::Streams, "one is no choice");
    }

    #[test]
    fn a_track_that_says_little_is_a_camera_or_a_microphone() {
        let of = |kind: TrackType, from: TrackSource| {
            source(&AddTrackRequest { r#type: kind.into(), source: from.into(), ..AddTrackRequest::default() })
        };
        assert_eq!(of(TrackType::Audio, TrackSource::Unknown), Some(Source::Microphone));
        assert_eq!(of(TrackType::Audio, TrackSource::ScreenShareAudio), Some(Source::ScreenAudio));
        assert_eq!(of(TrackType::Audio, TrackSource::Camera), Some(Source::Microphone));
        assert_eq!(of(TrackType::Video, TrackSource::ScreenShare), Some(Source::Screen));
        assert_eq!(of(TrackType::Data, TrackSource::Unknown), None);
    }

    #[test]
    fn what_belongs_together_is_said_unless_the_browser_would_lose_the_track() {
        let info = |source: TrackSource, stream: &str| TrackInfo {
            sid: "TR_1".to_owned(),
            source: source.into(),
            stream: stream.to_owned(),
            ..TrackInfo::default()
        };
        assert_eq!(group("PA_1", &info(TrackSource::Camera, ""), false), "PA_1|camera");
        assert_eq!(group("PA_1", &info(TrackSource::Microphone, ""), false), "PA_1|camera");
        assert_eq!(group("PA_1", &info(TrackSource::ScreenShareAudio, ""), false), "PA_1|screen");
        assert_eq!(group("PA_1", &info(TrackSource::Camera, "my \r\nstream"), false), "PA_1|my___stream");
        assert_eq!(group("PA_1", &info(TrackSource::Camera, ""), true), "PA_1|TR_1");
    }
}
