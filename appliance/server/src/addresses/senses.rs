//! Whom this machine asks where it is: the system's resolver and its own kernel. Tests answer in their place.

use std::net::IpAddr;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::interfaces::{self, Interface};

/// How long the system's resolver may take. A server that starts waits so long at most.
const LOOKUP_SECS_MAX: u64 = 3;

/// What can be asked.
pub(super) trait Senses: Send + Sync {
    /// The addresses of a name, sorted, or why there are none.
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Vec<IpAddr>, String>>;

    /// All addresses of all interfaces.
    fn interfaces(&self) -> Vec<Interface>;

    /// What the kernel would send from to the rest of the world.
    fn preferred(&self) -> Vec<IpAddr>;
}

/// The real ones.
pub(super) struct Machine;

impl Senses for Machine {
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Vec<IpAddr>, String>> {
        resolve(name).boxed()
    }

    fn interfaces(&self) -> Vec<Interface> {
        interfaces::all()
    }

    fn preferred(&self) -> Vec<IpAddr> {
        interfaces::preferred()
    }
}

/// Asks the system's resolver, so that `/etc/hosts` and a split DNS say here what they say to every program.
async fn resolve(name: &str) -> Result<Vec<IpAddr>, String> {
    let asked = tokio::net::lookup_host((name, 0));
    match tokio::time::timeout(Duration::from_secs(LOOKUP_SECS_MAX), asked).await {
        Ok(Ok(found)) => {
            let mut addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
            addresses.sort_unstable();
            addresses.dedup();
            Ok(addresses)
        }
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer within {LOOKUP_SECS_MAX} seconds")),
    }
}
