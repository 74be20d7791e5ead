//! What Linux tells about processes and the machine: CPU time and memory, out of `/proc`.

use std::fs;
use std::time::Duration;

/// `/proc/PID/stat` and `/proc/stat` count in these; Linux has used this one on every machine we build for.
const TICKS_PER_SEC: u64 = 100;

/// CPU time that a process has used, with that of its children that have ended and were waited for.
pub(crate) fn cpu(pid: u32) -> Duration {
    ticks(cpu_fields(pid).iter().sum())
}

/// CPU time of the load generator itself, without its children.
pub(crate) fn own_cpu() -> Duration {
    ticks(cpu_fields(std::process::id()).iter().take(2).sum())
}

/// CPU time of the load generator with the programs it has run.
pub(crate) fn own_cpu_with_tools() -> Duration {
    cpu(std::process::id())
}

/// CPU time that all processors of the machine have spent on anything but waiting.
pub(crate) fn busy() -> Duration {
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let fields = stat.lines().next().unwrap_or_default().split_whitespace().skip(1);
    let fields: Vec<u64> = fields.filter_map(|f| f.parse().ok()).collect();
    // user, nice, system, idle, iowait, irq, softirq, steal; guests are counted in user already.
    let waiting = fields.iter().skip(3).take(2).sum();
    ticks(fields.iter().take(8).sum::<u64>().saturating_sub(waiting))
}

/// Processors that may be used.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The release of the kernel that runs.
pub(crate) fn kernel() -> String {
    fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned()
}

/// Memory of a process; what it shares with others is divided among them.
pub(crate) fn proportional_set_bytes(pid: u32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = rollup.lines().find(|l| l.starts_with("Pss:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or_default() * 1024
}

/// These processes with all that descend from them.
pub(crate) fn tree(roots: &[u32]) -> Vec<u32> {
    let mut all = roots.to_vec();
    let mut next = 0;
    while let Some(pid) = all.get(next).copied() {
        next += 1;
        let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { continue };
        for task in tasks.flatten() {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            all.extend(children.split_whitespace().filter_map(|c| c.parse::<u32>().ok()));
        }
    }
    all
}

fn ticks(ticks: u64) -> Duration {
    Duration::from_millis(ticks * 1000 / TICKS_PER_SEC)
}

/// User and system time of the process (all its threads), and then the same of its children that have ended and were
/// waited for.
fn cpu_fields(pid: u32) -> Vec<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name in parentheses may hold anything; behind it comes the third field.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    fields.skip(11).take(4).filter_map(|f| f.parse().ok()).collect()
}
