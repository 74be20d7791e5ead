//! The disk guard: commits are refused while there is still room to read, delete and shut down.
//!
//! A database that meets a full disk in the middle of a write has to stop; one that refuses earlier goes on by
//! itself as soon as somebody makes room.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use veche_base::Clock;
use veche_base::limits::{DISK_RESERVE_BYTES, DISK_RESERVE_PERCENT, DISK_WARN_PERCENT};

use crate::error::{Error, Shortage};

/// Uploads leave this much to everything else, at most.
const UPLOAD_RESERVE_BYTES_MAX: u64 = 10 << 30;
/// How long a measurement holds. Short against how fast a disk fills, long against a commit.
const MEASURED_FOR: Duration = Duration::from_millis(200);

/// How full a volume is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Volume {
    /// Bytes that this process may still use.
    pub free_bytes: u64,
    /// The volume's size.
    pub total_bytes: u64,
}

/// Measures the volume. Tests put in their own.
pub type Measure = Arc<dyn Fn() -> io::Result<Volume> + Send + Sync>;

/// What an administrator should think of the free space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DiskLevel {
    /// Nothing to say.
    Plenty,
    /// Under a tenth of the volume is free.
    Low,
    /// Uploads and snapshots are refused.
    NoUploads,
    /// Everything that writes is refused; reading and deleting go on.
    ReadOnly,
}

/// Knows how much room there is.
pub struct DiskGuard {
    clock: Arc<dyn Clock>,
    measure: Measure,
    reserve_bytes: Option<u64>,
    measured: Mutex<Option<(Duration, Volume)>>,
}

impl DiskGuard {
    /// Guards a volume. Without `reserve_bytes`, the reserve is 1 GiB or a twentieth of the volume, whichever is less,
    /// and uploads leave 10 GiB or that twentieth; with it, both leave what it says.
    pub fn new(clock: Arc<dyn Clock>, measure: Measure, reserve_bytes: Option<u64>) -> Self {
        Self { clock, measure, reserve_bytes, measured: Mutex::new(None) }
    }

    /// Measures the volume that `dir` is on.
    pub fn measure_dir(dir: &Path) -> Measure {
        let dir = dir.to_owned();
        Arc::new(move || {
            let found = rustix::fs::statvfs(&dir)?;
            Ok(Volume {
                free_bytes: found.f_bavail.saturating_mul(found.f_frsize),
                total_bytes: found.f_blocks.saturating_mul(found.f_frsize),
            })
        })
    }

    /// The volume as it was at most 200 ms ago. `None` if it cannot be measured: then writes are let through,
    /// and a disk that is really full will say so itself.
    pub fn volume(&self) -> Option<Volume> {
        let now = self.clock.monotonic();
        let mut measured = self.measured.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, volume)) = *measured
            && now.saturating_sub(at) < MEASURED_FOR
        {
            return Some(volume);
        }
        match (self.measure)() {
            Ok(volume) => {
                *measured = Some((now, volume));
                Some(volume)
            }
            Err(error) => {
                tracing::warn!(%error, "the free disk space cannot be measured");
                None
            }
        }
    }

    /// What the free space allows.
    pub fn level(&self) -> DiskLevel {
        let Some(volume) = self.volume() else { return DiskLevel::Plenty };
        if volume.free_bytes < self.reserve(volume) {
            DiskLevel::ReadOnly
        } else if volume.free_bytes < self.upload_reserve(volume) {
            DiskLevel::NoUploads
        } else if volume.free_bytes < percent(volume, DISK_WARN_PERCENT) {
            DiskLevel::Low
        } else {
            DiskLevel::Plenty
        }
    }

    /// The error for a commit, if the disk is too full for one.
    pub fn refusal(&self) -> Option<Error> {
        let volume = self.volume()?;
        refusal(volume, self.reserve(volume))
    }

    /// The error for an upload or snapshot, if the disk is too full for one.
    pub fn upload_refusal(&self) -> Option<Error> {
        let volume = self.volume()?;
        refusal(volume, self.upload_reserve(volume))
    }

    fn reserve(&self, volume: Volume) -> u64 {
        self.reserve_bytes.unwrap_or_else(|| DISK_RESERVE_BYTES.min(percent(volume, DISK_RESERVE_PERCENT)))
    }

    fn upload_reserve(&self, volume: Volume) -> u64 {
        self.reserve_bytes.unwrap_or_else(|| UPLOAD_RESERVE_BYTES_MAX.min(percent(volume, DISK_RESERVE_PERCENT)))
    }
}

fn percent(volume: Volume, percent: u64) -> u64 {
    (volume.total_bytes / 100).saturating_mul(percent)
}

fn refusal(volume: Volume, reserve_bytes: u64) -> Option<Error> {
    let free_bytes = volume.free_bytes;
    (free_bytes < reserve_bytes).then_some(Error::DiskFull(Shortage::Reserve { free_bytes, reserve_bytes }))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use veche_base::testing::ManualClock;

    use super::{DiskGuard, DiskLevel, Volume};

    const GIB: u64 = 1 << 30;

    #[test]
    fn levels_follow_the_free_space() {
        for (free_bytes, total_bytes, expected) in [
            (50 * GIB, 100 * GIB, DiskLevel::Plenty),
            (9 * GIB, 100 * GIB, DiskLevel::Low),
            (4 * GIB, 100 * GIB, DiskLevel::NoUploads),
            (GIB - 1, 100 * GIB, DiskLevel::ReadOnly),
            // A small volume: the reserve is a twentieth.
            (GIB / 2, 8 * GIB, DiskLevel::Low),
            (GIB / 3, 8 * GIB, DiskLevel::ReadOnly),
            // A huge one: a twentieth would be absurd.
            (11 * GIB, 10_000 * GIB, DiskLevel::Low),
            (9 * GIB, 10_000 * GIB, DiskLevel::NoUploads),
        ] {
            let measure = Arc::new(move || Ok(Volume { free_bytes, total_bytes }));
            let guard = DiskGuard::new(Arc::new(ManualClock::new()), measure, None);
            assert_eq!(guard.level(), expected, "{free_bytes} of {total_bytes}");
        }
    }

    #[test]
    fn a_given_reserve_holds_for_uploads_too() {
        for (free_bytes, expected) in [(9 * GIB, DiskLevel::Low), (2 * GIB - 1, DiskLevel::ReadOnly)] {
            let measure = Arc::new(move || Ok(Volume { free_bytes, total_bytes: 250 * GIB }));
            let guard = DiskGuard::new(Arc::new(ManualClock::new()), measure, Some(2 * GIB));
            assert_eq!(guard.level(), expected, "{free_bytes}");
            assert_eq!(guard.upload_refusal().is_some(), expected == DiskLevel::ReadOnly, "{free_bytes}");
        }
    }

    #[test]
    fn a_measurement_holds_for_a_moment_only() {
        let free = Arc::new(AtomicU64::new(0));
        let clock = Arc::new(ManualClock::new());
        let measured = Arc::clone(&free);
        let measure =
            Arc::new(move || Ok(Volume { free_bytes: measured.load(Ordering::SeqCst), total_bytes: 100 * GIB }));
        let guard = DiskGuard::new(clock.clone(), measure, Some(GIB));
        assert!(guard.refusal().is_some());
        free.store(2 * GIB, Ordering::SeqCst);
        assert!(guard.refusal().is_some());
        clock.advance(Duration::from_millis(200));
        assert!(guard.refusal().is_none());
    }
}
