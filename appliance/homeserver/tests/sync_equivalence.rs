//! Whatever people do: an answer applied to the old picture gives the picture of a fresh start. For `/sync` and for
//! simplified sliding sync.
//!
//! A run is a number. A failure prints it; `VECHE_SEED=number cargo test --test sync_equivalence` plays it again.

#![expect(clippy::unwrap_used, reason = "a test panics to say what is not as it must be")]

#[path = "sync_equivalence/mailbox.rs"]
mod mailbox;
#[path = "sync_equivalence/picture.rs"]
mod picture;
#[path = "sync_equivalence/rolling.rs"]
mod rolling;
#[path = "sync_equivalence/sliding.rs"]
mod sliding;
#[path = "sync_equivalence/world.rs"]
mod world;

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use veche_base::Entropy;
use veche_runtime::OsEntropy;

use self::{rolling::RollingClient, sliding::SlidingClient, world::World};

/// Runs of each test that are always the same, unless one is named.
const RUNS: u64 = 12;
/// Runs that nobody has played before.
const FRESH_RUNS: usize = 3;
/// Things that happen in one run.
const ACTIONS: usize = 160;

fn seeds() -> Vec<u64> {
    match std::env::var("VECHE_SEED") {
        Ok(seed) => vec![seed.parse().expect("VECHE_SEED is a number")],
        Err(_) => (1..=RUNS).chain((0..FRESH_RUNS).map(|_| fresh_seed())).collect(),
    }
}

/// Short enough to be typed again.
fn fresh_seed() -> u64 {
    let mut bytes = [0; 4];
    OsEntropy.fill(&mut bytes);
    u64::from(u32::from_le_bytes(bytes))
}

/// Plays a run and names it if it fails.
async fn named(seed: u64, run: impl Future<Output = ()>) {
    // What went wrong has been printed by the first panic.
    assert!(AssertUnwindSafe(run).catch_unwind().await.is_ok(), "failed with VECHE_SEED={seed}");
}

#[tokio::test]
async fn rolling_sync_gives_the_picture_of_a_fresh_start() {
    for seed in seeds() {
        named(seed, async {
            let mut world = World::new(seed, &["DEVICE"]).await;
            let users = world.users.clone();
            let client = |user| RollingClient::new(user, world.pick(2) == 0, world.pick(2) == 0);
            let mut clients: Vec<RollingClient> = users.iter().map(client).collect();
            for _ in 0..ACTIONS {
                world.act().await;
                let client = &mut clients[world.pick(users.len())];
                if world.pick(3) == 0 {
                    client.sync(&world).await;
                    client.compare(&world).await;
                }
            }
        })
        .await;
    }
}

#[tokio::test]
async fn sliding_sync_gives_the_picture_of_a_fresh_start() {
    for seed in seeds() {
        named(seed, async {
            let mut world = World::new(seed, &["WHOLE", "WINDOW"]).await;
            let users = world.users.clone();
            let whole = users.iter().map(SlidingClient::of_everything);
            let mut clients: Vec<SlidingClient> = whole.chain(users.iter().map(SlidingClient::of_a_window)).collect();
            for _ in 0..ACTIONS {
                world.act().await;
                let client = &mut clients[world.pick(2 * users.len())];
                if world.pick(3) == 0 {
                    client.look_elsewhere(&mut world);
                    if world.pick(5) == 0 {
                        client.lose_an_answer(&world).await;
                    }
                    client.sync(&world).await;
                    client.compare(&world).await;
                }
            }
        })
        .await;
    }
}
