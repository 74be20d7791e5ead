//! An allocator that counts, and the time that this thread has had: what a figure is made of.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

static LIVE_BYTES: AtomicU64 = AtomicU64::new(0);
static CALLS: AtomicU64 = AtomicU64::new(0);

/// The system's allocator, counted.
pub struct Counting;

// SAFETY: everything is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.fetch_add(1, Ordering::Relaxed);
        LIVE_BYTES.fetch_add(layout.size() as u64, Ordering::Relaxed);
        // SAFETY: as promised by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        LIVE_BYTES.fetch_sub(layout.size() as u64, Ordering::Relaxed);
        // SAFETY: as promised by the caller.
        unsafe { System.dealloc(at, layout) }
    }
}

/// Bytes that are allocated now.
pub fn live_bytes() -> u64 {
    LIVE_BYTES.load(Ordering::Relaxed)
}

/// What something has cost.
#[derive(Clone, Copy, Default)]
pub struct Cost {
    /// CPU time of this thread.
    pub time: Duration,
    /// How often memory was asked for.
    pub allocations: u64,
}

impl Cost {
    /// Does it, and adds what it has cost.
    pub fn of<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let (calls, start) = (CALLS.load(Ordering::Relaxed), thread_time());
        let done = work();
        self.time += thread_time().saturating_sub(start);
        self.allocations += CALLS.load(Ordering::Relaxed) - calls;
        done
    }

    /// Nanoseconds each.
    pub fn ns_each(&self, times: usize) -> f64 {
        self.time.as_nanos() as f64 / times as f64
    }

    /// Allocations each.
    pub fn allocations_each(&self, times: usize) -> f64 {
        self.allocations as f64 / times as f64
    }
}

fn thread_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or(0))
}
