//! What libFuzzer runs; the target itself and what it checks are in `src/certificate_upload.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| veche_fuzz::certificate_upload::feed(input));
