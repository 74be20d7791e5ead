//! One participant as the signaling knows him: his connection's lines, what he has announced and published, what he wants of
//! others, and where messages for him go.

use std::collections::BTreeMap;
use std::time::Duration;

use livekit_protocol::signal_response::Message;
use livekit_protocol::{
    AddTrackRequest, ClientInfo, ConnectionQuality, ParticipantInfo, ParticipantPermission, SignalResponse,
    SubscriptionPermission, TrackInfo, participant_info,
};
use prost::Message as _;
use veche_sfu::engine::{ChannelId, CodecFormat, Condition, IceCredentials, SendStream};
use veche_sfu::{ParticipantId, PublicationId, SubscriptionId, Wish};

use super::codecs::{Agreement, with_redundancy};
use super::grants::Grants;
use super::info;
use super::sdp::OfferedLine;

/// Messages of a client in a row, and in a second for ever. A long one counts as one for each so many bytes.
const MESSAGES_IN_A_ROW_MAX: u32 = 600;
const MESSAGES_PER_SECOND: u32 = 60;
const MESSAGE_UNIT_BYTES: usize = 16 * 1_024;

/// Places at which a client may be reached, over one connection, for ever. What is named later is no loss: he comes to us.
const CANDIDATES_MAX: usize = 1_000;

/// Up to here sound and pictures are as good as they get: what is lost is sent again in time.
const GOOD_LOST_PERMILLE: u16 = 20;
const GOOD_ROUND_TRIP: Duration = Duration::from_millis(250);
/// Beyond this people notice.
const POOR_LOST_PERMILLE: u16 = 80;
const POOR_ROUND_TRIP: Duration = Duration::from_millis(500);

/// Where messages for a client go. Dropping it closes the connection, after what was sent before.
pub trait Outbox: Send {
    /// Sends a message; false if the client does not keep up, or has gone.
    fn send(&self, message: Vec<u8>) -> bool;
}

/// One participant on the signaling's side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SessionId(pub(crate) u64);

/// Whether there is a connection of media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Not yet.
    Joined,
    /// There has been one.
    Active,
}

/// See the module.
pub(crate) struct Session {
    pub(crate) sid: String,
    pub(crate) grants: Grants,
    /// Whether rights were set for him in this call, beyond which his token gives him none.
    pub(crate) is_limited: bool,
    pub(crate) client: ClientInfo,
    pub(crate) phase: Phase,
    pub(crate) joined_ms: u64,
    /// The same by the monotonic clock, and when there was a connection of media first.
    pub(crate) joined_at: Duration,
    pub(crate) connected_at: Option<Duration>,
    /// Counts what others were told of him.
    pub(crate) version: u32,
    pub(crate) auto_subscribe: bool,
    /// The connection that the client offers: everything, or what he publishes if there is a second one.
    pub(crate) connection: Option<Connection>,
    /// The connection over which he gets what others publish, if his client has one for that alone.
    pub(crate) downlink: Option<Downlink>,
    /// Announced, and not seen in an offer yet.
    pub(crate) announced: Vec<Announced>,
    pub(crate) tracks: Vec<Track>,
    /// What he wants of others, by track.
    pub(crate) wants: BTreeMap<String, Want>,
    /// Who may subscribe to his tracks; everybody, if he has said nothing.
    pub(crate) permission: Option<SubscriptionPermission>,
    /// Toward him; and from him, if there is only one connection.
    pub(crate) channels: Channels,
    /// From him, if there are two.
    pub(crate) spoken_channels: Channels,
    pub(crate) reoffer: Reoffer,
    /// How his way fares, and what the others were told of it.
    pub(crate) condition: Condition,
    pub(crate) told_quality: Option<ConnectionQuality>,
    /// Since when there is no connection of signaling.
    pub(crate) unheard_since: Option<Duration>,
    /// Since when there is no connection of media.
    pub(crate) unreachable_since: Option<Duration>,
    outbox: Option<Box<dyn Outbox>>,
    allowance: u32,
    allowance_at: Duration,
}

/// A peer connection of his.
pub(crate) struct Connection {
    /// Its end here. There is none before an offer of ours has been answered.
    pub(crate) participant: Option<ParticipantId>,
    pub(crate) agreement: Agreement,
    pub(crate) local: IceCredentials,
    pub(crate) remote_ufrag: String,
    pub(crate) is_lite: bool,
    pub(crate) is_dtls_client: bool,
    /// What each m-line is used for, by its place in the offer.
    pub(crate) lines: Vec<Line>,
    /// What was offered last, by the client or by us.
    pub(crate) offered: Vec<OfferedLine>,
    /// How many places were named at which the client may be reached.
    pub(crate) candidates: usize,
}

