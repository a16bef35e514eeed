//! A worker of one rule, which counts by user.

use std::time::Duration;

use portcullis_document::{CanonicalPath, Mistakes, Node, RateLimitingConfig};
use portcullis_http::{Head, HeaderMap};
use portcullis_rate_limit::{Memory, RateLimits, Ruling, Subject, Table};

/// Some moment.
pub(crate) const START: Duration = Duration::from_secs(1_800_000_000);

/// A worker; those that share a store share their buckets.
pub(crate) struct Limiter<'a> {
    limits: RateLimits,
    table: Table,
    store: &'a Memory,
}

impl<'a> Limiter<'a> {
    /// A worker whose default rule has this rate, such as `"requests_per_day": 1`.
    pub(crate) fn new(rate: &str, store: &'a Memory) -> Self {
        let section = format!(r#"{{"default": {{"key": "header:x-user-id", {rate}}}}}"#);
        let mut mistakes = Mistakes::default();
        let node = Node::root(&section, &mut mistakes).unwrap();
        let config = RateLimitingConfig::read(&node, &mut mistakes).unwrap();
        let limits = RateLimits::compile(&config, false, &mut mistakes);
        assert!(mistakes.is_empty(), "{mistakes}");
        let table = Table::open(limits.max_keys(), store, [9; 16]).unwrap();
        Self { limits, table, store }
    }

    /// Whether a request of this user passes; one that cannot be counted does not.
    pub(crate) fn passes(&self, user: &str, now: Duration) -> bool {
        let head = Head::new(HeaderMap::from_pairs(&[("x-user-id", user)]));
        let subject = Subject { head: &head, path: "/", identity: None, address: &|| None };
        let rule = self.limits.rule(&CanonicalPath::of(b"/"), b"GET").unwrap();
        let ruling = rule.charge(&subject, &self.table, self.store, now);
        matches!(ruling, Ruling::Counted(charge) if charge.verdict.is_permitted())
    }
}
