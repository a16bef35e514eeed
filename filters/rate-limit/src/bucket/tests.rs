use std::num::NonZeroU32;
use std::time::Duration;

use portcullis_document::rate_limiting::RateUnit;
use proptest::prelude::*;

use super::{Bucket, SET_BACK, Short};
use crate::windows::Windows;
use crate::{LONGEST_FILL, Quota};

const SECOND: u64 = 1_000_000_000;
const START: u64 = 1_800_000_000 * SECOND;

fn quota(requests: u32, unit: RateUnit, burst: u32) -> Quota {
    Quota::new(NonZeroU32::new(requests).unwrap(), unit, NonZeroU32::new(burst).unwrap()).unwrap()
}

fn windows(quotas: &[Quota]) -> Windows {
    Windows::new("default", quotas).unwrap()
}

fn ask(bucket: &mut Bucket, windows: &Windows, cost: u32, now: u64) -> Result<(), Short> {
    bucket.settle(windows, now);
    bucket.take(windows, cost, now)
}

/// How many of many requests at one moment pass.
fn passing(bucket: &mut Bucket, windows: &Windows, now: u64) -> u32 {
    (0..2_000_000).take_while(|_| ask(bucket, windows, 1, now).is_ok()).map(|_| 1).sum()
}

#[test]
fn a_full_bucket_lets_its_burst_through_and_then_the_rate() {
    let windows = windows(&[quota(100, RateUnit::Second, 20)]);
    let mut bucket = Bucket::full(&windows, START);
    assert_eq!(passing(&mut bucket, &windows, START), 20);
    assert_eq!(passing(&mut bucket, &windows, START + SECOND / 100 - 1), 0);
    assert_eq!(passing(&mut bucket, &windows, START + SECOND / 100), 1);
    assert_eq!(passing(&mut bucket, &windows, START + SECOND), 20, "an idle time saves up one burst");
}

#[test]
fn nothing_is_lost_to_rounding() {
    for (requests, unit) in [(7, RateUnit::Second), (7, RateUnit::Minute), (999_983, RateUnit::Day)] {
        let burst = requests.min(100_000);
        let windows = windows(&[quota(requests, unit, burst)]);
        let mut bucket = Bucket::full(&windows, START);
        let step = u64::from(unit.seconds()) * SECOND / 997;
        let passed: u32 = (0..=9_970).map(|tick| passing(&mut bucket, &windows, START + tick * step)).sum();
        let elapsed = u128::from(step) * 9_970;
        let gained = elapsed * u128::from(requests) / (u128::from(unit.seconds()) * u128::from(SECOND));
        assert_eq!(u128::from(passed), u128::from(burst) + gained, "{requests} per {unit:?}");
    }
}

#[test]
fn an_idle_gap_of_any_length_fills_the_bucket_once() {
    for gap in [SECOND, 86_400 * SECOND, LONGEST_FILL, u64::MAX - START] {
        let windows = windows(&[quota(u32::MAX, RateUnit::Day, 7)]);
        let mut bucket = Bucket::full(&windows, START);
        assert_eq!(passing(&mut bucket, &windows, START), 7);
        assert_eq!(passing(&mut bucket, &windows, START + gap), 7, "{gap}");
    }
}

#[test]
fn a_clock_that_is_set_back_costs_what_it_gained_and_wedges_nothing() {
    let windows = windows(&[quota(1, RateUnit::Second, 10)]);
    let mut bucket = Bucket::full(&windows, START);
    assert_eq!(passing(&mut bucket, &windows, START), 10);
    let back = START - 3_600 * SECOND;
    assert_eq!(passing(&mut bucket, &windows, back), 0, "no token comes of it");
    assert_eq!(passing(&mut bucket, &windows, back + SECOND), 1, "the bucket goes on from there");
}

#[test]
fn a_clock_that_is_a_little_behind_waits_for_the_bucket() {
    let windows = windows(&[quota(1, RateUnit::Second, 10)]);
    let mut bucket = Bucket::full(&windows, START);
    assert_eq!(passing(&mut bucket, &windows, START), 10);
    assert_eq!(passing(&mut bucket, &windows, START - SET_BACK), 0);
    let short = ask(&mut bucket, &windows, 1, START - SET_BACK).unwrap_err();
    assert_eq!(short.wait, SET_BACK + SECOND, "it counts from the time that the bucket knows");
    assert_eq!(passing(&mut bucket, &windows, START), 0, "swinging back gains nothing");
}

