//! Which state a room has when its history forks.
//!
//! ruma implements the algorithm; this file gives it what it asks for: full auth chains, and for
//! version 12 the conflicted state subgraph. See `docs/state-resolution.md`.
//!
//! Invariants: the result does not depend on the order of the states, of the events in them, or
//! of their arrival. A chain with a missing event is an error, never a shorter chain: two servers
//! with differently truncated chains would resolve to different states for ever.

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use ruma::{
    EventId, OwnedEventId, RoomVersionId,
    room_version_rules::StateResolutionVersion,
    state_res::{self as ruma_state_res, StateMap as IdMap, utils::event_id_set::EventIdSet},
};

use crate::{
    pdu::{EventSource, PduRef, StateKeyPair, StateMap},
    room_versions::{self, UnsupportedVersion},
};

/// State events that disagree between the forks. A room of this product has a few hundred state
/// events; more conflicts than this are an attack on processor time.
pub const CONFLICTED_EVENTS_MAX: usize = 2_000;

/// Events in the auth chains of all forks together.
pub const AUTH_CHAIN_EVENTS_MAX: usize = 50_000;

/// Why forks cannot be resolved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// There was nothing to resolve.
    #[error("no state to resolve")]
    NoState,
    /// An event of an auth chain is not known here; fetch it and try again.
    #[error("event {0} of an auth chain is missing")]
    MissingEvent(OwnedEventId),
    /// More than [`CONFLICTED_EVENTS_MAX`] events are in conflict.
    #[error("{0} conflicted state events are too many")]
    TooManyConflicts(usize),
    /// The auth chains have more than [`AUTH_CHAIN_EVENTS_MAX`] events.
    #[error("auth chains of more than {AUTH_CHAIN_EVENTS_MAX} events are too long")]
    ChainTooLong,
    /// ruma's algorithm failed.
    #[error("state resolution failed: {0}")]
    Algorithm(String),
    /// The room version is unknown.
    #[error(transparent)]
    Version(#[from] UnsupportedVersion),
}

/// The one state that all `states` of a room resolve to. `source` must know every event of their
/// auth chains; fails if it does not, or if the work would exceed the limits above.
pub fn resolve(
    version: &RoomVersionId,
    states: &[Arc<StateMap>],
    source: &dyn EventSource,
) -> Result<StateMap, ResolveError> {
    let rules = room_versions::rules(version)?;
    let (first, others) = states.split_first().ok_or(ResolveError::NoState)?;
    if others.iter().all(|other| same(first, other)) {
        return Ok((**first).clone());
    }
    let conflicted = conflicted_events(states);
    if conflicted.len() > CONFLICTED_EVENTS_MAX {
        return Err(ResolveError::TooManyConflicts(conflicted.len()));
    }
    let graph = AuthGraph::new(states, source);
    let chains = states.iter().map(|state| graph.chain_of(state)).collect::<Result<Vec<_>, _>>()?;
    let StateResolutionVersion::V2(state_res_rules) = rules.state_res else {
        return Err(ResolveError::Algorithm("state resolution version 1".to_owned()));
    };
    let subgraph = if state_res_rules.consider_conflicted_state_subgraph {
        graph.conflicted_subgraph(&conflicted)?
    } else {
        EventIdSet::new()
    };
    let id_maps: Vec<IdMap<OwnedEventId>> = states.iter().map(|state| ids_of(state)).collect();
    let resolved = ruma_state_res::resolve(
        &rules.authorization,
        &state_res_rules,
        id_maps.iter(),
        chains,
        |event_id| graph.event(event_id),
        |_| Some(subgraph.clone()),
    )
    .map_err(|error| ResolveError::Algorithm(error.to_string()))?;
    graph.events_of(resolved)
}

fn same(left: &StateMap, right: &StateMap) -> bool {
    left.len() == right.len()
        && left.iter().zip(right).all(|(left, right)| left.0 == right.0 && left.1.event_id == right.1.event_id)
}

fn ids_of(state: &StateMap) -> IdMap<OwnedEventId> {
    state.iter().map(|(key, event)| (key.clone(), event.event_id.clone())).collect()
}

