//! Memory with many TLS connections that are open and idle, as those of clients between two polls.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use tokio::time::sleep;

use super::requests::PATH;
use super::{count, megabytes};
use crate::Failure;
use crate::http::Connection;
use crate::plan::Plan;
use crate::report::{Better, Report};
use crate::tls::Client;
use crate::world::World;

/// They come from so many addresses, as nobody lets one address open all.
const ADDRESSES: usize = 8;
/// The first connections make what all share.
const WARM_UP: usize = 100;
/// What is freed late is not held by idle connections.
const SETTLE: Duration = Duration::from_secs(3);

pub(crate) async fn run(world: &mut World, plan: &Plan, report: &mut Report) -> Result<(), Failure> {
    // Without what other loads have left, which might be used again and hide what the connections take.
    world.server.restart()?;
    drop(open(world, WARM_UP).await?);
    sleep(SETTLE).await;
    let before = megabytes(world.server.memory_bytes());
    let mut connections = open(world, plan.idle_connections).await?;
    sleep(SETTLE).await;
    let after = megabytes(world.server.memory_bytes());

    let alive = connections.iter().filter(|connection| connection.is_open()).count();
    if alive != connections.len() {
        return Err(format!("only {alive} of {} connections were still open", connections.len()).into());
    }
    ask(&mut connections).await?;
    let (kind, number) = (world.server.kind, plan.idle_connections);
    report.figure(kind, &format!("memory with {number} idle TLS connections"), "MB", Better::Less, "", after);
    let each = (after - before) * 1024.0 / count(number);
    report.figure(kind, "memory of one idle TLS connection", "kB", Better::Less, "", each);
    Ok(())
}

/// Each has asked once and waits.
async fn open(world: &World, number: usize) -> Result<Vec<Connection>, Failure> {
    let (client, to) = (Client::new()?, world.server.https()?);
    let from = |n: usize| IpAddr::V4(Ipv4Addr::new(127, 0, 1, u8::try_from(n % ADDRESSES + 1).unwrap_or(1)));
    let mut connections: Vec<_> = (0..number).map(|n| Connection::over_tls(&client, from(n), to)).collect();
    ask(&mut connections).await?;
    Ok(connections)
}

async fn ask(connections: &mut [Connection]) -> Result<(), Failure> {
    for connection in connections {
        let reply = connection.call(&Method::GET, PATH, "", Bytes::new()).await?;
        if reply.status != 200 {
            return Err(format!("{PATH} was answered {}", reply.status).into());
        }
    }
    Ok(())
}
