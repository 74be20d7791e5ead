//! The binary `veche`. What it does is in `lib.rs`.

use std::process::ExitCode;

/// RocksDB allocates through it, too (it takes the place of `malloc`).
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    veche_server::main()
}
