//! Name resolution for outbound requests: what a name resolves to is judged before any connection.

use std::error::Error as StdError;
use std::fmt;
use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use veche_base::canonical_ip::canonical_ip;

use super::{Reach, is_within_reach};

/// Asks the operating system, and hands on only addresses within reach, in canonical form.
pub(super) struct Resolver {
    reach: Reach,
}

impl Resolver {
    pub(super) const fn new(reach: Reach) -> Self {
        Self { reach }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.reach;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed = within_reach(found, reach)?;
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Keeps the allowed addresses; a name of which none is left is out of reach.
pub(super) fn within_reach(
    found: impl Iterator<Item = SocketAddr>,
    reach: Reach,
) -> Result<Vec<SocketAddr>, OutOfReach> {
    let allowed: Vec<SocketAddr> = found
        .map(|address| SocketAddr::new(canonical_ip(address.ip()), address.port()))
        .filter(|address| is_within_reach(address.ip(), reach))
        .collect();
    if allowed.is_empty() { Err(OutOfReach) } else { Ok(allowed) }
}

/// The error the resolver leaves in the HTTP library's chain of causes.
#[derive(Debug)]
pub(super) struct OutOfReach;

impl fmt::Display for OutOfReach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no address of that name is within reach")
    }
}

impl StdError for OutOfReach {}

/// Whether a failed request failed because of [`OutOfReach`].
pub(super) fn is_out_of_reach(error: &(dyn StdError + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<OutOfReach>() {
            return true;
        }
        cause = error.source();
    }
    false
}
