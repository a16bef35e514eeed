use std::num::NonZeroU32;
use std::time::Duration;

use portcullis_document::Methods;
use portcullis_document::rate_limiting::{GlobalConfig, OnError, RateUnit};
use proptest::prelude::*;

use super::{Answer, Ask, Global, Payer};
use crate::decision::Charge;
use crate::hash::{KeyHasher, Secret, Slot};
use crate::rule::Ruling;
use crate::windows::Windows;
use crate::{Contended, Memory, Quota, Standing, Table, Verdict};

const NOW: Duration = Duration::from_secs(1_800_000_000);
const OVER_LIMIT: Answer = Answer { permits: false, remaining: None, reset: None };
const OK: Answer = Answer { permits: true, remaining: None, reset: None };

fn global(on_error: OnError, lease: u32, requests: u32, cost: u32) -> Global {
    let number = |number| NonZeroU32::new(number).unwrap();
    let config = GlobalConfig {
        cluster: "limits".to_owned(),
        domain: "d".to_owned(),
        timeout: Duration::from_millis(20),
        on_error,
        lease: number(lease),
    };
    let quota = Quota::new(number(requests), RateUnit::Minute, number(requests)).unwrap();
    let windows = Windows::new("default", &[quota]).unwrap();
    Global::new(&config, "default", &Methods::any(), &windows, cost)
}

fn slot(key: u32) -> Slot {
    let mut hasher = KeyHasher::new(&Secret([7; 16]));
    hasher.part(&key.to_le_bytes());
    hasher.slot()
}

/// Workers of one Envoy, with one key unless it is said.
struct Workers {
    global: Global,
    table: Table,
    store: Memory,
}

impl Workers {
    fn with(global: Global) -> Self {
        let store = Memory::default();
        let table = Table::open(8, &store, [5; 16]).unwrap();
        Self { global, table, store }
    }

    fn charge(&self, key: u32, now: Duration) -> Ruling {
        self.global.charge(&self.table, &self.store, slot(key), now, || Ok(permitted(9)))
    }

    fn asks(&self, key: u32, now: Duration) -> Ask {
        match self.charge(key, now) {
            Ruling::Asks(ask) => ask,
            other => panic!("{other:?}"),
        }
    }

    fn keep(&self, ask: &Ask, answer: &Answer, now: Duration) {
        self.global.keep(ask, answer, true, &self.table, &self.store, now);
    }

    fn pays_by(&self, key: u32, now: Duration) -> Option<Payer> {
        match self.charge(key, now) {
            Ruling::Paid(paid) => Some(paid.by),
            _ => None,
        }
    }
}

fn permitted(remaining: u32) -> Charge {
    let standing = Standing { remaining, ..Standing::default() };
    Charge { verdict: Verdict::Permitted(standing), evicted: false, rebuilt: false }
}

#[test]
fn of_a_lease_all_but_the_first_request_wait_for_nobody() {
    let workers = Workers::with(global(OnError::Local, 5, 100, 1));
    let ask = workers.asks(1, NOW);
    assert_eq!((ask.hits, ask.is_for_many(&workers.global)), (5, true));
    workers.keep(&ask, &OK, NOW);
    assert!(matches!(workers.global.hear(ask, &OK, NOW), Ruling::Paid(paid) if paid.by == Payer::Service));
    for _ in 0..4 {
        assert_eq!(workers.pays_by(1, NOW), Some(Payer::Lease));
    }
    assert_eq!(workers.asks(1, NOW).hits, 5);
    assert_eq!(workers.asks(2, NOW).hits, 5, "another key has another lease");
}

#[test]
fn a_lease_ends_with_its_window() {
    let workers = Workers::with(global(OnError::Local, 5, 100, 1));
    workers.keep(&workers.asks(1, NOW), &OK, NOW);
    assert_eq!(workers.pays_by(1, NOW + Duration::from_secs(59)), Some(Payer::Lease));
    assert_eq!(workers.asks(1, NOW + Duration::from_secs(60)).hits, 5, "a minute has passed");
    let told = Answer { reset: Some(Duration::from_secs(2)), remaining: Some(50), ..OK };
    workers.keep(&workers.asks(2, NOW), &told, NOW);
    assert_eq!(workers.pays_by(2, NOW + Duration::from_millis(1_999)), Some(Payer::Lease));
    assert_eq!(workers.asks(2, NOW + Duration::from_secs(2)).hits, 5, "the service's window has ended");
}

#[test]
fn where_a_lease_is_too_much_one_request_may_still_pass() {
    let workers = Workers::with(global(OnError::Local, 6, 100, 2));
    let ask = workers.asks(1, NOW);
    workers.keep(&ask, &OVER_LIMIT, NOW);
    let Ruling::Asks(again) = workers.global.hear(ask, &OVER_LIMIT, NOW) else { panic!() };
    assert_eq!((ask.hits, again.hits), (6, 2));
    assert_eq!(workers.asks(1, NOW).hits, 2, "others ask for no more either");
    workers.keep(&again, &OVER_LIMIT, NOW);
    assert!(matches!(workers.global.hear(again, &OVER_LIMIT, NOW), Ruling::UsedUp { .. }));
    assert!(matches!(workers.charge(1, NOW), Ruling::UsedUp { wait, .. } if wait == Duration::from_secs(1)));
    assert_eq!(workers.asks(1, NOW + Duration::from_secs(1)).hits, 6, "and is asked again after a second");
}

