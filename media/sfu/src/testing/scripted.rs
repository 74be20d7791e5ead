//! A peer without a network: a test says what it tells, and sees what it was asked. It insists on what the trait [`Peer`]
//! promises to engines.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::engine::{
    ChannelConfig, ChannelId, Data, EngineError, Event, FiveTuple, IceCredentials, MediaKind, Mid, Output, Peer,
    ReceiveStream, Rid, RtpToSend, SendStream,
};

/// How long it is content when nothing is said.
const REST: Duration = Duration::from_secs(1);
/// The first sequence number of a stream is below this.
const FIRST_SEQUENCE_MAX: u64 = 1 << 16;

/// See the module.
#[derive(Debug, Default)]
pub struct ScriptedPeer {
    /// What was written to it, in order.
    pub written: Vec<RtpToSend<Arc<[u8]>>>,
    /// The layers whose keyframes were asked for.
    pub keyframes_asked: Vec<(Mid, Option<Rid>)>,
    /// How much would be sent.
    pub desired_bps: u64,
    /// What was sent over its data channels.
    pub sent_data: Vec<(ChannelId, Vec<u8>)>,
    /// The names of the channels that it was told to open.
    pub opened: Vec<String>,
    /// How many places it was told to look at.
    pub candidates: usize,
    /// Whether it was told to say goodbye.
    pub is_closed: bool,
    says: VecDeque<Result<Event<Arc<[u8]>>, EngineError>>,
    media: BTreeSet<Mid>,
    streams: BTreeMap<u32, (Mid, Option<u64>)>,
    now: Duration,
    must_be_polled: bool,
    is_broken: bool,
}

impl ScriptedPeer {
    /// The next thing that it tells when it is asked.
    pub fn say(&mut self, event: Event<Arc<[u8]>>) {
        self.says.push_back(Ok(event));
    }

    /// The next time it is asked, it fails.
    pub fn fail(&mut self) {
        self.says.push_back(Err(EngineError::Ended("as the test wants it".to_owned())));
    }

    /// The next time it is asked, it panics, as an engine with an error in it would.
    pub fn break_down(&mut self) {
        self.is_broken = true;
    }

    /// Whether it has this m-line.
    #[must_use]
    pub fn has_media(&self, mid: Mid) -> bool {
        self.media.contains(&mid)
    }

    /// # Panics
    /// If the engine's rule is broken that a peer is polled until it names a time before it is fed again.
    fn feed(&mut self, now: Duration) {
        assert!(!self.must_be_polled, "it was changed and not polled until it named a time");
        self.must_be_polled = true;
        self.now = self.now.max(now);
    }
}

impl Peer for ScriptedPeer {
    type Payload = Arc<[u8]>;

    fn handle_input(&mut self, now: Duration, _tuple: &FiveTuple, bytes: &[u8]) -> Result<(), EngineError> {
        self.feed(now);
        if bytes.is_empty() { Err(EngineError::Foreign) } else { Ok(()) }
    }

    fn handle_timeout(&mut self, now: Duration) -> Result<(), EngineError> {
        self.feed(now);
        Ok(())
    }

    fn poll(&mut self) -> Result<Output<Arc<[u8]>>, EngineError> {
        assert!(!self.is_broken, "it breaks, as the test wants it");
        match self.says.pop_front() {
            Some(said) => said.map(Output::Event),
            None => {
                self.must_be_polled = false;
                Ok(Output::Timeout(self.now + REST))
            }
        }
    }

    fn add_media(&mut self, mid: Mid, _kind: MediaKind, _rids: &[Rid]) -> Result<(), EngineError> {
        if self.media.insert(mid) { Ok(()) } else { Err(EngineError::MediaExists) }
    }

    fn remove_media(&mut self, mid: Mid) {
        self.media.remove(&mid);
        self.streams.retain(|_, (of, _)| *of != mid);
    }

    fn receive_stream(&mut self, mid: Mid, _stream: ReceiveStream) -> Result<(), EngineError> {
        if self.media.contains(&mid) { Ok(()) } else { Err(EngineError::Unknown("m-line")) }
    }

    fn send_stream(&mut self, mid: Mid, stream: SendStream) -> Result<(), EngineError> {
        if !self.media.contains(&mid) {
            return Err(EngineError::Unknown("m-line"));
        }
        self.streams.entry(stream.ssrc).or_insert((mid, None));
        Ok(())
    }

    fn stop_stream(&mut self, ssrc: u32) {
        self.streams.remove(&ssrc);
    }

    fn write_rtp(&mut self, now: Duration, packet: RtpToSend<Arc<[u8]>>) -> Result<(), EngineError> {
        let (_, last) = self.streams.get_mut(&packet.ssrc).ok_or(EngineError::Unknown("stream"))?;
        if last.is_none() && packet.sequence >= FIRST_SEQUENCE_MAX {
            return Err(EngineError::Unsupported("a stream that begins with a wrapped sequence number"));
        }
        *last = Some(packet.sequence);
        self.now = self.now.max(now);
        self.must_be_polled = true;
        self.written.push(packet);
        Ok(())
    }

    fn request_keyframe(&mut self, mid: Mid, rid: Option<Rid>) {
        self.keyframes_asked.push((mid, rid));
    }

    fn set_desired_bitrate(&mut self, bits_per_second: u64) {
        self.desired_bps = bits_per_second;
    }

    fn add_remote_candidate(&mut self, _candidate: &str) -> Result<(), EngineError> {
        self.candidates += 1;
        Ok(())
    }

    fn restart_ice(&mut self, _local: &IceCredentials, _remote: &IceCredentials) {}

    fn open_channel(&mut self, channel: &ChannelConfig) -> Result<ChannelId, EngineError> {
        self.opened.push(channel.label.clone());
        Ok(ChannelId(self.opened.len()))
    }

    fn send_data(&mut self, channel: ChannelId, data: Data<'_>) -> Result<(), EngineError> {
        let bytes = match data {
            Data::Text(text) => text.as_bytes(),
            Data::Binary(bytes) => bytes,
        };
        self.sent_data.push((channel, bytes.to_vec()));
        Ok(())
    }

    fn close(&mut self) {
        self.is_closed = true;
    }
}
