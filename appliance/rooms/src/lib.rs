//! Pure room rules: event building, authorization, state resolution, power levels, redaction, push evaluation, relations.
//!
//! Owns what the Matrix specification says about rooms, for room versions 10, 11 and 12.
//!
//! Architecture invariant: nothing here knows a clock, a disk, a socket or an async runtime. Time
//! comes in as an argument, events come in through [`EventSource`] or a [`StateMap`], and every
//! function gives the same answer for the same arguments on every server.

pub mod build;
pub mod canonical;
pub mod event_auth;
pub mod format;
pub mod membership;
pub mod pdu;
pub mod power_levels;
pub mod push;
pub mod redaction;
pub mod relations;
pub mod room_versions;
pub mod signing;
pub mod state_res;
pub mod visibility;

mod glob;
#[cfg(test)]
mod testing;

pub use build::{BuildContext, BuildError, NewEvent, build};
pub use event_auth::{AuthError, Verdict, authorize, check_received};
pub use pdu::{EventSource, Pdu, PduError, PduRef, StateKeyPair, StateMap, StateMapExt};
pub use power_levels::PowerLevels;
pub use signing::SigningKeys;
pub use state_res::{ResolveError, resolve};
