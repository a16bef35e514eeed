use std::time::Duration;

use portcullis_document::auth::RefreshConfig;
use proptest::prelude::*;

use super::{FetchRecord, KeyRecord, KeySource, Want};
use crate::auth::Missing;

fn at(seconds: f64) -> Duration {
    Duration::from_secs_f64(1_700_000_000.0 + seconds)
}

fn config() -> RefreshConfig {
    RefreshConfig {
        refresh: Duration::from_secs(600),
        cooldown: Duration::from_secs(30),
        max_stale: Duration::from_secs(3600),
        timeout: Duration::from_secs(5),
    }
}

/// The shared memory of an Envoy, and its workers' views of it.
struct Envoy {
    shared: FetchRecord,
    keys: Option<(Duration, Duration)>,
    fetches: usize,
}

impl Envoy {
    fn new() -> Self {
        Self { shared: FetchRecord::default(), keys: None, fetches: 0 }
    }

    fn worker(&self) -> KeySource {
        let mut source = KeySource::new(config());
        self.show(&mut source);
        source
    }

    fn show(&self, source: &mut KeySource) {
        if source.see_fetch(self.shared) {
            let (fetched_at, refresh_at) = self.keys.unwrap();
            source.see_keys(&KeyRecord { fetched_at, refresh_at, json: b"" });
        }
    }

    /// Whether the worker starts a fetch.
    fn fetch(&mut self, source: &mut KeySource, want: Want, now: Duration) -> bool {
        self.show(source);
        let Some(claimed) = source.claim(want, now) else { return false };
        self.shared = claimed;
        self.show(source);
        self.fetches += 1;
        true
    }

    fn succeed(&mut self, source: &mut KeySource, max_age: Option<Duration>, now: Duration) {
        self.keys = Some((now, source.refresh_at(max_age, now)));
        self.shared = source.succeeded();
        self.show(source);
    }

    fn fail(&mut self, source: &mut KeySource, now: Duration) {
        self.shared = source.failed(now);
        self.show(source);
    }
}

#[test]
fn one_worker_fetches_for_all() {
    let mut envoy = Envoy::new();
    let (mut a, mut b) = (envoy.worker(), envoy.worker());
    assert!(envoy.fetch(&mut a, Want::Due, at(0.0)));
    assert!(!envoy.fetch(&mut b, Want::Due, at(0.0)));
    assert!(!envoy.fetch(&mut b, Want::NamedKey, at(5.9)), "the other is at it");
    envoy.succeed(&mut a, None, at(0.1));
    assert!(!envoy.fetch(&mut b, Want::Due, at(599.0)));
    assert_eq!(b.age(at(10.1)), Some(Duration::from_secs(10)));
    assert!(envoy.fetch(&mut b, Want::Due, at(600.1)));
}

#[test]
fn the_lease_of_a_dead_worker_ends() {
    let mut envoy = Envoy::new();
    let (mut dead, mut heir) = (envoy.worker(), envoy.worker());
    assert!(envoy.fetch(&mut dead, Want::Due, at(0.0)));
    assert!(!envoy.fetch(&mut heir, Want::Due, at(5.9)));
    assert!(envoy.fetch(&mut heir, Want::Due, at(6.0)));
}

#[test]
fn failures_make_growing_pauses_up_to_the_cooldown() {
    let mut envoy = Envoy::new();
    let mut worker = envoy.worker();
    let mut now = 0.0;
    for pause in [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0] {
        assert!(envoy.fetch(&mut worker, Want::Due, at(now)), "{now}");
        envoy.fail(&mut worker, at(now));
        assert!(!envoy.fetch(&mut worker, Want::Due, at(now + pause - 0.01)), "{pause}");
        now += pause;
    }
    assert!(envoy.fetch(&mut worker, Want::Due, at(now)));
    envoy.succeed(&mut worker, None, at(now));
    envoy.fail(&mut worker, at(now));
    assert_eq!(worker.due(), at(now + 1.0), "a success forgets earlier failures");
}

#[test]
fn an_unknown_name_is_asked_for_once_in_a_cooldown() {
    let mut envoy = Envoy::new();
    let mut workers = [envoy.worker(), envoy.worker(), envoy.worker()];
    assert!(envoy.fetch(&mut workers[0], Want::Due, at(0.0)));
    envoy.succeed(&mut workers[0], None, at(0.0));
    let mut now = 0.0;
    while now < 59.0 {
        for worker in &mut workers {
            if envoy.fetch(worker, Want::NamedKey, at(now)) {
                envoy.succeed(worker, None, at(now));
            }
        }
        now += 0.1;
    }
    assert_eq!(envoy.fetches, 3, "the first, and two in a minute: the first does not start the cooldown");
}

