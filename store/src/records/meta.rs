//! Numbers the store keeps about itself.

use crate::families::Family;
use crate::record;

/// The number of the schema the database is written in.
pub(crate) const SCHEMA: &str = "schema";
/// Positions up to this one may have been given out.
pub(crate) const POSITION_CEILING: &str = "position_ceiling";
/// Which history of this store sync tokens belong to.
pub(crate) const EPOCH: &str = "epoch";

record! {
    /// One named number.
    pub struct MetaKey {
        /// What it is called.
        name: String,
    } in Family::Meta => u64
}

impl MetaKey {
    pub(crate) fn named(name: &str) -> Self {
        Self { name: name.to_owned() }
    }
}
