//! Room state on disk in layers: a group is a complete state or a difference on top of another group.
//!
//! A group is named by the position of the event that made it. Chains are kept short ([`LAYERS_MAX`]), so that a
//! state loads with a bounded number of reads.

use std::{collections::BTreeMap, sync::Arc};

use ruma::{RoomId, events::StateEventType};
use veche_rooms::StateMap;
use veche_store::{
    Error, ShortRoomId, ShortStateHash, ShortStateKey, StreamPosition,
    records::rooms::{ShortStateKeyKey, StateGroup, StateGroupKey},
};

use super::{Room, Rooms};

/// A difference on top of this many others is written as a complete state instead.
pub(crate) const LAYERS_MAX: u8 = 16;

impl Rooms {
    /// The complete state of a group of this room.
    pub fn state(&self, room: &Room, group: ShortStateHash) -> Result<Arc<StateMap>, Error> {
        self.state_in(room.short, &room.id, group)
    }

    /// How many layers a group lies above a complete one.
    pub(crate) fn hops_of(&self, group: ShortStateHash) -> Result<u8, Error> {
        Ok(self.group(group)?.hops)
    }

    /// Remembers a state just committed.
    pub(crate) fn remember_state(&self, group: ShortStateHash, state: Arc<StateMap>) {
        self.cache.remember_state(group, state);
    }

    pub(super) fn state_in(
        &self,
        short: ShortRoomId,
        id: &RoomId,
        group: ShortStateHash,
    ) -> Result<Arc<StateMap>, Error> {
        if group == ShortStateHash(0) {
            return Ok(Arc::default());
        }
        if let Some(state) = self.cache.state(group) {
            return Ok(state);
        }
        let mark = self.cache.mark();
        // Down to a layer that is complete or in memory, then up again.
        let mut layers = Vec::new();
        let mut at = Some(group);
        let mut base = None;
        while let Some(below) = at {
            if let Some(state) = self.cache.state(below) {
                base = Some(state);
                break;
            }
            let layer = self.group(below)?;
            at = layer.parent;
            layers.push(layer);
            if layers.len() > usize::from(LAYERS_MAX) + 1 {
                return Err(Error::corrupt("StateGroupKey", &group.0.to_string(), "the chain of layers does not end"));
            }
        }
        let mut state = base.map_or_else(StateMap::new, |base| (*base).clone());
        let (mut added, mut removed) = (BTreeMap::new(), Vec::new());
        for layer in layers.into_iter().rev() {
            for key in layer.removed {
                added.remove(&key);
                removed.push(key);
            }
            added.extend(layer.added);
        }
        for key in removed {
            state.remove(&self.state_key(key)?);
        }
        for (key, position) in added {
            let pdu = self.event_at(short, id, order_of(position))?.ok_or_else(|| {
                Error::corrupt("StateGroupKey", &group.0.to_string(), "names an event that is not there")
            })?;
            state.insert(self.state_key(key)?, pdu);
        }
        let state = Arc::new(state);
        self.cache.keep_state(mark, group, Arc::clone(&state));
        Ok(state)
    }

    fn group(&self, group: ShortStateHash) -> Result<StateGroup, Error> {
        self.core
            .store
            .get(&StateGroupKey { group })?
            .ok_or_else(|| Error::corrupt("StateGroupKey", &group.0.to_string(), "no such state group"))
    }

    fn state_key(&self, short: ShortStateKey) -> Result<(StateEventType, String), Error> {
        let pair = self
            .core
            .store
            .get(&ShortStateKeyKey { number: short })?
            .ok_or_else(|| Error::corrupt("ShortStateKeyKey", &short.0.to_string(), "no such state key"))?;
        Ok((StateEventType::from(pair.kind), pair.state_key))
    }
}

/// The timeline order of an event that arrived live: its position.
pub fn order_of(position: StreamPosition) -> i64 {
    i64::try_from(position.0).unwrap_or(i64::MAX)
}
