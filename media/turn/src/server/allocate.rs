//! Making, prolonging and ending allocations (RFC 8656 §7, §8).

use std::net::IpAddr;
use std::time::Duration;

use super::Server;
use super::request::{BAD_REQUEST, Proof, Refusal, Request, seal};
use crate::address::FiveTuple;
use crate::allocation::{Allocation, Founding, Slot};
use crate::credentials::{Username, person_of};
use crate::hash::{KeyedHash, random_u64};
use crate::rate::Bucket;
use crate::relay_ports::Parity;
use crate::stun::{Class, Family, MessageWriter, attribute};
use crate::table::FAMILIES;

/// The protocol number of UDP in REQUESTED-TRANSPORT.
const UDP: u8 = 17;
/// The bit of EVEN-PORT that asks for the next port as well (RFC 8656 §18.6).
const RESERVE_NEXT: u8 = 0x80;

/// Relayed addresses that an Allocate asks for.
struct Wanted {
    /// Refused as a whole without it.
    first: IpAddr,
    /// Whether its port has to be even.
    parity: Parity,
    /// Asked for in addition: the address, or why there is none.
    second: Option<Result<IpAddr, u16>>,
}

impl Server {
    /// RFC 8656 §7.2.
    pub(super) fn allocate(
        &mut self,
        now: Duration,
        client: FiveTuple,
        request: &Request<'_>,
        proof: &Proof,
        username: &Username<'_>,
    ) -> Result<Vec<u8>, Refusal> {
        if let Some(slot) = self.table.of_client(&client) {
            match self.table.get(slot).filter(|allocation| allocation.is_alive(now)) {
                // The answer was lost, so the same request comes again.
                Some(allocation) if allocation.transaction == request.message.transaction_id() => {
                    return Ok(allocation.answer.clone());
                }
                Some(_) => return Err(Refusal::new(437)),
                None => self.table.remove(slot),
            }
        }
        let wanted = self.wanted(request)?;
        let lifetime = self.lifetime(request.lifetime()?);
        let limits = self.config.limits;
        if self.table.count_of_user(username.user) >= limits.allocations_per_user_max
            || self.table.count_of_person(person_of(username.user)) >= limits.allocations_per_person_max
        {
            return Err(Refusal::new(486));
        }
        if self.table.len() >= limits.allocations_max {
            return Err(Refusal::new(508));
        }
        let slot = self.table.insert(Allocation::new(Founding {
            client,
            user: username.user.into(),
            username: username.whole.into(),
            key: proof.key.clone(),
            transaction: request.message.transaction_id(),
            bandwidth: Bucket::new(limits.bandwidth_bytes_per_second, limits.bandwidth_burst_bytes, now),
            hash: KeyedHash::new(&*self.entropy),
        }));
        let answer = self.found(slot, now + lifetime, &wanted, request).inspect_err(|_| self.table.remove(slot))?;
        let answer = answer
            .attribute(attribute::LIFETIME, &seconds(lifetime))
            .xor_address(attribute::XOR_MAPPED_ADDRESS, client.remote);
        let answer = seal(answer, request, Some(proof));
        if let Some(allocation) = self.table.get_mut(slot) {
            allocation.answer.clone_from(&answer);
        }
        Ok(answer)
    }

    /// Gives the new allocation its relayed addresses, and begins the answer with them.
    fn found(
        &mut self,
        slot: Slot,
        expires: Duration,
        wanted: &Wanted,
        request: &Request<'_>,
    ) -> Result<MessageWriter, Refusal> {
        let answer = MessageWriter::answer(&request.message, Class::Success);
        let random = random_u64(&*self.entropy);
        let first =
            self.table.add_relayed(slot, wanted.first, expires, random, wanted.parity).ok_or(Refusal::new(508))?;
        let answer = answer.xor_address(attribute::XOR_RELAYED_ADDRESS, first);
        let Some(second) = wanted.second else {
            return Ok(answer);
        };
        let random = random_u64(&*self.entropy);
        let second =
            second.and_then(|external| self.table.add_relayed(slot, external, expires, random, Parity::Any).ok_or(508));
        Ok(match second {
            Ok(address) => answer.xor_address(attribute::XOR_RELAYED_ADDRESS, address),
            Err(code) => answer.address_error_code(Family::Ipv6.number(), code),
        })
    }

