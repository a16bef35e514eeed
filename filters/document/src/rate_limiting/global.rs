//! The key `global`: limits over several Envoys, kept by a rate limit service.

use std::num::NonZeroU32;
use std::time::Duration;

use super::{choice, window};
use crate::{Fields, Mistakes, Node, Upstream};

/// A rate limit service, and how a rule asks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GlobalConfig {
    /// The Envoy cluster of the service.
    pub cluster: String,
    /// The service's name for these limits.
    pub domain: String,
    /// How long a request waits for it.
    pub timeout: Duration,
    /// What becomes of a request that it gives no answer for.
    pub on_error: OnError,
    /// So many hits are taken at once.
    pub lease: NonZeroU32,
}

/// What becomes of a request that the service gives no answer for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// This Envoy's own bucket decides, which then decides in good times too.
    Local,
    /// It passes.
    Allow,
    /// It is refused.
    Deny,
}

/// A service in the same network answers in a few; a client notices hardly more.
const TIMEOUT: Duration = Duration::from_millis(20);
const LONGEST_TIMEOUT: Duration = Duration::from_secs(60);

/// Reads `global`; what is wrong in it is noted.
pub(super) fn read(node: Option<Node<'_>>, mistakes: &mut Mistakes) -> Option<GlobalConfig> {
    let mut fields = node?.fields(mistakes)?;
    let cluster = read_cluster(&mut fields, mistakes);
    // A service takes a question without a domain for none.
    let domain = fields.required("domain", mistakes).and_then(|node| read_name(&node, mistakes));
    let timeout = fields.duration("timeout", Duration::from_millis(1)..=LONGEST_TIMEOUT, mistakes);
    let on_error = fields.take("on_error").and_then(|node| read_on_error(&node, mistakes));
    let lease = fields.take("lease").and_then(|node| window::read_number(&node, mistakes));
    fields.finish(mistakes);
    Some(GlobalConfig {
        cluster: cluster?,
        domain: domain?,
        timeout: timeout.unwrap_or(TIMEOUT),
        on_error: on_error.unwrap_or(OnError::Local),
        lease: lease.unwrap_or(NonZeroU32::MIN),
    })
}

/// `cluster` names it outright; without it, it is the one of `upstream`.
fn read_cluster(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> Option<String> {
    let cluster = fields.take("cluster");
    let upstream = fields.take("upstream");
    if cluster.is_none() && upstream.is_none() {
        mistakes.wrong(fields.path(), "names no service; give it a cluster or an upstream");
    }
    let named = cluster.and_then(|node| read_name(&node, mistakes));
    let upstream = upstream.and_then(|url| Upstream::read(&url, None, mistakes));
    named.or_else(|| upstream.map(|upstream| upstream.cluster))
}

fn read_name(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<String> {
    let name = node.text(mistakes)?;
    if name.is_empty() { node.expected("a name", mistakes) } else { Some(name) }
}

fn read_on_error(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<OnError> {
    let choices = [("local", OnError::Local), ("allow", OnError::Allow), ("deny", OnError::Deny)];
    choice(node, "local, allow or deny", &choices, mistakes)
}
