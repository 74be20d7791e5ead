//! Permissions and channels (RFC 8656 §10, §12): whom a client may hear, and under which number.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::Server;
use super::relay::Route;
use super::request::{BAD_REQUEST, Proof, Refusal, Request, seal};
use crate::address::FiveTuple;
use crate::allocation::{BindError, Slot};
use crate::channel_data::CHANNEL_NUMBERS;
use crate::credentials::Username;
use crate::stun::{Class, Family, MessageWriter, attribute};

impl Server {
    /// RFC 8656 §10.2: all of the addresses, or none if one is refused.
    pub(super) fn create_permission(
        &mut self,
        now: Duration,
        client: &FiveTuple,
        request: &Request<'_>,
        proof: &Proof,
        username: &Username<'_>,
    ) -> Result<Vec<u8>, Refusal> {
        let slot = self.own_allocation(now, client, username)?;
        let max = self.config.limits.permissions_max;
        let peers: Vec<IpAddr> = request.peers(max)?.iter().map(SocketAddr::ip).collect();
        for peer in &peers {
            self.check_family(now, slot, *peer)?;
        }
        if peers.iter().any(|peer| !self.policy.allows_ip(*peer)) {
            return Err(Refusal::new(403));
        }
        self.check_permissions(now, slot, &peers)?;
        for peer in peers {
            self.table.permit(slot, peer, now);
        }
        Ok(seal(MessageWriter::answer(&request.message, Class::Success), request, Some(proof)))
    }

    /// RFC 8656 §12.2. A channel is also a permission for the peer's address.
    pub(super) fn channel_bind(
        &mut self,
        now: Duration,
        client: &FiveTuple,
        request: &Request<'_>,
        proof: &Proof,
        username: &Username<'_>,
    ) -> Result<Vec<u8>, Refusal> {
        let slot = self.own_allocation(now, client, username)?;
        let [high, low, _, _] = request.fixed::<4>(attribute::CHANNEL_NUMBER)?.ok_or(BAD_REQUEST)?;
        let number = u16::from_be_bytes([high, low]);
        let peer = request.peer()?;
        if !CHANNEL_NUMBERS.contains(&number) {
            return Err(BAD_REQUEST);
        }
        self.check_family(now, slot, peer.ip())?;
        if !self.policy.allows(peer) {
            return Err(Refusal::new(403));
        }
        let max = self.config.limits.channels_max;
        let allocation = self.table.get_mut(slot).ok_or(Refusal::new(437))?;
        allocation.check_bind(number, peer, max, now).map_err(|error| match error {
            BindError::Taken => BAD_REQUEST,
            BindError::Full => Refusal::new(508),
        })?;
        self.check_permissions(now, slot, &[peer.ip()])?;
        // Two allocations cannot share a peer outside: its packets could not be told apart.
        let outside_max = self.config.limits.outside_peers_max;
        if self.route(peer) == Route::Outside && !self.table.claim_outside(slot, peer, outside_max) {
            return Err(Refusal::new(508));
        }
        self.table.permit(slot, peer.ip(), now);
        self.table.bind(slot, number, peer, now);
        Ok(seal(MessageWriter::answer(&request.message, Class::Success), request, Some(proof)))
    }

    /// A relayed address reaches peers of its own family only.
    fn check_family(&self, now: Duration, slot: Slot, peer: IpAddr) -> Result<(), Refusal> {
        let relayed = self.table.get(slot).and_then(|allocation| allocation.relayed(Family::of(peer), now));
        relayed.map(|_| ()).ok_or(Refusal::new(443))
    }

    fn check_permissions(&mut self, now: Duration, slot: Slot, peers: &[IpAddr]) -> Result<(), Refusal> {
        let max = self.config.limits.permissions_max;
        let allocation = self.table.get_mut(slot).ok_or(Refusal::new(437))?;
        if allocation.has_room_for(peers, max, now) { Ok(()) } else { Err(Refusal::new(508)) }
    }
}