#[test]
fn what_the_service_has_left_is_the_most_that_it_is_asked_for() {
    let workers = Workers::with(global(OnError::Local, 5, 100, 1));
    let told = |remaining| Answer { remaining: Some(remaining), reset: Some(Duration::from_secs(30)), ..OK };
    workers.keep(&workers.asks(1, NOW), &told(3), NOW);
    (0..4).for_each(|_| assert!(workers.pays_by(1, NOW).is_some()));
    let ask = workers.asks(1, NOW);
    assert_eq!(ask.hits, 3);
    workers.keep(&ask, &told(0), NOW);
    (0..2).for_each(|_| assert!(workers.pays_by(1, NOW).is_some()));
    let Ruling::UsedUp { wait, standing } = workers.charge(1, NOW) else { panic!() };
    assert_eq!((wait, standing.remaining, standing.limit), (Duration::from_secs(30), 0, 100));
}

#[test]
fn a_lease_is_no_more_than_a_window_has_and_whole_requests() {
    for (lease, requests, cost, hits) in [(50, 10, 1, 10), (5, 100, 2, 4), (1, 100, 3, 3), (7, 5, 5, 5)] {
        let workers = Workers::with(global(OnError::Local, lease, requests, cost));
        assert_eq!(workers.asks(1, NOW).hits, hits, "{lease} {requests} {cost}");
    }
}

#[test]
fn without_a_lease_every_request_asks_and_nothing_is_kept() {
    let workers = Workers::with(global(OnError::Local, 1, 100, 1));
    for _ in 0..3 {
        let ask = workers.asks(1, NOW);
        assert!(!ask.is_for_many(&workers.global));
        let told = Answer { remaining: Some(60), ..OK };
        workers.keep(&ask, &told, NOW);
    }
    assert_eq!(workers.store.size().0, 1, "the table's own entry");
}

#[test]
fn a_flood_of_keys_holds_all_places_and_takes_nothing_from_anybody() {
    let workers = Workers::with(global(OnError::Local, 5, 100, 1));
    workers.keep(&workers.asks(0, NOW), &OK, NOW);
    for key in 1..1_000 {
        let ask = workers.asks(key, NOW);
        assert_eq!(ask.hits, if key < 8 { 5 } else { 1 }, "{key}");
        workers.keep(&ask, &OK, NOW);
    }
    (0..4).for_each(|_| assert_eq!(workers.pays_by(0, NOW), Some(Payer::Lease)));
    assert_eq!(workers.store.size().0, 2);
    assert_eq!(workers.asks(999, NOW).hits, 5, "a place is free again");
}

#[test]
fn the_own_bucket_is_asked_only_where_it_decides() {
    let refused = || {
        let wait = Duration::from_secs(3);
        let verdict = Verdict::Refused { wait, standing: Standing::default() };
        Ok(Charge { verdict, evicted: false, rebuilt: false })
    };
    for on_error in [OnError::Local, OnError::Allow, OnError::Deny] {
        let workers = Workers::with(global(on_error, 5, 100, 1));
        let charge = |here: fn() -> Result<Charge, Contended>| {
            workers.global.charge(&workers.table, &workers.store, slot(1), NOW, here)
        };
        assert_eq!(matches!(charge(|| Err(Contended)), Ruling::Contended), on_error == OnError::Local);
        let ruling = charge(refused);
        assert_eq!(matches!(ruling, Ruling::Counted(_)), on_error == OnError::Local);
        let ruling = workers.global.give_up(&workers.asks(1, NOW));
        assert_eq!(matches!(ruling, Ruling::Unanswered), on_error == OnError::Deny);
    }
}

#[test]
fn clients_are_told_of_the_side_that_has_less_left() {
    let told = Answer { remaining: Some(3), reset: Some(Duration::from_secs(7)), ..OK };
    let standing = |on_error, answer: &Answer| {
        let workers = Workers::with(global(on_error, 1, 100, 1));
        match workers.global.hear(workers.asks(1, NOW), answer, NOW) {
            Ruling::Paid(paid) => {
                paid.standing.map(|standing| (standing.remaining, standing.full_in.as_secs()))
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(standing(OnError::Local, &told), Some((3, 7)));
    assert_eq!(standing(OnError::Local, &Answer { remaining: Some(30), ..told }), Some((9, 0)));
    assert_eq!(standing(OnError::Local, &OK), Some((9, 0)));
    assert_eq!(standing(OnError::Deny, &told), Some((3, 7)));
    assert_eq!(standing(OnError::Deny, &OK), None);
}

/// A service with one fixed window, which grants all or nothing.
struct Service {
    left: u32,
    granted: u32,
}

impl Service {
    fn answer(&mut self, hits: u32) -> Answer {
        if hits > self.left {
            return OVER_LIMIT;
        }
        self.left -= hits;
        self.granted += hits;
        OK
    }
}

proptest! {
    /// Whatever the lease, the keys and the clients that leave while they wait.
    #[test]
    fn no_more_passes_than_the_service_granted(
        lease in 1_u32..20,
        cost in 1_u32..4,
        limit in 0_u32..100,
        steps in prop::collection::vec((0_u32..20, any::<bool>(), 0_u64..2_000), 1..200),
    ) {
        let workers = Workers::with(global(OnError::Deny, lease, 1_000, cost));
        let (mut service, mut now, mut spent) = (Service { left: limit, granted: 0 }, NOW, 0);
        for (key, leaves, millis) in steps {
            now += Duration::from_millis(millis);
            let mut ruling = workers.charge(key, now);
            while let Ruling::Asks(ask) = ruling {
                let answer = service.answer(ask.hits);
                workers.global.keep(&ask, &answer, !leaves, &workers.table, &workers.store, now);
                ruling = if leaves { Ruling::Unanswered } else { workers.global.hear(ask, &answer, now) };
            }
            spent += if matches!(ruling, Ruling::Paid(_)) { cost } else { 0 };
            prop_assert!(spent <= service.granted && service.granted <= limit);
        }
    }
}
