//! How much a room holds, and its peers, for [`crate::testing`].

use veche_sfu::engine::Engine;

use super::room::Room;
use super::session::{Session, SessionId};
use crate::testing::Occupancy;

impl<E: Engine> Room<E> {
    pub(crate) fn occupancy(&self) -> Occupancy {
        let most = |count: fn(&Session) -> usize| self.sessions.values().map(count).max().unwrap_or_default();
        Occupancy {
            people: self.sessions.len(),
            tracks: most(|session| session.announced.len() + session.tracks.len()),
            wants: most(|session| session.wants.len()),
            lines: most(|session| {
                let connections = session.connection.iter().chain(session.receiving());
                connections.map(|connection| connection.lines.len()).max().unwrap_or_default()
            }),
            ..Occupancy::default()
        }
    }

    pub(crate) fn peer(&mut self, id: SessionId, is_publishing: bool) -> Option<&mut E::Peer> {
        let session = self.sessions.get(&id)?;
        let participant = if is_publishing { session.publisher() } else { session.subscriber() };
        self.call.peer_mut(participant?)
    }
}
