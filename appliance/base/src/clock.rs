//! Time as an argument.
//!
//! Every timeout is measured on the monotonic clock; the wall clock is only for what people and
//! certificates see. The real clock lives in `veche-runtime`, the movable one in [`crate::testing`].

use std::time::Duration;

/// Says what time it is, to whoever was handed it.
pub trait Clock: Send + Sync {
    /// Time since an arbitrary start; never goes back, not even when somebody sets the clock.
    fn monotonic(&self) -> Duration;

    /// Milliseconds since 1970-01-01 UTC, as the machine believes them. May jump in both directions.
    fn wall_ms(&self) -> u64;
}
