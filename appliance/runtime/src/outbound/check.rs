//! Which URLs and addresses an outbound request may go to.

use std::net::IpAddr;

use reqwest::Url;
use veche_base::canonical_ip::{canonical_ip, is_global, is_loopback, is_private};

use super::OutboundError;

/// How far from the open internet inward the server's own requests may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Reach {
    /// Public addresses only.
    #[default]
    Public,
    /// Private networks too: for a closed site whose push gateway stands beside it.
    Private,
    /// This machine too, and there also plain http: for tests and for a gateway on the same machine.
    Loopback,
}

/// Whether a connection to the address is allowed. Link-local and other special addresses never are.
pub(super) fn is_within_reach(address: IpAddr, reach: Reach) -> bool {
    is_global(address)
        || (reach >= Reach::Private && is_private(address))
        || (reach >= Reach::Loopback && is_loopback(address))
}

/// Checks all of a URL that can be checked before its name is resolved. The HTTP library does not
/// ask the resolver about literal addresses, so those are judged here.
pub(super) fn check_url(url: &Url, reach: Reach) -> Result<(), OutboundError> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(OutboundError::BadUrl("it carries credentials"));
    }
    let host = url.host_str().ok_or(OutboundError::BadUrl("it names no host"))?;
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
    if let Some(address) = literal {
        // Nobody needs to write an IPv4 address in an IPv6 disguise, except to get past a check.
        if canonical_ip(address) != address || !is_within_reach(address, reach) {
            return Err(OutboundError::OutOfReach);
        }
    }
    let is_local = literal.map_or(host == "localhost", is_loopback);
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_local && reach == Reach::Loopback => Ok(()),
        _ => Err(OutboundError::BadUrl("only https is allowed")),
    }
}