/// Every event whose place is not filled by the same event in all states.
fn conflicted_events(states: &[Arc<StateMap>]) -> BTreeSet<OwnedEventId> {
    let mut seen: HashMap<&StateKeyPair, HashMap<&EventId, usize>> = HashMap::new();
    for (key, event) in states.iter().flat_map(|state| state.iter()) {
        *seen.entry(key).or_default().entry(&event.event_id).or_default() += 1;
    }
    seen.values()
        .flat_map(|events| events.iter())
        .filter(|(_, count)| **count < states.len())
        .map(|(event_id, _)| (*event_id).to_owned())
        .collect()
}

/// The auth events of a room as a graph. Remembers what it fetched: ruma asks for one event many
/// times, and a source may have to read the disk.
struct AuthGraph<'a> {
    source: &'a dyn EventSource,
    known: RefCell<HashMap<OwnedEventId, PduRef>>,
}

impl<'a> AuthGraph<'a> {
    fn new(states: &[Arc<StateMap>], source: &'a dyn EventSource) -> Self {
        let events = states.iter().flat_map(|state| state.values());
        let known = events.map(|event| (event.event_id.clone(), event.clone())).collect();
        Self { source, known: RefCell::new(known) }
    }

    fn event(&self, event_id: &EventId) -> Option<PduRef> {
        if let Some(event) = self.known.borrow().get(event_id) {
            return Some(event.clone());
        }
        let event = self.source.event(event_id)?;
        self.known.borrow_mut().insert(event_id.to_owned(), event.clone());
        Some(event)
    }

    fn require(&self, event_id: &EventId) -> Result<PduRef, ResolveError> {
        self.event(event_id).ok_or_else(|| ResolveError::MissingEvent(event_id.to_owned()))
    }

    /// The union of the auth chains of all events of a state, those events not counted unless
    /// another one names them.
    fn chain_of(&self, state: &StateMap) -> Result<EventIdSet<OwnedEventId>, ResolveError> {
        let mut chain = EventIdSet::new();
        let mut next: Vec<OwnedEventId> = state.values().flat_map(|event| event.auth_events.iter().cloned()).collect();
        while let Some(event_id) = next.pop() {
            if chain.contains(&event_id) {
                continue;
            }
            next.extend(self.require(&event_id)?.auth_events.iter().cloned());
            chain.insert(event_id);
            if chain.len() > AUTH_CHAIN_EVENTS_MAX {
                return Err(ResolveError::ChainTooLong);
            }
        }
        Ok(chain)
    }

    /// Every event on a path of auth events from one conflicted event to another, both ends
    /// included (MSC4297). An event of the walk is on such a path exactly if a conflicted event
    /// can be reached from it, because the walk itself starts at conflicted events.
    fn conflicted_subgraph(
        &self,
        conflicted: &BTreeSet<OwnedEventId>,
    ) -> Result<EventIdSet<OwnedEventId>, ResolveError> {
        let mut subgraph = EventIdSet::new();
        let mut visited = HashSet::new();
        // A depth-first walk with its own stack: auth chains are long and the stack is not.
        let mut path: Vec<(PduRef, usize)> = Vec::new();
        for start in conflicted {
            if visited.insert(start.clone()) {
                path.push((self.require(start)?, 0));
            }
            while let Some((event, index)) = path.last_mut() {
                if let Some(parent_id) = event.auth_events.get(*index) {
                    *index += 1;
                    if visited.insert(parent_id.clone()) {
                        let parent = self.require(parent_id)?;
                        path.push((parent, 0));
                    }
                    continue;
                }
                // All parents are finished, so it is known whether one of them leads on.
                let leads_on = event.auth_events.iter().any(|parent_id| subgraph.contains(parent_id));
                if leads_on || conflicted.contains(&event.event_id) {
                    subgraph.insert(event.event_id.clone());
                }
                path.pop();
            }
        }
        Ok(subgraph)
    }

    fn events_of(&self, ids: IdMap<OwnedEventId>) -> Result<StateMap, ResolveError> {
        ids.into_iter().map(|(key, event_id)| Ok((key, self.require(&event_id)?))).collect()
    }
}

#[cfg(test)]
mod tests;
