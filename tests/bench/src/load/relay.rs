//! The relay: coturn's own load generator lets clients talk to one another in pairs, each through an allocation of its own,
//! at a rate that is the same for both servers. What counts is the server's CPU time for a packet that arrives.

use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use hyper::Method;
use serde_json::Value;
use sha1::Sha1;

use super::count;
use crate::Failure;
use crate::matrix::{SECRET, text};
use crate::plan::Plan;
use crate::process::Kind;
use crate::report::{Better, Report};
use crate::tool;
use crate::world::World;

/// Packets as voice has them, and as video has them.
const SIZES_BYTES: [usize; 2] = [160, 1_200];
/// To make the allocations, to wait for the last packets and to give the allocations back.
const GENERATOR_LIMIT: Duration = Duration::from_secs(60);
/// How long the credentials made here are good.
const CREDENTIAL_SECS: u64 = 3_600;

/// How a client reaches the server.
#[derive(Clone, Copy)]
enum Transport {
    Udp,
    Tls,
}

#[derive(Clone, Copy)]
struct Case {
    transport: Transport,
    clients: usize,
    /// Whose clients they are: each user has an even number, and a process of the generator to himself, which makes more
    /// allocations than it has clients. So nobody comes near the quotas that Veche ships with and keeps here.
    users: usize,
    bytes: usize,
    /// Between two packets of one client.
    interval_ms: usize,
}

struct Credential {
    username: String,
    password: String,
}

pub(crate) async fn udp(world: &mut World, plan: &Plan, report: &mut Report) -> Result<(), Failure> {
    for (clients, users, interval_ms) in [(2, 1, 1), (10, 5, 1), (100, 25, 10)] {
        for bytes in SIZES_BYTES {
            let case = Case { transport: Transport::Udp, clients, users, bytes, interval_ms };
            measure(case, world, plan, report).await?;
        }
    }
    Ok(())
}

/// At the pace of voice: when it has to read faster from TLS, the generator itself loses what has come together in one record
/// (Veche's counters say that it has relayed everything).
pub(crate) async fn tls(world: &mut World, plan: &Plan, report: &mut Report) -> Result<(), Failure> {
    for bytes in SIZES_BYTES {
        let case = Case { transport: Transport::Tls, clients: 40, users: 10, bytes, interval_ms: 20 };
        measure(case, world, plan, report).await?;
    }
    Ok(())
}

async fn measure(case: Case, world: &mut World, plan: &Plan, report: &mut Report) -> Result<(), Failure> {
    let mut commands = Vec::new();
    let messages = usize::try_from(plan.relay.as_millis())? / case.interval_ms;
    for credential in credentials(world, case.users).await? {
        commands.push(case.generator(world, &credential, messages)?);
    }
    let dir = world.server.dir().to_owned();
    let cpu = world.server.cpu();
    let words = tool::run_all(commands, &dir, plan.relay * 3 + GENERATOR_LIMIT)?;
    let cpu = world.server.cpu().saturating_sub(cpu);

    let (mut sent, mut received) = (0, 0);
    for words in &words {
        let totals = totals(words).ok_or("turnutils_uclient printed no totals")?;
        sent += totals.0;
        received += totals.1;
    }
    if sent != messages * case.clients || received == 0 {
        return Err(format!("{}: {sent} packets were sent and {received} arrived", case.name()).into());
    }
    let (kind, name) = (world.server.kind, case.name());
    let per_second = count(received) / cpu.as_secs_f64();
    report.figure(kind, &format!("{name}: packets"), "per CPU second", Better::More, "above coturn", per_second);
    let lost = count(sent.saturating_sub(received)) / count(sent) * 100.0;
    report.figure(kind, &format!("{name}: loss"), "%", Better::Less, "", lost);
    Ok(())
}

impl Case {
    fn name(&self) -> String {
        let transport = match self.transport {
            Transport::Udp => "UDP",
            Transport::Tls => "TLS",
        };
        let rate = self.clients * 1_000 / self.interval_ms;
        format!("relay over {transport}, {} clients, {} bytes, {rate}/s", self.clients, self.bytes)
    }

    /// Client to client, one component, channels.
    fn generator(&self, world: &World, credential: &Credential, messages: usize) -> Result<Command, Failure> {
        let mut command = Command::new("turnutils_uclient");
        let address = match self.transport {
            Transport::Udp => world.server.turn()?,
            Transport::Tls => {
                command.args(["-t", "-S"]);
                world.server.turn_over_tls()?
            }
        };
        let numbers = [
            ("-m", self.clients / self.users),
            ("-n", messages),
            ("-l", self.bytes),
            ("-z", self.interval_ms),
            ("-p", address.port().into()),
        ];
        command.args(["-y", "-c", "-u", &credential.username, "-w", &credential.password]);
        for (name, number) in numbers {
            command.args([name, &number.to_string()]);
        }
        command.arg(address.ip().to_string());
        Ok(command)
    }
}

/// One for each user, none of whom has been here before. Veche gives them to whoever is logged in; coturn was told the secret that they are made from.
async fn credentials(world: &mut World, users: usize) -> Result<Vec<Credential>, Failure> {
    let seen = world.relay_users;
    world.relay_users += users;
    if world.server.kind == Kind::Veche {
        let mut credentials = Vec::new();
        for mut person in world.people(seen + users).await?.split_off(seen) {
            let answer = person.call(Method::GET, "/_matrix/client/v3/voip/turnServer", &Value::Null).await?;
            credentials.push(Credential { username: text(&answer, "username")?, password: text(&answer, "password")? });
        }
        return Ok(credentials);
    }
    let expiry = unix_seconds()? + CREDENTIAL_SECS;
    (seen..seen + users).map(|user| shared_secret_credential(&format!("{expiry}:user{user}"))).collect()
}

/// The password is base64(HMAC-SHA1(secret, "expiry:user")), as coturn's REST interface has it.
fn shared_secret_credential(username: &str) -> Result<Credential, Failure> {
    let mut mac = Hmac::<Sha1>::new_from_slice(SECRET.as_bytes())?;
    mac.update(username.as_bytes());
    let password = STANDARD.encode(mac.finalize().into_bytes());
    Ok(Credential { username: username.to_owned(), password })
}

#[expect(clippy::disallowed_methods, reason = "a credential ends by the calendar")]
fn unix_seconds() -> Result<u64, Failure> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())
}

/// Packets sent and packets received, of the last line that tells both.
fn totals(words: &str) -> Option<(usize, usize)> {
    let number = |line: &str, name: &str| -> Option<usize> {
        let (_, rest) = line.split_once(name)?;
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    };
    let line = words.lines().rfind(|line| line.contains("tot_send_msgs=") && line.contains("tot_recv_msgs="))?;
    Some((number(line, "tot_send_msgs=")?, number(line, "tot_recv_msgs=")?))
}
