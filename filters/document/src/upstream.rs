//! Where a filter's own calls go: an Envoy cluster, and the host that the request names.

use crate::{Mistakes, Node};

/// The target of a call that a filter makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// The Envoy cluster.
    pub cluster: String,
    /// The `Host` of the request: the URL's host and port, its scheme's own port left out.
    pub authority: String,
    /// The URL's path and query; `/` where it has none.
    pub target: String,
}

impl Upstream {
    /// Reads `http://host:port/path`. The cluster is named host and port, the scheme's own port where there is none.
    #[must_use]
    pub fn parse(url: &str) -> Option<Self> {
        let (scheme_port, rest) = match (url.strip_prefix("http://"), url.strip_prefix("https://")) {
            (Some(rest), _) => (80, rest),
            (_, Some(rest)) => (443, rest),
            _ => return None,
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at_checked(end)?;
        let (host, port) = host_and_port(authority)?;
        let port = port.unwrap_or(scheme_port);
        let authority = if port == scheme_port { host.to_owned() } else { format!("{host}:{port}") };
        let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
        let is_written = target.bytes().all(|byte| byte.is_ascii_graphic()) && !target.contains('#');
        is_written.then(|| Self { cluster: format!("{host}:{port}"), authority, target })
    }

    /// Reads a URL of the document; `cluster` overrides the cluster's name.
    pub fn read(url: &Node<'_>, cluster: Option<String>, mistakes: &mut Mistakes) -> Option<Self> {
        let text = url.text(mistakes)?;
        let Some(upstream) = Self::parse(&text) else {
            return url.expected("a URL such as \"http://users-service:3001\"", mistakes);
        };
        Some(match cluster {
            Some(cluster) => Self { cluster, ..upstream },
            None => upstream,
        })
    }
}

/// A host name, an IPv4 address or an IPv6 address in brackets; no user, no empty host (RFC 3986, section 3.2).
fn host_and_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let bracket = authority.rfind(']').map_or(0, |at| at + 1);
    let colon = authority.get(bracket..)?.rfind(':').map(|at| at + bracket);
    let (host, port) = match colon {
        Some(at) => {
            (authority.get(..at)?, Some(authority.get(at + 1..)?.parse().ok().filter(|port| *port > 0)?))
        }
        None => (authority, None),
    };
    let inner = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_host = match inner {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty()
                && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
        }
    };
    is_host.then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::Upstream;

    #[test]
    fn a_url_names_cluster_host_and_target() {
        let table = [
            ("http://users-service:3001", "users-service:3001", "users-service:3001", "/"),
            ("http://users", "users:80", "users", "/"),
            (
                "https://auth.example.com/.well-known/jwks.json",
                "auth.example.com:443",
                "auth.example.com",
                "/.well-known/jwks.json",
            ),
            ("https://a:443/x?y=1", "a:443", "a", "/x?y=1"),
            ("http://a?y", "a:80", "a", "/?y"),
            ("http://[::1]:81/", "[::1]:81", "[::1]:81", "/"),
        ];
        for (url, cluster, authority, target) in table {
            let upstream = Upstream::parse(url).unwrap();
            assert_eq!(
                (&*upstream.cluster, &*upstream.authority, &*upstream.target),
                (cluster, authority, target),
                "{url}"
            );
        }
    }

    #[test]
    fn what_is_no_plain_url_is_refused() {
        let urls = [
            "",
            "users:80",
            "ftp://a",
            "http://",
            "http://:80",
            "http://u@a",
            "http://a:0",
            "http://a:x",
            "http://a:99999",
            "http://a b",
            "http://[::g]",
            "http://a/b#c",
            "http://a/ b",
        ];
        for url in urls {
            assert_eq!(Upstream::parse(url), None, "{url}");
        }
    }
}
