use rocksdb::WriteBatch;

use super::{FIRST_SCHEMA, Step, known, run, run_steps};
use crate::engine::{BLOCK_CACHE_BYTES, Engine};
use crate::error::{Error, OpenError};
use crate::records::meta::{MetaKey, SCHEMA};

fn engine(dir: &tempfile::TempDir) -> Engine {
    Engine::open(dir.path(), BLOCK_CACHE_BYTES).expect("an empty directory opens")
}

fn number(engine: &Engine, name: &str) -> Option<u64> {
    engine.get_record(&MetaKey::named(name)).expect("readable")
}

fn add(engine: &Engine, batch: &mut WriteBatch, name: &str) {
    let before = number(engine, name).unwrap_or(0);
    engine.add_record(batch, &MetaKey::named(name), &(before + 1));
}

const TWO_STEPS: &[Step] = &[
    Step {
        to: 2,
        name: "first",
        run: |engine, batch| {
            add(engine, batch, "first");
            Ok(())
        },
    },
    Step {
        to: 3,
        name: "second",
        run: |engine, batch| {
            add(engine, batch, "second");
            Ok(())
        },
    },
];

#[test]
fn steps_are_numbered_in_order() {
    let mut last = FIRST_SCHEMA;
    for step in super::STEPS {
        assert_eq!(step.to, last + 1, "{}", step.name);
        last = step.to;
    }
}

#[test]
fn a_fresh_database_starts_at_the_newest_schema() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let engine = engine(&dir);
    run_steps(&engine, TWO_STEPS).expect("fresh");
    assert_eq!(number(&engine, SCHEMA), Some(3));
    assert_eq!(number(&engine, "first"), None);
}

#[test]
fn each_missing_step_runs_once() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let engine = engine(&dir);
    run(&engine).expect("fresh");
    assert_eq!(number(&engine, SCHEMA), Some(known(super::STEPS)));
    run_steps(&engine, &TWO_STEPS[..1]).expect("one step");
    run_steps(&engine, TWO_STEPS).expect("the other step");
    run_steps(&engine, TWO_STEPS).expect("nothing to do");
    assert_eq!((number(&engine, "first"), number(&engine, "second")), (Some(1), Some(1)));
    assert_eq!(number(&engine, SCHEMA), Some(3));
}

#[test]
fn a_failed_step_leaves_the_schema_before_it() {
    const FAILING: &[Step] = &[
        Step { to: 2, name: "good", run: |_, _| Ok(()) },
        Step {
            to: 3,
            name: "bad",
            run: |engine, batch| {
                add(engine, batch, "first");
                Err(Error::Closed)
            },
        },
    ];
    let dir = tempfile::tempdir().expect("a temporary directory");
    let engine = engine(&dir);
    run(&engine).expect("fresh");
    let error = run_steps(&engine, FAILING).expect_err("the second step fails");
    assert!(matches!(error, OpenError::Migration { to: 3, name: "bad", .. }));
    assert_eq!((number(&engine, SCHEMA), number(&engine, "first")), (Some(2), None));
}

#[test]
fn a_newer_schema_is_refused_in_words() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let engine = engine(&dir);
    run_steps(&engine, TWO_STEPS).expect("fresh");
    let error = run_steps(&engine, &TWO_STEPS[..1]).expect_err("newer");
    assert!(matches!(error, OpenError::Newer { found: 3, known: 2 }));
    assert!(error.to_string().contains("written by a newer version of veche"), "{error}");
}
