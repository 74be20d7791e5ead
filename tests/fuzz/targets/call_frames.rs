//! What libFuzzer runs; the target itself and what it checks are in `src/call_frames.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| veche_fuzz::call_frames::feed(input));
