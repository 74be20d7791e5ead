//! What libFuzzer runs; the target itself and what it checks are in `src/sync_token.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| veche_fuzz::sync_token::feed(input));
