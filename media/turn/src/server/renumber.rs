//! Another external address while calls run: the provider has given the site a new one, or DNS leads elsewhere.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::Server;
use crate::config::ConfigError;
use crate::policy::PeerPolicy;

impl Server {
    /// Shows these addresses to new allocations from now on, takes these for sinks, and judges peers by this policy.
    ///
    /// Allocations that exist keep the addresses that their clients have told others. As long as those are among
    /// `former`, packets to them are relayed as before; the policy has to allow them, as [`crate::AllowList`] does if it
    /// is made from the same addresses.
    ///
    /// # Errors
    /// [`ConfigError::Sink`] if a sink would be shadowed; everything stays as it is.
    pub fn renumber(
        &mut self,
        ipv4: Option<Ipv4Addr>,
        ipv6: Option<Ipv6Addr>,
        former: Vec<IpAddr>,
        sinks: Vec<SocketAddr>,
        policy: Box<dyn PeerPolicy>,
    ) -> Result<(), ConfigError> {
        let mut config = self.config.clone();
        (config.external_ipv4, config.external_ipv6, config.former_externals) = (ipv4, ipv6, former);
        config.sinks = sinks;
        config.check()?;
        (self.config, self.policy) = (config, policy);
        Ok(())
    }
}