impl Connection {
    /// Whether one more place is looked at.
    pub(crate) fn takes_candidate(&mut self) -> bool {
        self.candidates += 1;
        self.candidates <= CANDIDATES_MAX
    }

    /// Takes a later description of the client's: whether he begins ICE anew, and so do we.
    pub(crate) fn follow(&mut self, theirs: &IceCredentials) -> bool {
        let is_anew = self.remote_ufrag != theirs.ufrag;
        self.remote_ufrag.clone_from(&theirs.ufrag);
        is_anew
    }
}

/// A connection that we offer.
pub(crate) struct Downlink {
    pub(crate) connection: Connection,
    /// The number of our last offer; they are counted from one.
    pub(crate) number: u32,
    /// ICE begins anew with the next offer.
    pub(crate) is_restarting: bool,
}

/// What an m-line is used for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// Nothing.
    Idle,
    /// He sends this track.
    Publishes(String),
    /// He gets this track.
    Receives {
        track: String,
        subscription: SubscriptionId,
        stream: SendStream,
        /// What belongs together, for the answer.
        group: String,
    },
    /// He is to get this track, which has been offered to him.
    Offered { track: String, stream: SendStream, group: String },
    /// He got a track that has ended. A client notices another on the same line only if it was told of the end before.
    Ended,
    /// Its end has been offered.
    EndOffered,
}

impl Line {
    /// Whether he gets this track on it, or is about to.
    pub(crate) fn carries(&self, sid: &str) -> bool {
        matches!(self, Self::Receives { track, .. } | Self::Offered { track, .. } if track == sid)
    }

    /// The stream that is sent on it.
    pub(crate) fn stream(&self) -> Option<SendStream> {
        match self {
            Self::Receives { stream, .. } | Self::Offered { stream, .. } => Some(*stream),
            Self::Idle | Self::Publishes(_) | Self::Ended | Self::EndOffered => None,
        }
    }
}

/// A track that a client wants to publish.
pub(crate) struct Announced {
    pub(crate) request: AddTrackRequest,
    pub(crate) info: TrackInfo,
}

/// A published track.
pub(crate) struct Track {
    pub(crate) info: TrackInfo,
    pub(crate) cid: String,
    pub(crate) publication: PublicationId,
    /// Whether its publisher has been told that somebody gets it.
    pub(crate) is_told_subscribed: bool,
}

/// What somebody wants of a track.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Want {
    /// Whether he wants it at all.
    pub(crate) is_subscribed: bool,
    /// How.
    pub(crate) wish: Wish,
    /// What serves it.
    pub(crate) subscription: Option<SubscriptionId>,
    /// It cannot be served: he has no codec for it.
    pub(crate) is_hopeless: bool,
}

/// The data channels of a connection.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Channels {
    pub(crate) reliable: Option<ChannelId>,
    pub(crate) lossy: Option<ChannelId>,
}

/// Whether an offer is needed, because something is to be sent on lines that were not negotiated for it: the client's, or ours
/// to a client that is offered what it gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Reoffer {
    /// No.
    #[default]
    Unneeded,
    /// Yes, and he neither was asked for one nor has one of ours.
    Needed,
    /// He was asked for one, or got ours, at this time, and has not answered.
    Asked(Duration),
}

impl Session {
    /// Somebody who has just come.
    pub(crate) fn new(sid: String, grants: Grants, client: ClientInfo, outbox: Box<dyn Outbox>, now: Duration) -> Self {
        Self {
            sid,
            grants,
            is_limited: false,
            client,
            phase: Phase::Joined,
            joined_ms: 0,
            joined_at: now,
            connected_at: None,
            version: 0,
            auto_subscribe: true,
            connection: None,
            downlink: None,
            announced: Vec::new(),
            tracks: Vec::new(),
            wants: BTreeMap::new(),
            permission: None,
            channels: Channels::default(),
            spoken_channels: Channels::default(),
            reoffer: Reoffer::Unneeded,
            condition: Condition::default(),
            told_quality: None,
            unheard_since: None,
            unreachable_since: Some(now),
            outbox: Some(outbox),
            allowance: MESSAGES_IN_A_ROW_MAX,
            allowance_at: now,
        }
    }

    /// Sends a message, if there is a connection. One that does not keep up is given up; the client will come back.
    pub(crate) fn send(&mut self, message: Message, now: Duration) {
        let Some(outbox) = &self.outbox else { return };
        let bytes = SignalResponse { message: Some(message) }.encode_to_vec();
        if !outbox.send(bytes) {
            self.hang_up(now);
        }
    }

