//! How decisions would scale over more cores than this machine has:
//! `cargo run --release -p portcullis-rate-limit --example workers`.
//!
//! A simulation in its own time. A worker does something else, takes the lock to read, decides, takes the lock to
//! write, and begins anew where another worker wrote the same bucket in between. Whoever finds the lock taken queues,
//! and pays for the cache lines that come from another core. With a lease a worker takes several tokens at once and
//! spends them without a look at shared data.

#![expect(clippy::print_stdout, reason = "an example tells what it found")]

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What Envoy takes for the rest of a request, in nanoseconds: some 12 for the proxying, 5 and more for the module.
const REST: u64 = 20_000;
/// From the copy that a read made to the write: the way into the module, the decision, the way out.
const DECIDE: u64 = 1_000;
/// How long a read or a write holds the lock.
const HOLD: u64 = 100;
/// What it takes longer when the last holder was another core.
const HANDOVER: u64 = 150;
const TRIES: u32 = 64;
/// A second.
const END: u64 = 1_000_000_000;

/// What a worker does next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Begin,
    Write { key: usize, version: u64, tries: u32 },
}

struct Simulation {
    /// Moment, worker and step, earliest first.
    events: BinaryHeap<Reverse<(u64, usize, Step)>>,
    lock_is_free: u64,
    last_holder: usize,
    versions: Vec<u64>,
    leases: Vec<u64>,
    lease: u64,
    random: u64,
    tally: Tally,
}

#[derive(Default)]
struct Tally {
    decided: u64,
    conflicts: u64,
    gave_up: u64,
}

fn main() {
    println!("   keys  lease  workers  decisions/s  conflicts/decision  given up");
    for (keys, lease) in [(10_000, 1), (1, 1), (1, 16)] {
        for workers in [1, 2, 4, 8, 16, 32, 64] {
            let tally = Simulation::new(workers, keys, lease).run();
            let share = |part: u64| as_float(part) / as_float(tally.decided);
            let (decided, conflicts) = (tally.decided, share(tally.conflicts));
            let gave_up = share(tally.gave_up);
            println!("{keys:7} {lease:6} {workers:8} {decided:12} {conflicts:19.3} {gave_up:9.6}");
        }
    }
}

impl Simulation {
    fn new(workers: usize, keys: usize, lease: u64) -> Self {
        Self {
            events: (0..workers).map(|worker| Reverse((0, worker, Step::Begin))).collect(),
            lock_is_free: 0,
            last_holder: 0,
            versions: vec![0; keys],
            leases: vec![0; workers],
            lease,
            random: 1,
            tally: Tally::default(),
        }
    }

    fn run(mut self) -> Tally {
        while let Some(Reverse((now, worker, step))) = self.events.pop() {
            if now > END {
                break;
            }
            let next = match step {
                Step::Begin => self.begin(now, worker),
                Step::Write { key, version, tries } => self.write(now, worker, key, version, tries),
            };
            self.events.push(Reverse((next.0, worker, next.1)));
        }
        self.tally
    }

    fn begin(&mut self, now: u64, worker: usize) -> (u64, Step) {
        if let Some(left) = self.leases.get_mut(worker).filter(|left| **left > 0) {
            *left -= 1;
            return self.finish(now);
        }
        let keys = u64::try_from(self.versions.len()).unwrap_or(1);
        let key = usize::try_from(self.draw() % keys).unwrap_or_default();
        self.read(now, worker, key, 0)
    }

    fn read(&mut self, now: u64, worker: usize, key: usize, tries: u32) -> (u64, Step) {
        let version = self.versions.get(key).copied().unwrap_or_default();
        (self.lock(now, worker) + DECIDE, Step::Write { key, version, tries })
    }

    fn write(&mut self, now: u64, worker: usize, key: usize, version: u64, tries: u32) -> (u64, Step) {
        let now = self.lock(now, worker);
        if let Some(known) = self.versions.get_mut(key).filter(|known| **known == version) {
            *known += 1;
            if let Some(left) = self.leases.get_mut(worker) {
                *left = self.lease - 1;
            }
            return self.finish(now);
        }
        self.tally.conflicts += 1;
        if tries + 1 < TRIES {
            return self.read(now, worker, key, tries + 1);
        }
        self.tally.gave_up += 1;
        self.finish(now)
    }

    fn finish(&mut self, now: u64) -> (u64, Step) {
        self.tally.decided += 1;
        // No two requests are alike, or the workers would march in step.
        (now + REST / 2 + self.draw() % REST, Step::Begin)
    }

    /// Waits for the lock and holds it; answers when it is free again.
    fn lock(&mut self, now: u64, worker: usize) -> u64 {
        let handover = if self.last_holder == worker { 0 } else { HANDOVER };
        self.last_holder = worker;
        self.lock_is_free = self.lock_is_free.max(now) + handover + HOLD;
        self.lock_is_free
    }

    /// Xorshift, since numbers only have to differ.
    fn draw(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }
}

fn as_float(number: u64) -> f64 {
    u32::try_from(number).map_or(f64::NAN, f64::from)
}
