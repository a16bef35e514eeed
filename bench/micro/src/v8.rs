//! Runs the cases when Envoy hands the configuration over, and logs a line for each: `micro`, name, bytes, nanoseconds.

use std::time::Duration;

use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, RootContext};
use proxy_wasm::types::LogLevel;

use crate::Case;

proxy_wasm::main! {{
    proxy_wasm::set_root_context(|_| Box::new(Bench));
}}

/// Long enough that the clock, which is a call to Envoy, is nothing beside it.
const BATCH: Duration = Duration::from_millis(20);
const BATCHES: usize = 9;

struct Bench;

impl Context for Bench {}

impl RootContext for Bench {
    fn on_configure(&mut self, _: usize) -> bool {
        crate::cases().into_iter().for_each(measure);
        true
    }
}

fn measure(mut case: Case) {
    let mut times = 1;
    while time(&mut case, times) < BATCH {
        times *= 2;
    }
    let mut took: Vec<Duration> = (0..BATCHES).map(|_| time(&mut case, times)).collect();
    took.sort_unstable();
    let each = took[BATCHES / 2].as_secs_f64() * 1e9 / f64::from(times);
    // Envoy is told to log errors alone, which is also how loud these lines are.
    let line = format!("micro|{}|{}|{each:.0}", case.name, case.bytes);
    hostcalls::log(LogLevel::Error, &line).expect("Envoy logs");
}

fn time(case: &mut Case, times: u32) -> Duration {
    let now = || hostcalls::get_current_time().expect("Envoy has a clock");
    let start = now();
    (0..times).for_each(|_| (case.run)());
    now().duration_since(start).unwrap_or_default()
}
