//! Pure building blocks that every other crate may use: time and randomness as arguments, limits,
//! redaction, the metric registry, and the one place that says what an IP address really is.
//!
//! Invariants of absence: this crate knows no Matrix word, no async runtime, no socket and no file.
//! It never reads a clock and never makes randomness; it only says how they are handed over.

pub mod canonical_ip;
pub mod clock;
pub mod entropy;
pub mod limits;
pub mod metrics;
pub mod network;
pub mod redact;
pub mod testing;

pub use clock::Clock;
pub use entropy::{Entropy, random_token};
pub use network::{BadNetwork, Network};
pub use redact::{Redacted, Secret};