#[test]
fn windows_are_charged_all_or_none() {
    let windows = windows(&[quota(10, RateUnit::Second, 10), quota(15, RateUnit::Minute, 15)]);
    let mut bucket = Bucket::full(&windows, START);
    assert_eq!(passing(&mut bucket, &windows, START), 10);
    let before = bucket;
    assert_eq!(ask(&mut bucket, &windows, 1, START), Err(Short { wait: SECOND / 10 }));
    assert_eq!(bucket, before, "the minute paid nothing for a request that the second refused");
    assert_eq!(passing(&mut bucket, &windows, START + SECOND), 5);
    let standing = bucket.standing(&windows, START + SECOND);
    assert_eq!((standing.window, standing.limit, standing.remaining), (1, 15, 0));
}

#[test]
fn a_standing_tells_tokens_and_times_of_the_tightest_window() {
    let windows = windows(&[quota(100, RateUnit::Second, 20)]);
    let mut bucket = Bucket::full(&windows, START);
    let full = bucket.standing(&windows, START);
    assert_eq!((full.remaining, full.next_in, full.full_in), (20, Duration::ZERO, Duration::ZERO));
    ask(&mut bucket, &windows, 3, START).unwrap();
    let standing = bucket.standing(&windows, START);
    assert_eq!((standing.limit, standing.remaining), (100, 17));
    assert_eq!((standing.next_in, standing.full_in), (Duration::from_millis(10), Duration::from_millis(30)));
}

#[test]
fn a_reload_leaves_what_is_left() {
    let before = windows(&[quota(10, RateUnit::Minute, 10)]);
    let table: [(&str, Quota, u32); 4] = [
        ("a higher burst", quota(10, RateUnit::Minute, 100), 4),
        ("a lower burst", quota(10, RateUnit::Minute, 3), 3),
        ("a higher rate", quota(999, RateUnit::Minute, 10), 4),
        ("another unit", quota(10, RateUnit::Hour, 10), 4),
    ];
    for (change, quota, left) in table {
        let after = windows(&[quota]);
        let mut bucket = Bucket::full(&before, START);
        ask(&mut bucket, &before, 6, START).unwrap();
        let mut bucket = Bucket::restored(&bucket.remains(&before), &after);
        assert_eq!(passing(&mut bucket, &after, START), left, "{change}");
    }
}

#[test]
fn a_window_more_begins_with_what_the_others_have_left() {
    let before = windows(&[quota(10, RateUnit::Minute, 10)]);
    let after = windows(&[quota(50, RateUnit::Second, 50), quota(10, RateUnit::Minute, 10)]);
    let mut bucket = Bucket::full(&before, START);
    ask(&mut bucket, &before, 9, START).unwrap();
    let bucket = Bucket::restored(&bucket.remains(&before), &after);
    let standing = bucket.standing(&after, START);
    assert_eq!((standing.window, standing.remaining), (1, 1));
    assert_eq!(bucket.levels, [after_level(&after, 0), after_level(&after, 1), 0, 0]);
}

fn after_level(windows: &Windows, at: usize) -> u128 {
    windows.iter().nth(at).unwrap().quota.tokens(1)
}

fn any_quota() -> impl Strategy<Value = Quota> {
    let number = || prop_oneof![1..20_u32, 1..2_000_000_u32];
    let unit = prop::sample::select(RateUnit::ALL.to_vec());
    (number(), unit, number()).prop_filter_map("fills too slowly", |(requests, unit, burst)| {
        Quota::new(NonZeroU32::new(requests)?, unit, NonZeroU32::new(burst)?).ok()
    })
}

/// Sixty pauses of this length and the time since the epoch fit the clock.
const YEARS: u64 = 86_400 * 365 * SECOND;

/// Pauses that matter to the quota: from nothing over a token's worth to the time of several bursts.
fn pauses(quota: &Quota) -> impl Strategy<Value = Vec<u64>> + use<> {
    let token = quota.time_to_gain(quota.tokens(1));
    let fill = quota.fill_time().min(YEARS);
    let pause = prop_oneof![Just(0), 0..=2 * token, 0..=2 * fill, Just(token), Just(token - 1)];
    prop::collection::vec(pause, 1..60)
}

fn quota_and_pauses() -> impl Strategy<Value = (Quota, Vec<u64>)> {
    any_quota().prop_flat_map(|quota| pauses(&quota).prop_map(move |pauses| (quota, pauses)))
}

/// Whether between any two of the moments (each with the tokens taken then) no more was taken than the quota allows.
fn is_within(quota: &Quota, taken: &[(u64, u32)]) -> bool {
    taken.iter().enumerate().all(|(first, (start, _))| {
        let mut sum = 0;
        taken.iter().skip(first).all(|(end, tokens)| {
            sum += quota.tokens(*tokens);
            sum <= quota.capacity() + quota.gain_in(end - start)
        })
    })
}

