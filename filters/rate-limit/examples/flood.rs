//! Ten million keys through one table: `cargo run --release -p portcullis-rate-limit --example flood`.
//!
//! Prints what the table holds on the way, what a decision takes, and whether a client that was over its limit
//! before is over it after.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "an example stops with what went wrong")]

#[path = "../tests/support/limiter.rs"]
mod limiter;

use std::time::{Duration, Instant};

use limiter::{Limiter, START};
use portcullis_rate_limit::Memory;

const KEYS: u32 = 10_000_000;
const LEGS: u32 = 10;

fn main() {
    for rate in [
        r#""requests_per_second": 100, "burst": 20"#,
        r#""requests_per_hour": 5"#,
        r#""requests_per_hour": 1"#,
    ] {
        flood(rate);
    }
}

/// Sends each key once, ten thousand in a second of the table's clock.
fn flood(rate: &str) {
    println!("{rate}");
    let store = Memory::default();
    let limiter = Limiter::new(rate, &store);
    while limiter.passes("over", START) {}
    let mut now = START;
    for leg in 0..LEGS {
        let (started, mut passed) = (Instant::now(), 0);
        for key in leg * (KEYS / LEGS)..(leg + 1) * (KEYS / LEGS) {
            now += Duration::from_micros(100);
            passed += u32::from(limiter.passes(&format!("usr_{key}"), now));
        }
        let (entries, bytes) = store.size();
        let each = started.elapsed() / (KEYS / LEGS);
        println!("  {leg}: {passed} passed, {entries} entries, {bytes} bytes, {each:?} each");
    }
    println!("  the client that was over its limit passes: {}", limiter.passes("over", now));
}
