//! A decision about a request: the key hashed, the bucket found, read, charged and written.

use std::time::Duration;

use portcullis_document::{CanonicalPath, Mistakes};
use portcullis_http::{Head, HeaderMap};
use portcullis_rate_limit::{Memory, RateLimits, Ruling, Subject, Table};
use serde_json::json;

use crate::{Case, case, document};

const NOW: Duration = Duration::from_secs(1_800_000_000);

pub(crate) fn cases() -> Vec<Case> {
    vec![decide("limit, one key", 1), decide("limit, 10,000 keys", 10_000)]
}

fn decide(name: &str, keys: u64) -> Case {
    let rule = json!({ "requests_per_second": 1000, "burst": 1000, "key": "header:x-user-id" });
    let document = document(&json!({ "rate_limiting": { "default": rule } }));
    let section = document.rate_limiting.expect("the section");
    let limits = RateLimits::compile(&section, false, &mut Mistakes::default());
    let store = Memory::default();
    let table = Table::open(limits.max_keys(), &store, [7; 16]).expect("nobody else writes");
    let heads: Vec<Head> = (0..keys).map(|key| head(&format!("usr_{key}"))).collect();
    let mut turn = 0;
    case(name, 0, move || {
        turn += 1;
        let head = &heads[turn % heads.len()];
        let subject = Subject { head, path: "/", identity: None, address: &|| None };
        let rule = limits.rule(&CanonicalPath::of(b"/"), b"GET").expect("the default");
        let now = NOW + Duration::from_millis(turn as u64);
        assert!(matches!(rule.charge(&subject, &table, &store, now), Ruling::Counted(_)));
    })
}

fn head(user: &str) -> Head {
    Head::new(HeaderMap::from_pairs(&[(":method", "GET"), (":path", "/"), ("x-user-id", user)]))
}
