//! How much the rooms hold, and their peers, for [`crate::testing`].

use veche_sfu::engine::Engine;
use veche_sfu::testing::ScriptedPeer;

use super::Rooms;
use crate::sfu::handle::ConnectionId;
use crate::testing::{Occupancy, ScriptedEngine};

impl<E: Engine> Rooms<E> {
    pub(crate) fn occupancy(&self) -> Occupancy {
        let (names, ways) = self.world.demux.occupancy();
        let of_house = Occupancy {
            rooms: self.rooms.len(),
            connections: self.connections.len(),
            names,
            ways,
            waiting: self.due.len() + self.touched.len(),
            ..Occupancy::default()
        };
        self.rooms.values().map(|hosted| hosted.room.occupancy()).fold(of_house, |all, of_room| Occupancy {
            people: all.people + of_room.people,
            people_in_a_room: all.people_in_a_room.max(of_room.people),
            tracks: all.tracks.max(of_room.tracks),
            wants: all.wants.max(of_room.wants),
            lines: all.lines.max(of_room.lines),
            ..all
        })
    }

    /// The room of this connection is to be settled.
    pub(crate) fn wake(&mut self, connection: ConnectionId) {
        let Some((room, _)) = self.connections.get(&connection).copied() else { return };
        self.change(room, "something that is told", |room, world| room.handle_timeout(&mut world.context()));
    }
}

impl Rooms<ScriptedEngine> {
    pub(crate) fn peer(&mut self, connection: ConnectionId, is_publishing: bool) -> Option<&mut ScriptedPeer> {
        let (room, session) = self.connections.get(&connection)?;
        self.rooms.get_mut(room)?.room.peer(*session, is_publishing)
    }
}
