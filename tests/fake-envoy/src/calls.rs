//! HTTP calls that the module made and that nobody has answered yet.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::abi::Status;
use crate::header_map::HeaderMap;

/// A call on its way, as the upstream sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// What the module got as its token.
    pub token: u32,
    /// The cluster that was named.
    pub cluster: String,
    /// The request's headers, `content-length` included where there is a body.
    pub headers: HeaderMap,
    /// The request's body.
    pub body: Vec<u8>,
    /// The request's trailers.
    pub trailers: HeaderMap,
    /// `None` waits for ever.
    pub timeout: Option<Duration>,
    /// The context on whose behalf it was made: a stream's or a root's.
    pub made_for: u32,
    /// The root context, which is the one that hears of the answer.
    pub root: u32,
    pub(crate) due: Option<Duration>,
}

/// An answer as the module can read it, while its callback runs.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallAnswer {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Option<HeaderMap>,
}

impl CallAnswer {
    /// An answer that Envoy makes in an upstream's stead.
    pub(crate) fn of_envoy(status: u16, body: &str) -> Self {
        let (status, length) = (status.to_string(), body.len().to_string());
        let headers =
            [(":status", status.as_str()), ("content-length", &length), ("content-type", "text/plain")];
        Self { headers: headers.into_iter().collect(), body: body.into(), trailers: None }
    }
}

/// The clusters that there are, and the calls to them.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    pub(crate) clusters: BTreeSet<String>,
    pub(crate) unhealthy: BTreeSet<String>,
    pub(crate) pending: BTreeMap<u32, Call>,
    pub(crate) answering: Option<CallAnswer>,
    last_token: u32,
}

impl Calls {
    pub(crate) fn to(clusters: BTreeSet<String>, unhealthy: BTreeSet<String>) -> Self {
        Self { clusters, unhealthy, ..Self::default() }
    }

    /// Sends a call, or says why not: an unknown cluster and missing pseudo-headers are bad arguments; a cluster without a
    /// healthy host fails at once, and nobody is called back.
    pub(crate) fn send(&mut self, mut call: Call) -> Result<u32, Status> {
        if !self.clusters.contains(&call.cluster) {
            return Err(Status::BadArgument);
        }
        rename_host(&mut call.headers);
        if [":method", ":path", ":authority"].iter().any(|name| call.headers.get(name).is_none()) {
            return Err(Status::BadArgument);
        }
        if self.unhealthy.contains(&call.cluster) {
            return Err(Status::InternalFailure);
        }
        if !call.body.is_empty() {
            call.headers.set("content-length", call.body.len().to_string().as_bytes());
        }
        call.token = self.next_token();
        let token = call.token;
        self.pending.insert(token, call);
        Ok(token)
    }

    /// Tokens are multiples of four: the two low bits say what a token is of, and these are HTTP calls.
    fn next_token(&mut self) -> u32 {
        self.last_token += 4;
        self.last_token
    }

    /// Why a gRPC call to this cluster fails at once, if it does.
    pub(crate) fn cannot_reach(&self, cluster: &str) -> Option<&'static str> {
        if !self.clusters.contains(cluster) {
            Some("Cluster not available")
        } else if self.unhealthy.contains(cluster) {
            Some("no healthy upstream{no_healthy_upstream}")
        } else {
            None
        }
    }

    /// Those whose time is up.
    pub(crate) fn due(&self, now: Duration) -> Option<Call> {
        let late = self.pending.values().filter(|call| call.due.is_some_and(|due| due <= now));
        late.min_by_key(|call| call.due).cloned()
    }
}

/// A `host` header is the authority.
fn rename_host(headers: &mut HeaderMap) {
    if let Some(host) = headers.get("host").map(<[u8]>::to_vec) {
        headers.remove("host");
        headers.set(":authority", &host);
    }
}
