use std::collections::HashMap;
use std::num::NonZeroU32;
use std::time::Duration;

use portcullis_document::rate_limiting::RateUnit;
use proptest::prelude::*;

use super::{PREFIX, SetName, Table};
use crate::bucket::Bucket;
use crate::decision::Bill;
use crate::hash::Slot;
use crate::set::RuleTag;
use crate::windows::Windows;
use crate::{Charge, Contended, Memory, Quota, Store, Verdict};

const START: Duration = Duration::from_secs(1_800_000_000);

fn windows(requests: u32, unit: RateUnit, burst: u32) -> Windows {
    let number = |number| NonZeroU32::new(number).unwrap();
    let quota = Quota::new(number(requests), unit, number(burst)).unwrap();
    Windows::new("default", &[quota]).unwrap().leased(1)
}

/// A table and a rule at work.
struct Limiter {
    table: Table,
    store: Memory,
    windows: Windows,
}

impl Limiter {
    fn new(max_keys: u32, windows: Windows) -> Self {
        let store = Memory::default();
        Self { table: Table::open(max_keys, &store, [1; 16]).unwrap(), store, windows }
    }

    fn charge(&self, key: u32, now: Duration) -> Charge {
        let mut hasher = self.table.hasher();
        hasher.part(&key.to_le_bytes());
        let bill = Bill { rule: RuleTag(1), windows: &self.windows, cost: 1, requests: 1 };
        self.table.charge(&self.store, hasher.slot(), &bill, now).unwrap()
    }

    fn passes(&self, key: u32, now: Duration) -> bool {
        self.charge(key, now).verdict.is_permitted()
    }

    /// How many of many requests at one moment pass.
    fn passing(&self, key: u32, now: Duration) -> u32 {
        (0..1_000).take_while(|_| self.passes(key, now)).map(|_| 1).sum()
    }
}

#[test]
fn the_first_worker_makes_the_secret() {
    let store = Memory::default();
    let first = Table::open(64, &store, [1; 16]).unwrap();
    let second = Table::open(64, &store, [2; 16]).unwrap();
    assert_eq!(first.hasher().slot(), second.hasher().slot());
    store.overwrite(b"garbage");
    let third = Table::open(64, &store, [3; 16]).unwrap();
    assert_ne!(first.hasher().slot(), third.hasher().slot(), "what is no secret is replaced");
}

#[test]
fn the_number_of_buckets_is_bounded_by_max_keys() {
    let table = [
        (1, 1, 1),
        (7, 1, 7),
        (8, 1, 8),
        (15, 1, 15),
        (16, 2, 8),
        (65_536, 8_192, 8),
        (100_000, 8_192, 12),
        (16_777_216, 2_097_152, 8),
    ];
    for (max_keys, sets, ways) in table {
        let opened = Table::open(max_keys, &Memory::default(), [0; 16]).unwrap();
        assert_eq!((opened.sets, opened.ways), (sets, ways), "{max_keys}");
    }
}

#[test]
fn a_set_is_named_by_its_number() {
    assert_eq!(SetName::of(PREFIX, 0).bytes(), b"portcullis.limit.000000");
    assert_eq!(SetName::of(PREFIX, 0x1f_4a0c).bytes(), b"portcullis.limit.1f4a0c");
}

#[test]
fn an_exhausted_client_stays_so_through_a_flood_of_keys() {
    let limiter = Limiter::new(512, windows(10, RateUnit::Hour, 10));
    assert_eq!(limiter.passing(0, START), 10);
    for key in 1..20_000 {
        limiter.charge(key, START);
    }
    assert!(!limiter.passes(0, START));
    assert_eq!(limiter.passing(0, START + Duration::from_secs(360)), 1, "its token comes in its time");
}

/// The attacker owns so many keys that it empties every bucket of the table, more than once.
#[test]
fn whoever_empties_the_whole_table_resets_nobody() {
    let limiter = Limiter::new(64, windows(10, RateUnit::Hour, 10));
    assert_eq!(limiter.passing(0, START), 10);
    let later = |millis: u32| START + Duration::from_millis(u64::from(millis));
    (1..1_000)
        .for_each(|key| assert_eq!(limiter.passing(key, later(key)), 10, "a new client is let in: {key}"));
    assert_eq!(limiter.passing(0, later(1_000)), 0);
    (1_000..20_000).for_each(|key| assert!(limiter.passing(key, later(key)) <= 10));
    assert_eq!(limiter.passing(0, later(20_000)), 0);
}

