//! Many keys: memory stays flat, and a client that is over its limit stays over it.

use std::time::Duration;

use portcullis_document::{Mistakes, Node, RateLimitingConfig};
use portcullis_http::{Head, HeaderMap};
use portcullis_rate_limit::{Memory, RateLimits, Ruling, Subject, Table};

const START: Duration = Duration::from_secs(1_800_000_000);
const MIB: usize = 1 << 20;

struct Limiter {
    limits: RateLimits,
    table: Table,
    store: Memory,
}

impl Limiter {
    fn new(section: &str) -> Self {
        let text = format!(r#"{{"rate_limiting": {section}}}"#);
        let mut mistakes = Mistakes::default();
        let mut fields = Node::root(&text, &mut mistakes).unwrap().fields(&mut mistakes).unwrap();
        let config = RateLimitingConfig::read(&fields.take("rate_limiting").unwrap(), &mut mistakes).unwrap();
        let (limits, store) = (RateLimits::compile(&config, &mut mistakes), Memory::default());
        assert!(mistakes.is_empty(), "{mistakes}");
        Self { table: Table::open(limits.max_keys(), &store, [9; 16]).unwrap(), limits, store }
    }

    fn passes(&self, user: &str, now: Duration) -> bool {
        let head = Head::new(HeaderMap::from_pairs(&[("x-user-id", user)]));
        let subject = Subject { head: &head, path: "/", identity: None, address: &|| None };
        let rule = self.limits.rule("/", true, b"GET").unwrap();
        let ruling = rule.charge(&subject, &self.table, &self.store, now);
        matches!(ruling, Ruling::Counted(charge) if charge.verdict.is_permitted())
    }
}

#[test]
fn memory_is_flat_once_the_table_is_full() {
    let limiter = Limiter::new(r#"{"default": {"requests_per_hour": 5, "key": "header:x-user-id"}}"#);
    let over = (0..6).filter(|_| limiter.passes("over", START)).count();
    assert_eq!(over, 5);
    let flood = |users: std::ops::Range<u32>| {
        users.for_each(|user| {
            limiter.passes(&format!("usr_{user}"), START + Duration::from_micros(u64::from(user)));
        })
    };
    flood(0..200_000);
    let (entries, bytes) = limiter.store.size();
    flood(200_000..300_000);
    let (entries_later, bytes_later) = limiter.store.size();
    assert_eq!((entries, entries_later), (8_193, 8_193), "the sets and the secret");
    assert!(bytes_later < bytes + MIB / 4 && bytes_later < 8 * MIB, "{bytes} {bytes_later}");
    assert!(!limiter.passes("over", START + Duration::from_secs(1)));
    assert!(limiter.passes("newcomer", START + Duration::from_secs(1)));
}
