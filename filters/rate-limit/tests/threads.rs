//! Workers that share a store, as threads: never one request too many, and none lost.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use portcullis_document::{Mistakes, Node, RateLimitingConfig};
use portcullis_http::{Head, HeaderMap};
use portcullis_rate_limit::{Memory, RateLimits, Ruling, Subject, Table};

fn limits(section: &str) -> RateLimits {
    let text = format!(r#"{{"rate_limiting": {section}}}"#);
    let mut mistakes = Mistakes::default();
    let mut fields = Node::root(&text, &mut mistakes).unwrap().fields(&mut mistakes).unwrap();
    let config = RateLimitingConfig::read(&fields.take("rate_limiting").unwrap(), &mut mistakes).unwrap();
    let limits = RateLimits::compile(&config, &mut mistakes);
    assert!(mistakes.is_empty(), "{mistakes}");
    limits
}

/// How many of a worker's requests pass. The first worker's table makes the secret that the others find.
fn work(section: &str, store: &Memory, worker: u8, requests: u32, moment: impl Fn(u32) -> Duration) -> u32 {
    let limits = limits(section);
    let table = Table::open(limits.max_keys(), store, [worker; 16]).unwrap();
    let head = Head::new(HeaderMap::from_pairs(&[("x-user-id", "usr_1")]));
    let subject = Subject { head: &head, path: "/", identity: None, address: &|| None };
    let rule = limits.rule("/", true, b"GET").unwrap();
    let passes = |request: &u32| match rule.charge(&subject, &table, store, moment(*request)) {
        Ruling::Counted(charge) => charge.verdict.is_permitted(),
        _ => false,
    };
    (0..requests).filter(passes).count().try_into().unwrap()
}

/// What four workers let through together.
fn passing(work: impl Fn(u8) -> u32 + Sync) -> u32 {
    let work = &work;
    thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|worker| scope.spawn(move || work(worker))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    })
}

const START: Duration = Duration::from_secs(1_800_000_000);

#[test]
fn workers_that_create_one_bucket_together_let_one_burst_through() {
    let section = r#"{"default": {"requests_per_day": 1000, "burst": 1000, "key": "header:x-user-id"}}"#;
    for _ in 0..20 {
        let store = Memory::default();
        assert_eq!(passing(|worker| work(section, &store, worker, 400, |_| START)), 1000);
    }
}

#[test]
fn workers_that_hammer_one_key_get_burst_and_rate_and_not_one_more() {
    let section = r#"{"default": {"requests_per_second": 50, "burst": 10, "key": "header:x-user-id"}}"#;
    let store = Memory::default();
    let ticks = AtomicU32::new(0);
    // All workers together see one clock, whose ten seconds end with their last request.
    let clock = |_| START + Duration::from_micros(u64::from(ticks.fetch_add(1, Ordering::SeqCst)) * 250);
    let passed = passing(|worker| work(section, &store, worker, 10_000, clock));
    assert!((500..=510).contains(&passed), "{passed}");
}
