//! What libFuzzer runs; the target itself and what it checks are in `src/proxy_header.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| veche_fuzz::proxy_header::feed(input));