    /// The connection of signaling has ended, or is to end.
    pub(crate) fn hang_up(&mut self, now: Duration) {
        self.outbox = None;
        self.unheard_since.get_or_insert(now);
    }

    /// The client has come back on another connection of signaling.
    pub(crate) fn take_outbox(&mut self, outbox: Box<dyn Outbox>) {
        self.outbox = Some(outbox);
        self.unheard_since = None;
    }

    /// Takes what a newer token says of his rights, as far as nobody has limited them. What he has changed of himself stays.
    pub(crate) fn regrant(&mut self, grants: Grants) {
        let before = std::mem::replace(&mut self.grants, grants);
        if self.is_limited {
            self.limit(&before);
        }
        let now = &mut self.grants;
        (now.name, now.metadata, now.attributes) = (before.name, before.metadata, before.attributes);
    }

    /// Takes away what goes beyond these rights, which were set for him.
    pub(crate) fn limit(&mut self, rights: &Grants) {
        self.is_limited = true;
        let now = &mut self.grants;
        let mut sources = rights.can_publish_sources.clone();
        let named = sources.len();
        sources.retain(|source| now.allows(*source));
        now.can_publish &= rights.can_publish && (named == 0 || !sources.is_empty());
        if named > 0 {
            now.can_publish_sources = sources;
        }
        now.can_subscribe &= rights.can_subscribe;
        now.can_publish_data &= rights.can_publish_data;
        now.can_update_own_metadata &= rights.can_update_own_metadata;
    }

    /// Whether one more message of the client is taken, of this length.
    pub(crate) fn may_speak(&mut self, now: Duration, bytes: usize) -> bool {
        let earned = now.saturating_sub(self.allowance_at).as_millis() * u128::from(MESSAGES_PER_SECOND) / 1_000;
        if earned > 0 {
            self.allowance =
                self.allowance.saturating_add(u32::try_from(earned).unwrap_or(u32::MAX)).min(MESSAGES_IN_A_ROW_MAX);
            self.allowance_at = now;
        }
        let cost = u32::try_from(1 + bytes / MESSAGE_UNIT_BYTES).unwrap_or(u32::MAX);
        let may_speak = self.allowance >= cost;
        self.allowance = self.allowance.saturating_sub(cost);
        may_speak
    }

    /// The connection over which he gets what others publish.
    pub(crate) fn receiving(&self) -> Option<&Connection> {
        self.downlink.as_ref().map(|downlink| &downlink.connection).or(self.connection.as_ref())
    }

    /// The same, to be changed.
    pub(crate) fn receiving_mut(&mut self) -> Option<&mut Connection> {
        self.downlink.as_mut().map(|downlink| &mut downlink.connection).or(self.connection.as_mut())
    }

    /// His connections: one, or two.
    pub(crate) fn connections_mut(&mut self) -> impl Iterator<Item = &mut Connection> {
        self.connection.iter_mut().chain(self.downlink.as_mut().map(|downlink| &mut downlink.connection))
    }

    /// As whom the call knows him when he publishes.
    pub(crate) fn publisher(&self) -> Option<ParticipantId> {
        self.connection.as_ref()?.participant
    }

    /// As whom the call knows him when he gets what others publish; this is what tells whether he is reached. The same as
    /// [`Session::publisher`] if he has one connection.
    pub(crate) fn subscriber(&self) -> Option<ParticipantId> {
        self.receiving()?.participant
    }

    /// As whom he takes part: once, or twice.
    pub(crate) fn participants(&self) -> impl Iterator<Item = ParticipantId> + use<> {
        let second = self.publisher().filter(|publisher| self.subscriber() != Some(*publisher));
        self.subscriber().into_iter().chain(second)
    }

    /// Whether this participant is he.
    pub(crate) fn is(&self, participant: ParticipantId) -> bool {
        [self.publisher(), self.subscriber()].contains(&Some(participant))
    }

    /// The data channels that this participant of his opened.
    pub(crate) fn channels_of(&mut self, participant: ParticipantId) -> &mut Channels {
        if self.subscriber() == Some(participant) { &mut self.channels } else { &mut self.spoken_channels }
    }

    /// One of his tracks.
    pub(crate) fn track(&self, sid: &str) -> Option<&Track> {
        self.tracks.iter().find(|track| track.info.sid == sid)
    }

