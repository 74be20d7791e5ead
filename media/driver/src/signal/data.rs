//! Messages that participants send to one another over data channels.

use livekit_protocol::DataPacket;
use prost::Message as _;
use veche_sfu::ParticipantId;
use veche_sfu::engine::{ChannelId, Data, Engine, Peer};

use super::answer::DATA_BYTES_MAX;
use super::room::Room;
use super::session::{Session, SessionId};

/// What LiveKit's clients call their channels.
pub(super) const RELIABLE: &str = "_reliable";
pub(super) const LOSSY: &str = "_lossy";

impl<E: Engine> Room<E> {
    /// A channel is open. Others than the two have no meaning here.
    pub(super) fn channel_open(&mut self, of: ParticipantId, channel: ChannelId, label: &str) {
        let Some(session) = self.session_of(of).and_then(|id| self.sessions.get_mut(&id)) else { return };
        let channels = session.channels_of(of);
        match label {
            RELIABLE => channels.reliable = Some(channel),
            LOSSY => channels.lossy = Some(channel),
            _ => {}
        }
    }

    pub(super) fn channel_closed(&mut self, of: ParticipantId, channel: ChannelId) {
        let Some(session) = self.session_of(of).and_then(|id| self.sessions.get_mut(&id)) else { return };
        let channels = session.channels_of(of);
        for known in [&mut channels.reliable, &mut channels.lossy] {
            known.take_if(|it| *it == channel);
        }
    }

    /// Passes a message on, to those whom it names or to all, with the sender's true name.
    pub(super) fn pass_data(&mut self, of: ParticipantId, channel: ChannelId, bytes: &[u8]) {
        let Some(from) = self.session_of(of) else { return };
        let Some(sender) = self.sessions.get_mut(&from) else { return };
        let channels = *sender.channels_of(of);
        let is_lossy = channels.lossy == Some(channel);
        let is_known = is_lossy || channels.reliable == Some(channel);
        if !is_known || !sender.grants.can_publish_data || bytes.len() > DATA_BYTES_MAX {
            return;
        }
        let Ok(packet) = DataPacket::decode(bytes) else { return };
        let signed = signed(bytes, sender);
        let is_meant = |session: &Session| {
            let identity = &session.grants.identity;
            packet.destination_identities.is_empty() || packet.destination_identities.contains(identity)
        };
        self.deliver(is_lossy, &signed, |id, session| id != from && is_meant(session));
    }

    /// Sends a message to all for whom it is meant, and who have the channel for it.
    pub(super) fn deliver(&mut self, is_lossy: bool, bytes: &[u8], is_meant: impl Fn(SessionId, &Session) -> bool) {
        for (_, session) in self.sessions.iter().filter(|(id, session)| is_meant(**id, session)) {
            let channel = if is_lossy { session.channels.lossy } else { session.channels.reliable };
            let (Some(channel), Some(participant)) = (channel, session.subscriber()) else { continue };
            let Some(peer) = self.call.peer_mut(participant) else { continue };
            if let Err(error) = peer.send_data(channel, Data::Binary(bytes)) {
                tracing::debug!(%error, "a message of a data channel was dropped");
            }
        }
    }
}

/// The message with the sender's name. Of a field that comes twice the last counts, so the name is put behind what the client
/// wrote, and whatever else there is stays as it is.
fn signed(bytes: &[u8], sender: &Session) -> Vec<u8> {
    let name = DataPacket {
        participant_identity: sender.grants.identity.clone(),
        participant_sid: sender.sid.clone(),
        ..DataPacket::default()
    };
    let mut signed = bytes.to_vec();
    signed.extend(name.encode_to_vec());
    signed
}
