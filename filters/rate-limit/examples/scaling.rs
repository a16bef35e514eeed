//! How decisions scale over workers: `cargo run --release -p portcullis-rate-limit --example scaling`.
//!
//! Workers are threads, shared data is one map under one lock that copies values, as Envoy's is. Between two decisions
//! a worker does something else for as long as Envoy takes for the rest of a request, so that the lock is used as much
//! as it would be.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "an example stops with what went wrong")]

#[path = "../tests/support/limiter.rs"]
mod limiter;

use std::hint::spin_loop;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use limiter::{Limiter, START};
use portcullis_rate_limit::Memory;

const MEASURED: Duration = Duration::from_secs(1);

fn main() {
    println!("workers    keys  pause us  decisions/s  conflicts/decision  passed");
    for pause in [Duration::ZERO, Duration::from_micros(20)] {
        for keys in [1, 10_000] {
            for workers in [1, 2, 4, 8, 16, 32, 64] {
                measure(workers, keys, pause);
            }
        }
    }
}

/// A limit that nobody reaches: each decision is written, which is the most that a table has to do.
const RATE: &str = r#""requests_per_second": 4000000000"#;

fn measure(workers: u32, keys: u32, pause: Duration) {
    let store = Memory::default();
    let (decisions, passed) = (AtomicU64::new(0), AtomicU64::new(0));
    let started = Instant::now();
    let work = &|worker: u32| {
        let limiter = Limiter::new(RATE, &store);
        let users: Vec<_> = (0..keys).map(|key| format!("usr_{key}")).collect();
        let mut done = 0_u64;
        let mut let_through = 0;
        for user in users.iter().cycle().skip((worker * 97 % keys).try_into().unwrap()) {
            let elapsed = started.elapsed();
            if elapsed > MEASURED {
                break;
            }
            let_through += u64::from(limiter.passes(user, START + elapsed));
            done += 1;
            while started.elapsed() < elapsed + pause {
                spin_loop();
            }
        }
        decisions.fetch_add(done, Ordering::Relaxed);
        passed.fetch_add(let_through, Ordering::Relaxed);
    };
    thread::scope(|scope| {
        for worker in 0..workers {
            scope.spawn(move || work(worker));
        }
    });
    let (decisions, passed) = (decisions.into_inner(), passed.into_inner());
    let conflicts = ratio(store.conflicts(), decisions);
    println!(
        "{workers:7} {keys:7} {:9} {decisions:12} {conflicts:19.3} {:6.3}",
        pause.as_micros(),
        ratio(passed, decisions)
    );
}

fn ratio(a: u64, b: u64) -> f64 {
    u32::try_from(a).map_or(f64::NAN, f64::from) / u32::try_from(b).map_or(f64::NAN, f64::from)
}
