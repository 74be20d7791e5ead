//! What libFuzzer runs; the target itself and what it checks are in `src/first_bytes.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| veche_fuzz::first_bytes::feed(input));