    /// In which codec he sends one of his tracks, the first of those that were agreed on for its line.
    pub(crate) fn format_of(&self, track: &Track) -> Option<CodecFormat> {
        let connection = self.connection.as_ref()?;
        let is_its = |line: &Line| matches!(line, Line::Publishes(sid) if *sid == track.info.sid);
        let place = connection.lines.iter().position(is_its)?;
        let codecs = with_redundancy(connection.agreement.on_line(&connection.offered[place]), false);
        codecs.first().map(|(codec, _)| codec.format)
    }

    /// Whether Firefox is at the other end, whose ICE does not get along with a lite agent, and which names tracks itself.
    pub(crate) fn is_firefox(&self) -> bool {
        self.client.browser.eq_ignore_ascii_case("firefox")
    }

    /// Takes how one of his connections fares: what comes from him by the one, what goes to him by the other.
    pub(crate) fn take_condition(&mut self, participant: ParticipantId, condition: Condition) {
        if self.subscriber() != Some(participant) {
            (self.condition.lost_in_permille, self.condition.jitter) = (condition.lost_in_permille, condition.jitter);
        } else if self.downlink.is_some() {
            let Condition { lost_in_permille, jitter, .. } = self.condition;
            self.condition = Condition { lost_in_permille, jitter, ..condition };
        } else {
            self.condition = condition;
        }
    }

    /// How good his connection is, in the words that clients show: nothing before there is one.
    pub(crate) fn quality(&self) -> Option<ConnectionQuality> {
        if self.phase == Phase::Joined {
            return None;
        }
        let lost = [self.condition.lost_in_permille, self.condition.lost_out_permille].into_iter().flatten().max();
        let (lost, round_trip) = (lost.unwrap_or(0), self.condition.round_trip.unwrap_or_default());
        Some(match (lost, round_trip) {
            _ if self.unreachable_since.is_some() => ConnectionQuality::Lost,
            (lost, round_trip) if lost <= GOOD_LOST_PERMILLE && round_trip <= GOOD_ROUND_TRIP => {
                ConnectionQuality::Excellent
            }
            (lost, round_trip) if lost <= POOR_LOST_PERMILLE && round_trip <= POOR_ROUND_TRIP => {
                ConnectionQuality::Good
            }
            _ => ConnectionQuality::Poor,
        })
    }

    /// Whether he lets this identity subscribe to one of his tracks.
    pub(crate) fn lets_subscribe(&self, other: &Self, track: &str) -> bool {
        let Some(permission) = &self.permission else { return true };
        let is_for_other = |it: &&livekit_protocol::TrackPermission| {
            it.participant_identity == other.grants.identity
                || (!it.participant_sid.is_empty() && it.participant_sid == other.sid)
        };
        permission.all_participants
            || permission
                .track_permissions
                .iter()
                .filter(is_for_other)
                .any(|it| it.all_tracks || it.track_sids.iter().any(|sid| sid == track))
    }

    /// Notes that an offer is needed. If one is under way, everything is looked at when it has been answered.
    pub(crate) fn need_offer(&mut self) {
        if self.reoffer == Reoffer::Unneeded {
            self.reoffer = Reoffer::Needed;
        }
    }

    /// What others are told of him.
    pub(crate) fn info(&self) -> ParticipantInfo {
        let state = match self.phase {
            Phase::Joined => participant_info::State::Joined,
            Phase::Active => participant_info::State::Active,
        };
        ParticipantInfo {
            sid: self.sid.clone(),
            identity: self.grants.identity.clone(),
            name: self.grants.name.clone(),
            state: state.into(),
            tracks: self.tracks.iter().map(|track| track.info.clone()).collect(),
            metadata: self.grants.metadata.clone(),
            attributes: self.grants.attributes.clone(),
            joined_at: info::seconds(self.joined_ms),
            joined_at_ms: i64::try_from(self.joined_ms).unwrap_or(i64::MAX),
            version: self.version,
            permission: Some(self.permissions()),
            is_publisher: !self.tracks.is_empty(),
            client_protocol: self.client.client_protocol,
            ..ParticipantInfo::default()
        }
    }

    fn permissions(&self) -> ParticipantPermission {
        let grants = &self.grants;
        ParticipantPermission {
            can_subscribe: grants.can_subscribe,
            can_publish: grants.can_publish,
            can_publish_data: grants.can_publish_data,
            can_publish_sources: grants.can_publish_sources.iter().map(|it| info::source_number(*it)).collect(),
            hidden: grants.hidden,
            can_update_metadata: grants.can_update_own_metadata,
            ..ParticipantPermission::default()
        }
    }
}
