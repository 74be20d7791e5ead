//! Where clients are told that the relay is: `turn:` and `turns:` URIs (RFC 7065).

use std::net::IpAddr;

use crate::addresses::OwnName;

/// All URIs, the best first: UDP carries media best, TCP passes where UDP does not, TLS on the HTTPS port passes
/// everywhere.
///
/// The host is the name by which clients have reached the server: it leads here from wherever they are, also where a
/// split DNS gives those inside another address than those outside. `beside` are the addresses that an administrator
/// has set and to which the name does not lead: if it leads to a proxy for HTTPS, the relay is reached there alone.
/// TLS is told by name only, because that is what the certificate is for.
pub(super) fn all(name: &OwnName, beside: &[IpAddr], port: u16, https_port: Option<u16>) -> Vec<String> {
    let hosts = || std::iter::once(name.clone()).chain(beside.iter().copied().map(OwnName::Address));
    let mut uris = Vec::new();
    for transport in ["udp", "tcp"] {
        uris.extend(hosts().map(|host| format!("turn:{host}:{port}?transport={transport}")));
    }
    uris.extend(https_port.map(|port| format!("turns:{name}:{port}?transport=tcp")));
    uris
}

#[cfg(test)]
mod tests {
    use super::all;
    use crate::addresses::OwnName;

    fn uris(name: &str, beside: &[&str], https_port: Option<u16>) -> Vec<String> {
        let beside: Vec<_> = beside.iter().map(|text| text.parse().unwrap()).collect();
        all(&OwnName::read(name), &beside, 3478, https_port)
    }

    #[test]
    fn the_name_is_told_for_all_transports() {
        assert_eq!(
            uris("chat.example.org", &[], Some(443)),
            [
                "turn:chat.example.org:3478?transport=udp",
                "turn:chat.example.org:3478?transport=tcp",
                "turns:chat.example.org:443?transport=tcp",
            ]
        );
        assert_eq!(uris("chat.example.org", &[], None).len(), 2, "without HTTPS there is no TLS");
    }

    #[test]
    fn addresses_beside_the_name_are_told_where_no_certificate_is_needed() {
        assert_eq!(
            uris("chat.example.org", &["203.0.113.7", "2001:db8::7"], Some(8443)),
            [
                "turn:chat.example.org:3478?transport=udp",
                "turn:203.0.113.7:3478?transport=udp",
                "turn:[2001:db8::7]:3478?transport=udp",
                "turn:chat.example.org:3478?transport=tcp",
                "turn:203.0.113.7:3478?transport=tcp",
                "turn:[2001:db8::7]:3478?transport=tcp",
                "turns:chat.example.org:8443?transport=tcp",
            ]
        );
    }

    #[test]
    fn an_address_as_name_is_written_in_brackets_if_it_is_ipv6() {
        assert_eq!(uris("[2001:db8::7]", &[], Some(443))[0], "turn:[2001:db8::7]:3478?transport=udp");
        assert_eq!(uris("203.0.113.7", &[], None)[1], "turn:203.0.113.7:3478?transport=tcp");
    }
}