#[test]
fn a_flood_under_a_slow_rule_leaves_a_fast_one_alone() {
    let slow = Limiter::new(64, windows(10, RateUnit::Day, 10));
    (0..5_000).for_each(|key| assert!(slow.passing(key, START) <= 10));
    let fast = windows(100, RateUnit::Second, 20);
    for key in 0..500_u32 {
        let slot = Slot { set: key, fingerprint: u64::from(key) };
        let bill = Bill { rule: RuleTag(2), windows: &fast, cost: 1, requests: 1 };
        let now = START + Duration::from_millis(10) * key;
        let charge = slow.table.charge(&slow.store, slot, &bill, now).unwrap();
        assert!(charge.verdict.is_permitted(), "{key}");
    }
}

#[test]
fn a_crowd_of_moderate_clients_is_never_refused() {
    let limiter = Limiter::new(64, windows(100, RateUnit::Second, 20));
    for key in 0..10_000 {
        let now = START + Duration::from_millis(u64::from(key));
        assert!(limiter.passes(key, now), "one request each: {key}");
    }
}

#[test]
fn a_refusal_writes_nothing() {
    let limiter = Limiter::new(8, windows(1, RateUnit::Day, 1));
    assert!(limiter.passes(0, START));
    let size = limiter.store.size();
    (1..100).for_each(|_| assert!(!limiter.passes(0, START)));
    assert_eq!((limiter.store.size(), limiter.store.conflicts()), (size, 0));
}

#[test]
fn what_was_refused_is_refused_without_a_look_until_it_can_pass() {
    let limiter = Limiter::new(8, windows(1, RateUnit::Second, 2));
    assert_eq!(limiter.passing(0, START), 2);
    limiter.store.overwrite(b"nobody reads this");
    let soon = START + Duration::from_millis(999);
    let Verdict::Refused { wait, standing } = limiter.charge(0, soon).verdict else { panic!("passed") };
    assert_eq!((wait, standing.remaining), (Duration::from_millis(1), 0));
    let charge = limiter.charge(0, START + Duration::from_secs(1));
    assert!(charge.rebuilt, "now it looks");
}

#[test]
fn a_clock_that_is_set_back_wedges_no_newcomer() {
    let limiter = Limiter::new(8, windows(1, RateUnit::Second, 10));
    (0..200).for_each(|key| assert!(limiter.passing(key, START) <= 10));
    let back = START - Duration::from_secs(3_600);
    limiter.passes(1_000, back);
    assert!(limiter.passes(1_000, back + Duration::from_secs(10)));
}

#[test]
fn an_entry_that_does_not_decode_is_rebuilt_and_told() {
    let limiter = Limiter::new(8, windows(1, RateUnit::Day, 2));
    limiter.charge(0, START);
    limiter.store.overwrite(&[1, 200, 3]);
    let charge = limiter.charge(0, START);
    assert!(charge.rebuilt && charge.verdict.is_permitted());
    assert!(!limiter.charge(0, START).rebuilt);
}

#[test]
fn another_number_of_keys_gives_nobody_a_fresh_bucket() {
    let mut limiter = Limiter::new(1_024, windows(1, RateUnit::Day, 1));
    (0..400).for_each(|key| assert!(limiter.passes(key, START)));
    for max_keys in [1_500, 4_096, 8, 65_536, 2_048] {
        limiter.table = Table::open(max_keys, &limiter.store, [9; 16]).unwrap();
        let fresh = (0..400).filter(|key| limiter.passes(*key, START)).count();
        assert_eq!(fresh, 0, "{max_keys}");
        assert!(limiter.passes(1_000_000 + max_keys, START), "a new client is let in");
    }
}

#[test]
fn a_large_bucket_is_looked_at_once_in_sixteen_requests() {
    let limiter = Limiter::new(8, windows(1_000_000, RateUnit::Day, 1_000_000));
    assert!(limiter.passes(0, START));
    let remaining = |_| limiter.charge(0, START).verdict.standing().remaining;
    let told: Vec<u32> = (0..40).map(remaining).collect();
    assert!(told.iter().copied().eq((999_959..999_999).rev()), "{told:?}");
    limiter.store.overwrite(b"nobody reads this");
    let rebuilt = (0..32).filter(|_| limiter.charge(0, START).rebuilt).count();
    assert_eq!(rebuilt, 1, "one look in sixteen requests, and one more finds the new entry");
}

