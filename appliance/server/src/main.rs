//! The binary veche.
fn main() {}
