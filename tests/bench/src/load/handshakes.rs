//! Whole TLS handshakes, each on a connection of its own that is closed after it.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;

use super::count;
use crate::plan::Plan;
use crate::report::{Better, Report};
use crate::tls::Client;
use crate::world::World;
use crate::{Failure, now};

pub(crate) async fn run(world: &mut World, plan: &Plan, report: &mut Report) -> Result<(), Failure> {
    let (client, address) = (Client::new()?, world.server.https()?);
    let (began, cpu) = (now(), world.server.cpu());
    let end = began + plan.handshakes;
    let mut lanes = JoinSet::new();
    for _ in 0..plan.handshake_lanes {
        let client = client.clone();
        lanes.spawn(async move {
            let mut handshakes = 0;
            while now() < end {
                let mut stream = client.connect(None, address).await?;
                // Closed by both in turn, so that the server has seen the handshake's last message when it is counted.
                stream.shutdown().await?;
                let mut rest = Vec::new();
                // Not everybody says goodbye before closing.
                let _ = stream.read_to_end(&mut rest).await;
                handshakes += 1;
            }
            Ok::<usize, Failure>(handshakes)
        });
    }
    let mut handshakes = 0;
    while let Some(lane) = lanes.join_next().await {
        handshakes += lane??;
    }
    let (took, cpu) = (now() - began, world.server.cpu().saturating_sub(cpu));
    let kind = world.server.kind;
    let rate = count(handshakes) / took.as_secs_f64();
    report.figure(kind, "TLS handshakes (1.3, X25519, ECDSA P-256)", "per second", Better::More, "", rate);
    let per_thousand = cpu.as_secs_f64() * 1000.0 / count(handshakes);
    report.figure(kind, "CPU per 1,000 TLS handshakes", "s", Better::Less, "", per_thousand);
    Ok(())
}