#[test]
fn workers_that_lease_pass_no_more_than_the_burst() {
    let windows = windows(10, RateUnit::Day, 1 << 18);
    let store = Memory::default();
    let tables = [1, 2, 3].map(|_| Table::open(8, &store, [1; 16]).unwrap());
    let slot = Slot { set: 0, fingerprint: 7 };
    let bill = Bill { rule: RuleTag(1), windows: &windows, cost: 1, requests: 1 };
    let passes = |request: &usize| {
        let charge = tables[request % tables.len()].charge(&store, slot, &bill, START).unwrap();
        charge.verdict.is_permitted()
    };
    let passed = (0..(1 << 18) + 1_000).filter(passes).count();
    assert_eq!(passed, (1 << 18) - 4_096, "all but what the other workers could have held");
    let Verdict::Refused { standing, .. } = tables[0].charge(&store, slot, &bill, START).unwrap().verdict
    else {
        panic!("passed")
    };
    assert_eq!(standing.remaining, 0);
}

#[test]
fn a_lease_ends_with_what_it_knows() {
    let limiter = Limiter::new(8, windows(1_000_000, RateUnit::Second, 1_000_000));
    (0..3).for_each(|_| assert!(limiter.passes(0, START)));
    limiter.store.overwrite(b"nobody reads this");
    assert!(limiter.charge(0, START + Duration::from_secs(10)).rebuilt, "it is looked at again");
    assert!(limiter.charge(0, START - Duration::from_secs(10)).verdict.is_permitted());
}

#[test]
fn a_store_that_never_takes_a_write_refuses() {
    struct Contested;
    impl Store for Contested {
        type Version = ();

        fn read(&self, _: &[u8]) -> (Vec<u8>, ()) {
            (Vec::new(), ())
        }

        fn write(&self, _: &[u8], _: &[u8], (): ()) -> bool {
            false
        }
    }
    let limiter = Limiter::new(8, windows(1, RateUnit::Day, 1));
    let bill = Bill { rule: RuleTag(1), windows: &limiter.windows, cost: 1, requests: 1 };
    let slot = Slot { set: 0, fingerprint: 0 };
    assert_eq!(limiter.table.charge(&Contested, slot, &bill, START), Err(Contended));
}

/// What a client would have if the table were endless.
#[derive(Default)]
struct Endless(HashMap<(u32, u32), Bucket>);

impl Endless {
    /// Whether a request that the table let through would have passed here as well.
    fn agrees(&mut self, rule: u32, key: u32, windows: &Windows, now: u64) -> bool {
        let bucket = self.0.entry((rule, key)).or_insert_with(|| Bucket::full(windows, now));
        bucket.settle(windows, now);
        bucket.take(windows, 1, now).is_ok()
    }
}

proptest! {
    /// The table is small, the keys are many, two rules of different speed share it, the clock runs on: whatever is
    /// evicted, nobody ever gets a request through that an endless table would have refused.
    #[test]
    fn nobody_gains_by_an_eviction(
        max_keys in 1..12_u32,
        requests in prop::collection::vec((0..2_u32, 0..30_u32, 1..8_u32, 0..90_000_u64), 1..400),
    ) {
        let rules = [windows(5, RateUnit::Minute, 5), windows(3, RateUnit::Second, 4)];
        let store = Memory::default();
        let table = Table::open(max_keys, &store, [3; 16]).unwrap();
        let (mut endless, mut now) = (Endless::default(), START);
        for (rule, key, times, pause) in requests {
            // Most pauses are short against the rules, some are long.
            now += if pause % 10 == 0 { Duration::from_millis(pause) } else { Duration::from_micros(pause) };
            let windows = &rules[usize::try_from(rule).unwrap()];
            let mut hasher = table.hasher();
            hasher.part(&[rule.to_le_bytes(), key.to_le_bytes()].concat());
            for _ in 0..times {
                let bill = Bill { rule: RuleTag(rule), windows, cost: 1, requests: 1 };
                let charge = table.charge(&store, hasher.slot(), &bill, now).unwrap();
                if let Verdict::Permitted(_) = charge.verdict {
                    let nanos = u64::try_from(now.as_nanos()).unwrap();
                    prop_assert!(endless.agrees(rule, key, windows, nanos), "rule {rule} key {key}");
                }
            }
        }
    }
}
