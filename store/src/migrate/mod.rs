//! Moving a database from the schema it was written with to the one this program knows.
//!
//! Each step is a file of its own here, `to_<number>_<what>.rs`, and one line in [`STEPS`]. A step writes
//! everything in one batch together with the new schema number, or is written so that it may run twice.
//! Steps only go forward; the way back is the snapshot taken before.

use rocksdb::WriteBatch;

use crate::engine::Engine;
use crate::error::{Error, OpenError};
use crate::records::meta::{MetaKey, SCHEMA};

/// One step to a newer schema.
pub(crate) struct Step {
    /// The schema number after the step.
    pub(crate) to: u64,
    /// What it does, for the log.
    pub(crate) name: &'static str,
    /// Adds what is to be written to the batch.
    pub(crate) run: fn(&Engine, &mut WriteBatch) -> Result<(), Error>,
}

/// The schema of a database that this program creates.
pub(crate) const FIRST_SCHEMA: u64 = 1;

/// All steps since [`FIRST_SCHEMA`], in order.
const STEPS: &[Step] = &[];

/// Brings the database to the schema this program knows, or refuses one that is newer.
pub(crate) fn run(engine: &Engine) -> Result<(), OpenError> {
    run_steps(engine, STEPS)
}

/// Refuses a database that a newer program wrote.
pub(crate) fn refuse_newer(engine: &Engine) -> Result<(), OpenError> {
    refuse_newer_than(engine, known(STEPS)).map(|_| ())
}

fn known(steps: &[Step]) -> u64 {
    steps.last().map_or(FIRST_SCHEMA, |step| step.to)
}

fn refuse_newer_than(engine: &Engine, known: u64) -> Result<Option<u64>, OpenError> {
    let found = engine.get_record(&MetaKey::named(SCHEMA))?;
    match found {
        Some(found) if found > known => Err(OpenError::Newer { found, known }),
        _ => Ok(found),
    }
}

fn run_steps(engine: &Engine, steps: &[Step]) -> Result<(), OpenError> {
    let Some(found) = refuse_newer_than(engine, known(steps))? else {
        let mut batch = WriteBatch::default();
        engine.add_record(&mut batch, &MetaKey::named(SCHEMA), &known(steps));
        return Ok(engine.write(batch)?);
    };
    for Step { to, name, run } in steps.iter().filter(|step| step.to > found) {
        tracing::info!(to, name, "migrating the database");
        let mut batch = WriteBatch::default();
        let migrated = run(engine, &mut batch).and_then(|()| {
            engine.add_record(&mut batch, &MetaKey::named(SCHEMA), to);
            engine.write(batch)
        });
        migrated.map_err(|cause| OpenError::Migration { to: *to, name, cause })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