#[test]
fn the_life_of_a_key_set_is_bounded_on_both_sides() {
    let source = KeySource::new(config());
    for (max_age, life) in [(None, 600), (Some(0), 60), (Some(10), 60), (Some(120), 120), (Some(86_400), 600)]
    {
        let age = max_age.map(Duration::from_secs);
        assert_eq!(source.refresh_at(age, at(0.0)), at(0.0) + Duration::from_secs(life), "{max_age:?}");
    }
    let often = KeySource::new(RefreshConfig { refresh: Duration::from_secs(5), ..config() });
    assert_eq!(often.refresh_at(Some(Duration::from_secs(120)), at(0.0)), at(5.0));
}

#[test]
fn the_last_good_set_stays_until_it_is_too_old() {
    let mut envoy = Envoy::new();
    let mut worker = envoy.worker();
    envoy.succeed(&mut worker, None, at(0.0));
    envoy.fail(&mut worker, at(600.0));
    assert!(!worker.is_too_old(at(600.0 + 3599.0)));
    assert!(worker.is_too_old(at(600.0 + 3600.0)));
    assert!(!envoy.worker().is_too_old(at(0.0)) && !KeySource::new(config()).is_too_old(at(0.0)));
}

#[test]
fn one_waits_for_what_may_come_in_time() {
    let mut envoy = Envoy::new();
    let mut worker = envoy.worker();
    let wait = |worker: &KeySource, missing, now| worker.may_come(missing, at(now), at(5.0));
    assert!(wait(&worker, Missing::Everything, 0.0), "the first fetch is due");
    assert!(envoy.fetch(&mut worker, Want::Due, at(0.0)));
    assert!(wait(&worker, Missing::Everything, 4.9) && wait(&worker, Missing::NamedKey, 4.9));
    assert!(!wait(&worker, Missing::Everything, 5.0), "the deadline");
    envoy.fail(&mut worker, at(3.0));
    assert!(wait(&worker, Missing::Everything, 3.0), "tried again at 4.0");
    assert!(envoy.fetch(&mut worker, Want::Due, at(4.0)));
    envoy.fail(&mut worker, at(4.1));
    assert!(!wait(&worker, Missing::Everything, 4.1), "tried again at 6.1 only");
    assert_eq!(worker.retry_after(at(4.1)), 2);
    assert!(envoy.fetch(&mut worker, Want::NamedKey, at(4.2)));
    envoy.succeed(&mut worker, None, at(4.3));
    assert!(!wait(&worker, Missing::NamedKey, 4.4), "within the cooldown");
}

#[test]
fn a_clock_that_was_set_back_blocks_nothing() {
    let mut envoy = Envoy::new();
    let mut worker = envoy.worker();
    assert!(envoy.fetch(&mut worker, Want::NamedKey, at(100_000.0)));
    assert!(envoy.fetch(&mut worker, Want::Due, at(0.0)), "no lease is that long");
    envoy.succeed(&mut worker, None, at(100_000.0));
    assert!(envoy.fetch(&mut worker, Want::Due, at(0.0)), "no life is that long");
    assert!(envoy.fetch(&mut worker, Want::NamedKey, at(-100.0)), "no cooldown is that long");
}

#[test]
fn records_of_another_form_are_as_good_as_absent() {
    let record = FetchRecord {
        leased_until: at(1.0),
        retry_at: at(2.0),
        named_from: at(3.0),
        failures: 4,
        generation: 5,
    };
    let bytes = record.encode();
    assert_eq!(FetchRecord::decode(&bytes), Some(record));
    for cut in 0..bytes.len() {
        assert_eq!(FetchRecord::decode(&bytes[..cut]), None);
    }
    let mut other = bytes;
    other[0] = 2;
    assert_eq!(FetchRecord::decode(&other), None);
    let keys = KeyRecord { fetched_at: at(1.0), refresh_at: at(2.0), json: b"{}" };
    assert_eq!(KeyRecord::decode(&keys.encode()), Some(keys));
    assert_eq!(KeyRecord::decode(b"\x02aaaaaaaabbbbbbbb{}"), None);
    assert_eq!(KeyRecord::decode(b""), None);
}

proptest! {
    #[test]
    fn any_bytes_are_a_record_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        if let Some(record) = FetchRecord::decode(&bytes) {
            let mut source = KeySource::new(config());
            source.see_fetch(record);
            let _ = (source.claim(Want::Due, at(0.0)), source.claim(Want::NamedKey, at(0.0)), source.succeeded(), source.failed(at(0.0)));
            let _ = (source.retry_after(at(0.0)), source.may_come(Missing::Everything, at(0.0), at(1.0)));
        }
        let _ = KeyRecord::decode(&bytes);
    }
}
