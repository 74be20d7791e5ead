//! RocksDB, SQLite and content files behind typed keys: families, transactions, changes, migrations.
//!
//! What conversations make lives in the RocksDB half, which is this map; what administrators make lives in `sql`.
//! No commit spans the two.
//!
//! | file | what it owns |
//! |---|---|
//! | [`families`] | the one catalogue of column families |
//! | [`keys`], [`values`] | how typed keys and values become bytes |
//! | [`records`] | every kind of record; **the recipe for a new one stands at its top** |
//! | [`store`] | opening the data directory, reading, committing |
//! | [`scan`] | walking records in key order |
//! | [`txn`] | one transaction being built |
//! | `commit` | the commit thread: groups, disk sync, positions (`docs/commits.md`) |
//! | [`changes`] | what listeners are told of each commit |
//! | `engine` | RocksDB and its durability settings |
//! | [`content`] | uploaded files, named by their hash |
//! | [`disk`], `lock`, `folders` | free space; one process at a time; folders that survive a power cut |
//! | `log_tail` | a torn end of a log told from a damaged one |
//! | `migrate` | older databases forward, newer ones refused |
//! | [`verify`] | `veche check` and the weekly verification: every checksum, record and reference |
//!
//! Invariants of absence: this crate knows nothing of room rules, sync or HTTP, and no caller of it ever sees a
//! RocksDB type, so that the engine behind it can change.

pub mod changes;
mod commit;
pub mod content;
pub mod disk;
mod engine;
pub mod error;
pub mod families;
mod folders;
pub mod keys;
mod lock;
mod log_tail;
pub mod metrics;
mod migrate;
pub mod positions;
pub mod records;
pub mod scan;
pub mod sql;
pub mod store;
pub mod txn;
pub mod values;
pub mod verify;

pub use changes::{Change, ChangeListener, Published};
pub use content::{ContentFiles, ContentHash};
pub use error::{Error, OpenError, Shortage};
pub use families::Family;
pub use folders::create_private_dir;
pub use keys::{Key, KeyPart, KeyPrefix};
pub use metrics::Metrics;
pub use positions::{ShortRoomId, ShortStateHash, ShortStateKey, StreamPosition};
pub use scan::Scan;
pub use store::{OpenOptions, Store};
pub use txn::Txn;
pub use values::{DecodeError, Json, Value};
