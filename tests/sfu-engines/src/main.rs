//! Two WebRTC engines behind the trait of `media/sfu`, measured side by side in one run. `docs/engine.md` there tells what
//! the figures mean.

mod counting;
mod forwarding;
mod rtc_engine;

use veche_sfu::engine::str0m::Str0mEngine;
use veche_sfu::engine::{Engine, EngineError};
use veche_sfu::testing::{self, Loss};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use counting::{Cost, Counting};
use forwarding::{Costs, Room};
use rtc_engine::RtcEngine;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often each room is run; the figure is the one in the middle.
const RUNS: usize = 5;
const ROOM: Room = Room { subscribers: 50, packets: 4_000, payload_bytes: 1_200, burst: 1, estimate_from_bps: None };
/// Losses of the simulcast: 2 %, and which packets.
const LOSS: Loss = Loss::new(20, 20_261_129);
const LAYER_PACKETS: u16 = 5_000;

/// The middle one.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A figure of all runs: the middle, the least, the most.
fn spread(name: &str, costs: &[Costs], figure: impl Fn(&Costs) -> f64) -> f64 {
    let values: Vec<f64> = costs.iter().map(figure).collect();
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(0.0, f64::max);
    let middle = median(values);
    println!("    {name:<42} {middle:>9.1}   ({least:.1} to {most:.1})");
    middle
}

fn report(engine: &str, costs: &[Costs]) -> [f64; 3] {
    println!("  {engine}");
    let first = &costs[0];
    println!(
        "    packets in, out; bytes of a datagram        {}, {}; {}",
        first.packets_in, first.packets_out, first.datagram_bytes
    );
    let figures = [
        spread("ns per packet in", costs, |costs| costs.inward.ns_each(costs.packets_in)),
        spread("ns per packet out", costs, |costs| costs.outward.ns_each(costs.packets_out)),
        spread("ns of timers and reports per packet out", costs, |costs| costs.upkeep.ns_each(costs.packets_out)),
    ];
    spread("allocations per packet in", costs, |costs| costs.inward.allocations_each(costs.packets_in));
    spread("allocations per packet out", costs, |costs| costs.outward.allocations_each(costs.packets_out));
    figures
}

fn forwarding(str0m: &Str0mEngine, rtc: &RtcEngine, room: Room) -> Result<(), EngineError> {
    let estimate = if room.estimate_from_bps.is_some() { "estimated and paced" } else { "not estimated" };
    println!(
        "\n1 publisher, {} subscribers, {} bytes, {estimate}, {} at once",
        room.subscribers, room.payload_bytes, room.burst
    );
    let (mut of_str0m, mut of_rtc) = (Vec::new(), Vec::new());
    // In turns, so that what else happens on the machine meets both.
    for _ in 0..RUNS {
        of_str0m.push(forwarding::run(str0m, str0m, room)?);
        of_rtc.push(forwarding::run(str0m, rtc, room)?);
    }
    let (ours, theirs) = (report("str0m", &of_str0m), report("rtc", &of_rtc));
    let ratio = |at: usize| theirs[at] / ours[at];
    let all = |figures: [f64; 3]| figures[1] + figures[2];
    println!("  rtc / str0m: in {:.2}, out {:.2}, out with upkeep {:.2}", ratio(0), ratio(1), all(theirs) / all(ours));
    Ok(())
}

fn memory<S: Engine>(name: &str, str0m: &Str0mEngine, server: &S) -> Result<(), EngineError> {
    for (estimate_from_bps, how) in [(None, "not estimated"), (Some(3_000_000), "estimated")] {
        let room = Room { packets: 2_000, estimate_from_bps, ..ROOM };
        let memory = forwarding::memory(str0m, server, room)?;
        println!("  {name:<6} {how:<14} idle {:>8}, after 2,000 packets {:>8}", memory.idle_bytes, memory.busy_bytes);
    }
    Ok(())
}

fn losses<S: Engine>(name: &str, str0m: &Str0mEngine, server: &S) -> Result<(), EngineError> {
    for layer in testing::simulcast(str0m, server, LAYER_PACKETS, LOSS)? {
        let share = 100.0 * layer.repaired() as f64 / layer.lost.max(1) as f64;
        println!(
            "  {name:<6} from the client, layer {}: {} sent, {} lost, {} repaired ({share:.1} %)",
            layer.rid,
            layer.sent,
            layer.lost,
            layer.repaired()
        );
    }
    let up = testing::uplink(str0m, server, LAYER_PACKETS, LOSS)?;
    let down = testing::downlink(str0m, server, LAYER_PACKETS, LOSS)?;
    for (way, stream) in [("from the client, one stream", up), ("to a client", down)] {
        let share = 100.0 * stream.repaired() as f64 / stream.lost.max(1) as f64;
        let (sent, lost, repaired) = (stream.sent, stream.lost, stream.repaired());
        println!("  {name:<6} {way}: {sent} sent, {lost} lost, {repaired} repaired ({share:.1} %)");
    }
    Ok(())
}

/// What no engine can be faster than: the cipher over the payload, nothing else.
fn cipher_ns(bytes: usize) -> f64 {
    const TIMES: usize = 20_000;
    let key = UnboundKey::new(&AES_256_GCM, &[7; 32]).expect("a key of the right length");
    let key = LessSafeKey::new(key);
    let mut payload = vec![7; bytes];
    let seal = |payload: &mut Vec<u8>| {
        let nonce = Nonce::assume_unique_for_key([7; 12]);
        key.seal_in_place_separate_tag(nonce, Aad::from([7; 12]), payload).expect("sealing cannot fail")
    };
    let runs = (0..RUNS).map(|_| {
        let mut cost = Cost::default();
        cost.of(|| (0..TIMES).for_each(|_| drop(std::hint::black_box(seal(&mut payload)))));
        cost.ns_each(TIMES)
    });
    median(runs.collect())
}

fn main() -> Result<(), EngineError> {
    let start = testing::any_start();
    let (str0m, rtc) = (Str0mEngine::new(start)?, RtcEngine::new(start)?);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("load when it began: {}", load.trim());
    println!("AEAD_AES_256_GCM for both, aws-lc-rs for both; CPU time of the thread; the middle of {RUNS} runs");
    println!("the cipher alone, {} bytes: {:.0} ns", ROOM.payload_bytes, cipher_ns(ROOM.payload_bytes));
    println!("\nsimulcast of three layers, 2 % lost in each direction");
    losses("str0m", &str0m, &str0m)?;
    losses("rtc", &str0m, &rtc)?;
    println!("\nbytes of memory of a subscriber");
    memory("str0m", &str0m, &str0m)?;
    memory("rtc", &str0m, &rtc)?;
    forwarding(&str0m, &rtc, ROOM)?;
    forwarding(&str0m, &rtc, Room { burst: 10, ..ROOM })?;
    forwarding(&str0m, &rtc, Room { estimate_from_bps: Some(5_000_000), ..ROOM })?;
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("\nload when it ended: {}", load.trim());
    Ok(())
}
