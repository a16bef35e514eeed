//! Waiting for something to become true, without a guess at how long it takes.

use std::time::{Duration, Instant};

/// How long a machine that does other things as well may take for anything here.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks again and again until there is an answer, and fails when there is none after half a minute.
pub fn eventually<T>(what: &str, ask: impl FnMut() -> Option<T>) -> T {
    eventually_within(PATIENCE, what, ask)
}

/// The same with a bound of the story's own.
pub fn eventually_within<T>(patience: Duration, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < patience, "after {patience:?} still not: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
