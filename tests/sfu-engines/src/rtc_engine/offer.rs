//! rtc speaks SDP and nothing else: what has been declared is written down as the offer that the client would have made.

use std::fmt::Write as _;

use veche_sfu::engine::{CodecFormat, DataChannels, MediaKind, Mid, PeerConfig, ReceiveStream, Rid, SendStream};

/// One m-line, as it has been declared.
pub(super) struct Line {
    pub(super) mid: Mid,
    pub(super) kind: MediaKind,
    pub(super) rids: Vec<Rid>,
    pub(super) received: Vec<ReceiveStream>,
    pub(super) sent: Vec<SendStream>,
    pub(super) is_removed: bool,
}

/// rtc's name of a codec.
pub(super) fn codec_name(format: CodecFormat) -> &'static str {
    match format {
        CodecFormat::Opus => "opus",
        CodecFormat::OpusRed => "red",
        CodecFormat::Vp8 => "VP8",
        CodecFormat::Vp9 => "VP9",
        CodecFormat::H264 => "H264",
        CodecFormat::H265 => "H265",
        CodecFormat::Av1 => "AV1",
    }
}

/// A fingerprint as SDP writes it.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

/// The offer, from the client's side: what we send he receives.
pub(super) fn offer(config: &PeerConfig, lines: &[Line], version: u64) -> String {
    let mut sdp = format!("v=0\r\no=- 4711 {version} IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n");
    let mids: Vec<String> = lines.iter().map(|line| line.mid.to_string()).collect();
    let data = if config.data == DataChannels::Negotiated { " data" } else { "" };
    let _ = write!(sdp, "a=group:BUNDLE {}{data}\r\na=msid-semantic: WMS *\r\n", mids.join(" "));
    for line in lines {
        media(&mut sdp, config, line);
    }
    if config.data == DataChannels::Negotiated {
        sdp.push_str("m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:data\r\n");
        transport(&mut sdp, config);
        sdp.push_str("a=sctp-port:5000\r\na=max-message-size:262144\r\n");
    }
    sdp
}

fn transport(sdp: &mut String, config: &PeerConfig) {
    let remote = &config.remote;
    let _ = write!(
        sdp,
        "a=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=fingerprint:{} {}\r\na=setup:active\r\n",
        remote.ufrag,
        remote.pwd.expose(),
        config.fingerprint.algorithm,
        hex(&config.fingerprint.bytes)
    );
}

fn media(sdp: &mut String, config: &PeerConfig, line: &Line) {
    let codecs = config.codecs.iter().filter(|codec| codec.format.kind() == line.kind);
    let numbers = codecs.clone().flat_map(|codec| [Some(codec.payload_type), codec.retransmission]);
    let numbers: Vec<String> = numbers.flatten().map(|number| number.to_string()).collect();
    let name = if line.kind == MediaKind::Audio { "audio" } else { "video" };
    let _ = write!(sdp, "m={name} 9 UDP/TLS/RTP/SAVPF {}\r\nc=IN IP4 0.0.0.0\r\n", numbers.join(" "));
    transport(sdp, config);
    let direction = match (line.is_removed, line.sent.is_empty()) {
        (true, _) => "inactive",
        (false, true) => "sendonly",
        (false, false) => "recvonly",
    };
    let _ = write!(sdp, "a=mid:{}\r\na={direction}\r\na=rtcp-mux\r\na=rtcp-rsize\r\n", line.mid);
    for (id, extension) in &config.extensions {
        let _ = write!(sdp, "a=extmap:{id} {}\r\n", extension.uri());
    }
    for codec in codecs {
        let (number, channels) = (codec.payload_type, if line.kind == MediaKind::Audio { "/2" } else { "" });
        let clock = codec.format.clock_rate_hz();
        let _ = write!(sdp, "a=rtpmap:{number} {}/{clock}{channels}\r\n", codec_name(codec.format));
        let _ = write!(sdp, "a=rtcp-fb:{number} transport-cc\r\n");
        if line.kind == MediaKind::Video {
            let _ = write!(sdp, "a=rtcp-fb:{number} nack\r\na=rtcp-fb:{number} nack pli\r\n");
        }
        if let Some(retransmission) = codec.retransmission {
            let _ = write!(sdp, "a=rtpmap:{retransmission} rtx/{clock}\r\na=fmtp:{retransmission} apt={number}\r\n");
        }
    }
    if !line.rids.is_empty() {
        let rids: Vec<String> = line.rids.iter().map(ToString::to_string).collect();
        for rid in &rids {
            let _ = write!(sdp, "a=rid:{rid} send\r\n");
        }
        let _ = write!(sdp, "a=simulcast:send {}\r\n", rids.join(";"));
    }
    for stream in &line.received {
        if let Some(retransmission) = stream.retransmission {
            let _ = write!(sdp, "a=ssrc-group:FID {} {retransmission}\r\n", stream.ssrc);
        }
        for ssrc in [Some(stream.ssrc), stream.retransmission].into_iter().flatten() {
            let _ = write!(sdp, "a=ssrc:{ssrc} cname:client\r\na=ssrc:{ssrc} msid:client {}\r\n", line.mid);
        }
    }
}
