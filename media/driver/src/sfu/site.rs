//! Where the SFU is reached, and what the world hears of its rooms.

use std::net::{IpAddr, SocketAddr};

use veche_sfu::engine::{LocalAddress, Transport};

/// A relay that clients may use to reach us (`RTCIceServer`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IceServer {
    /// `turn:` and `turns:` addresses. None of them over UDP: browsers then hand what comes from that address to the relay's
    /// code alone.
    pub urls: Vec<String>,
    /// For the relay.
    pub username: String,
    /// For the relay.
    pub credential: String,
}

/// Says which relays somebody may use.
pub trait IceServers: Send + Sync {
    /// Those for the participant with this identity, with credentials made for him.
    fn for_participant(&self, identity: &str) -> Vec<IceServer>;
}

/// What has happened in the rooms that the rest of the product cares about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomNews {
    /// Somebody takes part. If he takes the place of one with his name, this is told first.
    Joined {
        /// The room's name.
        room: String,
        /// Who.
        identity: String,
    },
    /// Somebody does no longer, whatever the reason, and will not come back as the same participant.
    Left {
        /// The room's name.
        room: String,
        /// Who.
        identity: String,
    },
    /// Somebody was not let in, because as many take part as can.
    NoPlace {
        /// The room's name.
        room: String,
        /// Who.
        identity: String,
        /// Whether it is the room that is full; otherwise all rooms together are.
        is_room: bool,
    },
}

/// Our addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whereabouts {
    /// Those of our interfaces, to which packets come.
    pub local: Vec<IpAddr>,
    /// Those that clients are told, the best first. What is outside leads to the same port here.
    pub announced: Vec<IpAddr>,
}

/// The same with ports, and with the relays.
pub(crate) struct Site {
    /// Where packets come, as the engine knows us.
    pub(crate) local: Vec<LocalAddress>,
    /// What clients are told, the best first and UDP before TCP.
    pub(crate) announced: Vec<LocalAddress>,
    relays: Box<dyn IceServers>,
    bound: Bound,
}

/// Where sockets are bound.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bound {
    /// For datagrams.
    pub(crate) udp: Vec<SocketAddr>,
    /// For connections of clients. Nothing, if none are taken.
    pub(crate) tcp: Vec<SocketAddr>,
}

impl Site {
    /// With sockets that are bound to these addresses.
    pub(crate) fn new(bound: Bound, whereabouts: &Whereabouts, relays: Box<dyn IceServers>) -> Self {
        let mut site = Self { local: Vec::new(), announced: Vec::new(), relays, bound };
        site.move_to(whereabouts);
        site
    }

    /// Other addresses, for peers that are made from now on.
    pub(crate) fn move_to(&mut self, whereabouts: &Whereabouts) {
        let (mut local, mut announced) = places(&self.bound.udp, whereabouts, Transport::Udp);
        let over_tcp = places(&self.bound.tcp, whereabouts, Transport::Tcp);
        local.extend(over_tcp.0);
        announced.extend(over_tcp.1);
        (self.local, self.announced) = (local, announced);
    }

    /// The address over UDP that the engine knows us by, for what came to another one of ours: only local ones mean something
    /// to it.
    pub(crate) fn local_of(&self, address: SocketAddr) -> Option<SocketAddr> {
        let over_udp =
            || self.local.iter().filter(|local| local.transport == Transport::Udp).map(|local| local.address);
        let same_family = |local: &SocketAddr| local.is_ipv4() == address.is_ipv4();
        over_udp().find(|local| *local == address).or_else(|| over_udp().find(same_family))
    }

    /// The relays for somebody, in LiveKit's words.
    pub(crate) fn ice_servers(&self, identity: &str) -> Vec<livekit_protocol::IceServer> {
        let servers = self.relays.for_participant(identity).into_iter();
        servers
            .map(|it| livekit_protocol::IceServer { urls: it.urls, username: it.username, credential: it.credential })
            .collect()
    }
}