proptest! {
    #[test]
    fn never_more_than_burst_and_rate_times_time(
        (quota, pauses) in quota_and_pauses(),
        costs in prop::collection::vec(1..5_u32, 60),
        greedy in any::<bool>(),
    ) {
        let windows = windows(&[quota]);
        let mut bucket = Bucket::full(&windows, START);
        let (mut now, mut taken) = (START, Vec::new());
        for (pause, cost) in pauses.into_iter().zip(costs) {
            now += pause;
            let cost = if greedy { bucket.standing(&windows, now).remaining.max(1) } else { cost };
            if ask(&mut bucket, &windows, cost, now).is_ok() {
                taken.push((now, cost));
            }
        }
        prop_assert!(is_within(&quota, &taken), "{taken:?}");
    }

    #[test]
    fn never_more_when_the_clock_is_set_back(
        (quota, pauses) in quota_and_pauses(),
        steps in prop::collection::vec(prop_oneof![Just(0), 0..=2 * SET_BACK, 0..START / 100], 60),
    ) {
        let windows = windows(&[quota]);
        let mut bucket = Bucket::full(&windows, START);
        let (mut true_time, mut behind, mut taken) = (START, 0, Vec::new());
        for (pause, step) in pauses.into_iter().zip(steps) {
            true_time += pause;
            behind += step;
            let clock = true_time.saturating_sub(behind);
            bucket.settle(&windows, clock);
            let all = bucket.standing(&windows, clock).remaining.max(1);
            if bucket.take(&windows, all, clock).is_ok() {
                taken.push((true_time, all));
            }
        }
        prop_assert!(is_within(&quota, &taken), "{taken:?}");
    }

    #[test]
    fn clocks_that_differ_a_little_gain_nothing(
        (quota, pauses) in quota_and_pauses(),
        lags in prop::collection::vec(0..=SET_BACK, 60),
    ) {
        let windows = windows(&[quota]);
        let mut bucket = Bucket::full(&windows, START);
        let (mut latest, mut taken) = (START, Vec::new());
        for (pause, lag) in pauses.into_iter().zip(lags) {
            latest += pause;
            for clock in [latest, latest - lag] {
                bucket.settle(&windows, clock);
                let all = bucket.standing(&windows, clock).remaining.max(1);
                if bucket.take(&windows, all, clock).is_ok() {
                    taken.push((latest, all));
                }
            }
        }
        prop_assert!(is_within(&quota, &taken), "{taken:?}");
    }

    #[test]
    fn a_refusal_tells_the_first_moment_that_passes(
        quotas in prop::collection::vec(any_quota(), 1..4),
        pause in 0..SECOND,
        share in 1..=100_u32,
    ) {
        let windows = windows(&quotas);
        let mut bucket = Bucket::full(&windows, START);
        let least = quotas.iter().map(Quota::burst).min().unwrap();
        let cost = (least / 100 * share).max(1);
        while ask(&mut bucket, &windows, cost.max(least / 3), START).is_ok() {}
        let now = START + pause;
        if let Err(short) = ask(&mut bucket, &windows, cost, now) {
            let (mut early, mut due) = (bucket, bucket);
            prop_assert!(ask(&mut early, &windows, cost, now + short.wait - 1).is_err());
            prop_assert!(ask(&mut due, &windows, cost, now + short.wait).is_ok());
        }
    }

    #[test]
    fn a_bucket_is_full_when_it_said_and_not_before((quota, _) in quota_and_pauses(), taken in 1..50_u32) {
        let windows = windows(&[quota]);
        let mut bucket = Bucket::full(&windows, START);
        prop_assume!(ask(&mut bucket, &windows, taken, START).is_ok());
        let full = bucket.fills_at(&windows);
        bucket.settle(&windows, full - 1);
        prop_assert!(bucket.levels[0] < quota.capacity());
        bucket.settle(&windows, full);
        prop_assert_eq!(bucket.levels[0], quota.capacity());
    }

    #[test]
    fn what_remains_is_the_bucket(quotas in prop::collection::vec(any_quota(), 1..4), taken in 1..50_u32) {
        let windows = windows(&quotas);
        let mut bucket = Bucket::full(&windows, START);
        let _ = ask(&mut bucket, &windows, taken, START);
        prop_assert_eq!(Bucket::restored(&bucket.remains(&windows), &windows), bucket);
    }

    #[test]
    fn a_bucket_that_is_full_at_a_moment_is_no_fuller_than_one_that_says_so(
        (quota, pauses) in quota_and_pauses(),
        taken in 1..50_u32,
    ) {
        let windows = windows(&[quota]);
        let mut known = Bucket::full(&windows, START);
        prop_assume!(ask(&mut known, &windows, taken, START).is_ok());
        let full_at = known.fills_at(&windows);
        for pause in pauses {
            let now = START + pause;
            let mut forgotten = Bucket::full_at(&windows, now, full_at);
            let mut known = known;
            forgotten.settle(&windows, now);
            known.settle(&windows, now);
            prop_assert!(forgotten.levels[0] <= known.levels[0]);
        }
    }
}
