//! What people do with Element X, one test for each thing. One program, because linking the SDK takes longer than the tests.

mod endurance;
mod keys;
mod lists;
mod messages;
mod sessions;