/// The addresses of these sockets, and what clients are told of them.
fn places(
    bound: &[SocketAddr],
    whereabouts: &Whereabouts,
    transport: Transport,
) -> (Vec<LocalAddress>, Vec<LocalAddress>) {
    let with_port = |ip: &IpAddr| {
        let is_its = |bound: &&SocketAddr| bound.is_ipv4() == ip.is_ipv4();
        bound.iter().find(is_its).map(|bound| SocketAddr::new(*ip, bound.port()))
    };
    let wildcard = |bound: &SocketAddr| bound.ip().is_unspecified();
    // A socket that is bound to one address gets packets for no other.
    let named = bound.iter().copied().filter(|bound| !wildcard(bound));
    let of_wildcards = whereabouts
        .local
        .iter()
        .filter_map(with_port)
        .filter(|at| bound.iter().any(|bound| wildcard(bound) && bound.is_ipv4() == at.is_ipv4()));
    let mut local: Vec<SocketAddr> = named.chain(of_wildcards).collect();
    let mut announced: Vec<SocketAddr> = whereabouts.announced.iter().filter_map(with_port).collect();
    if announced.is_empty() {
        announced.clone_from(&local);
    }
    local.dedup();
    announced.dedup();
    let over =
        |addresses: Vec<SocketAddr>| addresses.into_iter().map(|address| LocalAddress { transport, address }).collect();
    (over(local), over(announced))
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, SocketAddr};

    use veche_sfu::engine::{LocalAddress, Transport};

    use super::{Bound, IceServer, IceServers, Site, Whereabouts};

    struct NoRelays;
    impl IceServers for NoRelays {
        fn for_participant(&self, _: &str) -> Vec<IceServer> {
            Vec::new()
        }
    }

    fn ips(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn at(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn site(udp: &[&str], tcp: &[&str], whereabouts: &Whereabouts) -> Site {
        Site::new(Bound { udp: at(udp), tcp: at(tcp) }, whereabouts, Box::new(NoRelays))
    }

    fn over_udp(texts: &[&str]) -> Vec<LocalAddress> {
        let over = |address| LocalAddress { transport: Transport::Udp, address };
        at(texts).into_iter().map(over).collect()
    }

    fn over_tcp(texts: &[&str]) -> Vec<LocalAddress> {
        let over = |address| LocalAddress { transport: Transport::Tcp, address };
        at(texts).into_iter().map(over).collect()
    }

    #[test]
    fn each_address_has_the_port_of_its_family() {
        let whereabouts =
            Whereabouts { local: ips(&["10.0.0.2", "fd00::2"]), announced: ips(&["203.0.113.7", "10.0.0.2"]) };
        let site = site(&["0.0.0.0:7882", "[::]:7883"], &[], &whereabouts);
        assert_eq!(site.local, over_udp(&["10.0.0.2:7882", "[fd00::2]:7883"]));
        assert_eq!(site.announced, over_udp(&["203.0.113.7:7882", "10.0.0.2:7882"]));
        assert_eq!(site.local_of(at(&["203.0.113.7:7882"])[0]), Some(at(&["10.0.0.2:7882"])[0]));
        assert_eq!(site.local_of(at(&["[fd00::2]:7883"])[0]), Some(at(&["[fd00::2]:7883"])[0]));
    }

    #[test]
    fn a_socket_with_one_address_gets_no_others() {
        let whereabouts = Whereabouts { local: ips(&["10.0.0.2", "fd00::2"]), announced: Vec::new() };
        let site = site(&["127.0.0.1:7882"], &[], &whereabouts);
        assert_eq!((site.local, site.announced), (over_udp(&["127.0.0.1:7882"]), over_udp(&["127.0.0.1:7882"])));
    }

    #[test]
    fn connections_are_taken_at_the_same_addresses() {
        let whereabouts = Whereabouts { local: ips(&["10.0.0.2"]), announced: ips(&["203.0.113.7", "10.0.0.2"]) };
        let site = site(&["0.0.0.0:7882"], &["0.0.0.0:7881"], &whereabouts);
        assert_eq!(site.local, [over_udp(&["10.0.0.2:7882"]), over_tcp(&["10.0.0.2:7881"])].concat());
        let udp = over_udp(&["203.0.113.7:7882", "10.0.0.2:7882"]);
        assert_eq!(site.announced, [udp, over_tcp(&["203.0.113.7:7881", "10.0.0.2:7881"])].concat());
        assert_eq!(site.local_of(at(&["10.0.0.2:7881"])[0]), Some(at(&["10.0.0.2:7882"])[0]), "the relay leads to UDP");
    }
}
