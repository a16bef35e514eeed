//! Workers that share a store, as threads: never one request too many, and none lost.

#![cfg(test)]

#[path = "support/limiter.rs"]
mod limiter;

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use limiter::{Limiter, START};
use portcullis_rate_limit::Memory;

/// How many requests of one user four workers let through, each of which is sent so many.
fn passing(rate: &str, requests: u32, clock: impl Fn() -> Duration + Sync) -> usize {
    let store = Memory::default();
    let work = || {
        let limiter = Limiter::new(rate, &store);
        (0..requests).filter(|_| limiter.passes("usr_1", clock())).count()
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    })
}

#[test]
fn workers_that_create_one_bucket_together_let_one_burst_through() {
    for _ in 0..20 {
        assert_eq!(passing(r#""requests_per_day": 1000"#, 400, || START), 1000);
    }
}

#[test]
fn workers_that_hammer_one_key_get_burst_and_rate_and_not_one_more() {
    let ticks = AtomicU32::new(0);
    // The workers see one clock, whose ten seconds end with their last request.
    let clock = || START + Duration::from_micros(250) * ticks.fetch_add(1, Ordering::SeqCst);
    let passed = passing(r#""requests_per_second": 50, "burst": 10"#, 10_000, clock);
    assert!((500..=510).contains(&passed), "{passed}");
}
