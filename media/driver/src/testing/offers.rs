//! What browsers offer, as text.

use livekit_protocol::{JoinRequest, SessionDescription};

/// The first offer of a browser with one line of each kind.
pub const CHROMIUM_OFFER: &str = "v=0\r\n\
o=- 4611731400430051336 2 IN IP4 127.0.0.1\r\n\
s=-\r\n\
t=0 0\r\n\
a=group:BUNDLE 0 1 2\r\n\
a=extmap-allow-mixed\r\n\
a=msid-semantic: WMS\r\n\
m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n\
c=IN IP4 0.0.0.0\r\n\
a=ice-ufrag:Chrm\r\n\
a=ice-pwd:asd88fgpdd777uzjYhagZg1x\r\n\
a=ice-options:trickle\r\n\
a=fingerprint:sha-256 7B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08\r\n\
a=setup:actpass\r\n\
a=mid:0\r\n\
a=sctp-port:5000\r\n\
a=max-message-size:262144\r\n\
m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 110\r\n\
c=IN IP4 0.0.0.0\r\n\
a=rtcp:9 IN IP4 0.0.0.0\r\n\
a=ice-ufrag:Chrm\r\n\
a=ice-pwd:asd88fgpdd777uzjYhagZg1x\r\n\
a=fingerprint:sha-256 7B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08\r\n\
a=setup:actpass\r\n\
a=mid:1\r\n\
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n\
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n\
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n\
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n\
a=recvonly\r\n\
a=rtcp-mux\r\n\
a=rtcp-rsize\r\n\
a=rtpmap:111 opus/48000/2\r\n\
a=rtcp-fb:111 transport-cc\r\n\
a=fmtp:111 minptime=10;useinbandfec=1\r\n\
a=rtpmap:63 red/48000/2\r\n\
a=fmtp:63 111/111\r\n\
a=rtpmap:9 G722/8000\r\n\
a=rtpmap:0 PCMU/8000\r\n\
a=rtpmap:110 telephone-event/48000\r\n\
m=video 9 UDP/TLS/RTP/SAVPF 96 97 103 104 107 108 98 99 116\r\n\
c=IN IP4 0.0.0.0\r\n\
a=rtcp:9 IN IP4 0.0.0.0\r\n\
a=ice-ufrag:Chrm\r\n\
a=ice-pwd:asd88fgpdd777uzjYhagZg1x\r\n\
a=fingerprint:sha-256 7B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08\r\n\
a=setup:actpass\r\n\
a=mid:2\r\n\
a=extmap:14 urn:ietf:params:rtp-hdrext:toffset\r\n\
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n\
a=extmap:13 urn:3gpp:video-orientation\r\n\
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n\
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n\
a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n\
a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n\
a=recvonly\r\n\
a=rtcp-mux\r\n\
a=rtcp-rsize\r\n\
a=rtpmap:96 VP8/90000\r\n\
a=rtcp-fb:96 goog-remb\r\n\
a=rtcp-fb:96 transport-cc\r\n\
a=rtcp-fb:96 ccm fir\r\n\
a=rtcp-fb:96 nack\r\n\
a=rtcp-fb:96 nack pli\r\n\
a=rtpmap:97 rtx/90000\r\n\
a=fmtp:97 apt=96\r\n\
a=rtpmap:103 H264/90000\r\n\
a=rtcp-fb:103 nack\r\n\
a=fmtp:103 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n\
a=rtpmap:104 rtx/90000\r\n\
a=fmtp:104 apt=103\r\n\
a=rtpmap:107 H264/90000\r\n\
a=rtcp-fb:107 nack\r\n\
a=fmtp:107 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f\r\n\
a=rtpmap:108 rtx/90000\r\n\
a=fmtp:108 apt=107\r\n\
a=rtpmap:98 VP9/90000\r\n\
a=rtcp-fb:98 nack\r\n\
a=fmtp:98 profile-id=0\r\n\
a=rtpmap:99 rtx/90000\r\n\
a=fmtp:99 apt=98\r\n\
a=rtpmap:116 ulpfec/90000\r\n";

/// The same client, which now sends a voice on its first line and a picture with three layers on its second.
pub fn publishing_offer(voice: &str, picture: &str) -> String {
    let (head, rest) = CHROMIUM_OFFER.split_once("a=recvonly\r\n").expect("a line that receives");
    let (middle, tail) = rest.split_once("a=recvonly\r\n").expect("another line that receives");
    format!(
        "{head}a=sendonly\r\na=msid:- {voice}\r\na=ssrc:1000 cname:me\r\n{middle}a=sendonly\r\na=msid:- {picture}\r\n{tail}\
         a=rid:q send\r\na=rid:h send\r\na=rid:f send\r\na=simulcast:send q;h;f\r\n"
    )
}

/// A client that receives on so many lines of each kind, named from `m0` on, behind its data channels.
pub fn receiving_offer(voices: usize, pictures: usize) -> String {
    let (head, rest) = CHROMIUM_OFFER.split_once("m=audio").expect("a line for sound");
    let (audio, video) = rest.split_once("m=video").expect("a line for pictures");
    let line = |text: &str, kind: &str, old: &str, at: usize| {
        format!("m={kind}{}", text.replace(&format!("a=mid:{old}\r\n"), &format!("a=mid:m{at}\r\n")))
    };
    let sound = (0..voices).map(|at| line(audio, "audio", "1", at));
    let picture = (voices..voices + pictures).map(|at| line(video, "video", "2", at));
    let lines: String = sound.chain(picture).collect();
    format!("{head}{lines}")
}

/// A client that comes for the first time, and receives on one line of each kind.
pub fn coming() -> JoinRequest {
    let sdp = receiving_offer(1, 1);
    let offer = SessionDescription { r#type: "offer".to_owned(), sdp, id: 1, ..Default::default() };
    JoinRequest { publisher_offer: Some(offer), ..JoinRequest::default() }
}