    /// Reads what is asked for, in the order that the RFC checks it in.
    fn wanted(&self, request: &Request<'_>) -> Result<Wanted, Refusal> {
        let [protocol, ..] = request.fixed::<4>(attribute::REQUESTED_TRANSPORT)?.ok_or(BAD_REQUEST)?;
        if protocol != UDP {
            return Err(Refusal::new(442));
        }
        let has_additional = request.has(attribute::ADDITIONAL_ADDRESS_FAMILY);
        let family = request.family(attribute::REQUESTED_ADDRESS_FAMILY)?;
        if let Some([..]) = request.fixed::<8>(attribute::RESERVATION_TOKEN)? {
            if request.has(attribute::EVEN_PORT) || has_additional || family.is_some() {
                return Err(BAD_REQUEST);
            }
            // No port is ever reserved, so no token is one of ours.
            return Err(Refusal::new(508));
        }
        let even_port = request.fixed::<1>(attribute::EVEN_PORT)?;
        if has_additional && (family.is_some() || even_port.is_some_and(|[flags]| flags & RESERVE_NEXT != 0)) {
            return Err(BAD_REQUEST);
        }
        if even_port.is_some_and(|[flags]| flags & RESERVE_NEXT != 0) {
            // RTP and RTCP on neighboring ports were given up by WebRTC; reserving ports for it has
            // leaked them in other servers.
            return Err(Refusal::new(508));
        }
        let parity = if even_port.is_some() { Parity::Even } else { Parity::Any };
        let first = self.config.external(family.unwrap_or(Family::Ipv4)).ok_or(Refusal::new(440))?;
        if !has_additional {
            return Ok(Wanted { first, parity, second: None });
        }
        // RFC 8656 §7.2: only IPv6 can be additional, because IPv4 is what comes without asking.
        match request.family(attribute::ADDITIONAL_ADDRESS_FAMILY) {
            Ok(Some(Family::Ipv6)) => {
                let second = Some(self.config.external(Family::Ipv6).ok_or(440));
                Ok(Wanted { first, parity, second })
            }
            _ => Err(BAD_REQUEST),
        }
    }

    /// RFC 8656 §7.2: what is asked for, not below the default and not above the maximum.
    fn lifetime(&self, asked_seconds: Option<u32>) -> Duration {
        let limits = &self.config.limits;
        let asked = Duration::from_secs(asked_seconds.unwrap_or(0).into());
        asked.min(limits.lifetime_max).max(limits.lifetime_default)
    }

    /// RFC 8656 §8.2.
    pub(super) fn refresh(
        &mut self,
        now: Duration,
        client: &FiveTuple,
        request: &Request<'_>,
        proof: &Proof,
        username: &Username<'_>,
    ) -> Result<Vec<u8>, Refusal> {
        let slot = self.own_allocation(now, client, username)?;
        let asked = request.lifetime()?;
        // What is no family at all is not the allocation's either.
        let none_of_ours = |refusal: Refusal| if refusal.code == 440 { Refusal::new(443) } else { refusal };
        let asked_family = request.family(attribute::REQUESTED_ADDRESS_FAMILY).map_err(none_of_ours)?;
        let living: Vec<Family> = FAMILIES
            .into_iter()
            .filter(|family| self.table.get(slot).is_some_and(|found| found.relayed(*family, now).is_some()))
            .collect();
        if asked_family.is_some_and(|family| !living.contains(&family)) {
            return Err(Refusal::new(443));
        }
        let lifetime = if asked == Some(0) { Duration::ZERO } else { self.lifetime(asked) };
        for family in living.into_iter().filter(|family| asked_family.is_none_or(|asked| asked == *family)) {
            if lifetime.is_zero() {
                self.table.remove_relayed(slot, family);
            } else {
                self.table.refresh(slot, family, now + lifetime);
            }
        }
        let answer = MessageWriter::answer(&request.message, Class::Success);
        Ok(seal(answer.attribute(attribute::LIFETIME, &seconds(lifetime)), request, Some(proof)))
    }

    /// The client's allocation while it lives, if it was made with the same user name.
    pub(super) fn own_allocation(
        &self,
        now: Duration,
        client: &FiveTuple,
        username: &Username<'_>,
    ) -> Result<Slot, Refusal> {
        let slot = self.table.of_client(client).ok_or(Refusal::new(437))?;
        let allocation = self.table.get(slot).filter(|found| found.is_alive(now)).ok_or(Refusal::new(437))?;
        if &*allocation.username == username.whole { Ok(slot) } else { Err(Refusal::new(441)) }
    }
}

/// The value of LIFETIME.
fn seconds(lifetime: Duration) -> [u8; 4] {
    u32::try_from(lifetime.as_secs()).unwrap_or(u32::MAX).to_be_bytes()
}
