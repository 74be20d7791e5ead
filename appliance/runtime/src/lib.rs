//! The machine's side: the real clock and entropy, tracked background tasks, signals, the one
//! outbound HTTP client, and what systemd wants to hear.
//!
//! Invariants of absence: no Matrix word, no store. Nothing here decides anything about chat; it
//! gives the parts above a machine to run on.

pub mod outbound;
pub mod shutdown;
pub mod system;
pub mod systemd;
pub mod tasks;

pub use shutdown::Signals;
pub use system::{OsEntropy, SystemClock};
pub use tasks::Supervisor;
