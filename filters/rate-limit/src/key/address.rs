//! The client's address, as Envoy writes it.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::hash::KeyHasher;

/// Who is at the other end of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClientAddress<'a> {
    /// A machine or its network.
    V4(Ipv4Addr),
    /// A machine, of a network of many addresses.
    V6(Ipv6Addr),
    /// Anything else, such as a unix socket.
    Other(&'a [u8]),
}

impl<'a> ClientAddress<'a> {
    /// Reads `192.0.2.7:40022`, `[2001:db8::7]:40022`, either without the port, or the name of a socket.
    pub(super) fn parse(text: &'a [u8]) -> Self {
        let parsed = std::str::from_utf8(text).ok().and_then(|text| match text.strip_prefix('[') {
            Some(bracketed) => v6(bracketed.split(']').next()?),
            None => v4(text).or_else(|| v6(text)),
        });
        parsed.unwrap_or(Self::Other(text))
    }

    /// Adds what of the address makes a client: of an IPv6 address the first `ipv6_prefix` bits, since one customer
    /// has all addresses that begin with them.
    pub(super) fn add_to(self, hasher: &mut KeyHasher, ipv6_prefix: u8) {
        match self {
            Self::V4(address) => Kind::V4.add_to(hasher, &address.octets()),
            Self::V6(address) => Kind::V6.add_to(hasher, &network(address, ipv6_prefix).octets()),
            Self::Other(text) => Kind::Other.add_to(hasher, text),
        }
    }

    /// The same in words, as Envoy's own descriptors have them: `192.0.2.7`, `2001:db8:0:1::/64`.
    pub(super) fn text(self, ipv6_prefix: u8) -> Cow<'a, [u8]> {
        match self {
            Self::V4(address) => address.to_string().into_bytes().into(),
            Self::V6(address) => {
                format!("{}/{ipv6_prefix}", network(address, ipv6_prefix)).into_bytes().into()
            }
            Self::Other(text) => text.into(),
        }
    }
}

/// The address with all bits behind its prefix cleared.
fn network(address: Ipv6Addr, prefix: u8) -> Ipv6Addr {
    let host_bits = 128_u32.saturating_sub(u32::from(prefix));
    let mask = u128::MAX.checked_shl(host_bits).unwrap_or_default();
    Ipv6Addr::from_bits(address.to_bits() & mask)
}

/// Keeps a socket whose name looks like an address's bytes apart from that address.
#[derive(Clone, Copy)]
enum Kind {
    V4 = 4,
    V6 = 6,
    Other = 0,
}

impl Kind {
    fn add_to(self, hasher: &mut KeyHasher, bytes: &[u8]) {
        hasher.fixed(&[self as u8]);
        hasher.part(bytes);
    }
}

fn v4<'a>(text: &str) -> Option<ClientAddress<'a>> {
    let host = text.split(':').next()?;
    host.parse().ok().map(ClientAddress::V4)
}

/// An IPv4 client of a socket that listens for both comes as an IPv6 address and is the same client.
fn v6<'a>(text: &str) -> Option<ClientAddress<'a>> {
    let without_zone = text.split('%').next()?;
    let address: Ipv6Addr = without_zone.parse().ok()?;
    Some(address.to_ipv4_mapped().map_or(ClientAddress::V6(address), ClientAddress::V4))
}

#[cfg(test)]
mod tests {
    use super::ClientAddress;
    use crate::hash::{KeyHasher, Secret, Slot};

    fn slot(text: &str, ipv6_prefix: u8) -> Slot {
        let mut hasher = KeyHasher::new(&Secret([7; 16]));
        ClientAddress::parse(text.as_bytes()).add_to(&mut hasher, ipv6_prefix);
        hasher.slot()
    }

    #[test]
    fn a_client_is_the_same_on_every_port() {
        let table = [
            ("192.0.2.7:40022", "192.0.2.7:1"),
            ("192.0.2.7:40022", "192.0.2.7"),
            ("[2001:db8::7]:40022", "[2001:db8::7]:1"),
            ("[2001:db8::7]:40022", "2001:db8::7"),
            ("[::ffff:192.0.2.7]:40022", "192.0.2.7:9"),
            ("[fe80::1%eth0]:40022", "[fe80::1]:1"),
        ];
        for (one, other) in table {
            assert_eq!(slot(one, 128), slot(other, 128), "{one} {other}");
        }
    }

    #[test]
    fn a_prefix_of_an_ipv6_address_is_a_client() {
        let table = [
            (64, "2001:db8:1:2::7", "2001:db8:1:2:ffff::1", true),
            (64, "2001:db8:1:2::7", "2001:db8:1:3::7", false),
            (48, "2001:db8:1:2::7", "2001:db8:1:3::7", true),
            (128, "2001:db8::7", "2001:db8::8", false),
            (1, "2001:db8::", "7fff::", true),
            (64, "192.0.2.7", "192.0.2.8", false),
        ];
        for (prefix, one, other, are_one) in table {
            assert_eq!(slot(one, prefix) == slot(other, prefix), are_one, "{prefix} {one} {other}");
        }
    }

    #[test]
    fn a_client_has_a_name() {
        let table = [
            ("192.0.2.7:40022", 64, "192.0.2.7"),
            ("[::ffff:192.0.2.7]:40022", 64, "192.0.2.7"),
            ("[2001:db8:1:2:3::7]:40022", 64, "2001:db8:1:2::/64"),
            ("[2001:db8::7]:40022", 128, "2001:db8::7/128"),
            ("/run/a.sock", 64, "/run/a.sock"),
        ];
        for (text, prefix, name) in table {
            assert_eq!(
                ClientAddress::parse(text.as_bytes()).text(prefix).as_ref(),
                name.as_bytes(),
                "{text}"
            );
        }
    }

    #[test]
    fn sockets_are_clients_by_their_name() {
        assert_ne!(slot("/run/a.sock", 64), slot("/run/b.sock", 64));
        assert_ne!(slot("", 64), slot("@", 64));
        for odd in ["", "[", "[]", "]:", ":", "1.2.3", "[1.2.3.4]:5", "\u{e9}"] {
            assert_eq!(ClientAddress::parse(odd.as_bytes()), ClientAddress::Other(odd.as_bytes()), "{odd}");
        }
        assert_eq!(ClientAddress::parse(b"\xff\x00"), ClientAddress::Other(b"\xff\x00"));
    }
}
