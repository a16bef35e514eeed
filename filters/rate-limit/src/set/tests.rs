use proptest::prelude::*;

use super::departed::Departed;
use super::{HEAD, Record, RuleTag, Set};
use crate::bucket::Remains;
use crate::windows::WindowTag;

const NOW: u64 = 1_000;
const WAYS: usize = 4;

fn record(fingerprint: u64, fills_at: u64) -> Record {
    let mut levels = [None; 4];
    levels[0] = WindowTag::decode(1).map(|tag| (tag, 17));
    Record { fingerprint, rule: RuleTag(5), fills_at, remains: Remains { since: 3, levels } }
}

fn put(bytes: &mut Vec<u8>, record: &Record) -> bool {
    Set::open(bytes, record.fingerprint).0.put(record, WAYS, NOW)
}

fn found(bytes: &[u8], fingerprint: u64) -> Option<Record> {
    let mut copy = bytes.to_vec();
    let (set, is_rebuilt) = Set::open(&mut copy, fingerprint);
    assert!(!is_rebuilt);
    set.found().copied()
}

fn any_record() -> impl Strategy<Value = Record> {
    let levels = prop::collection::vec((0..16_u8, 0..1_u128 << 79), 1..=4);
    (0..12_u64, any::<u32>(), any::<u64>(), any::<u64>(), levels).prop_map(
        |(fingerprint, rule, fills_at, since, windows)| {
            let mut levels = [None; 4];
            for (place, (tag, level)) in levels.iter_mut().zip(windows) {
                *place = WindowTag::decode(tag).map(|tag| (tag, level));
            }
            Record { fingerprint, rule: RuleTag(rule), fills_at, remains: Remains { since, levels } }
        },
    )
}

#[test]
fn the_fullest_leaves_and_only_when_there_is_no_room() {
    let mut bytes = Vec::new();
    for (fingerprint, fills_at) in [(1, 5_000), (2, 2_000), (3, 9_000), (4, 3_000)] {
        assert!(!put(&mut bytes, &record(fingerprint, fills_at)));
    }
    assert!(put(&mut bytes, &record(5, 4_000)));
    assert_eq!(found(&bytes, 2), None);
    for kept in [1, 3, 4, 5] {
        assert!(found(&bytes, kept).is_some(), "{kept}");
    }
}

#[test]
fn a_full_bucket_makes_room_for_free() {
    let mut bytes = Vec::new();
    for (fingerprint, fills_at) in [(1, 5_000), (2, NOW)] {
        put(&mut bytes, &record(fingerprint, fills_at));
    }
    let length = bytes.len();
    assert!(!put(&mut bytes, &record(3, 4_000)));
    assert_eq!((found(&bytes, 2), bytes.len()), (None, length), "the set grows no further than it must");
    assert_eq!(floor(&mut bytes, 2, 5), None);
}

fn floor(bytes: &mut Vec<u8>, fingerprint: u64, rule: u32) -> Option<u64> {
    Set::open(bytes, fingerprint).0.floor(RuleTag(rule), NOW)
}

#[test]
fn who_had_to_leave_is_remembered_until_it_would_be_full() {
    let mut bytes = Vec::new();
    for fingerprint in 1..=4 {
        put(&mut bytes, &record(fingerprint, 2_000 + fingerprint));
    }
    for (evicted, until) in [(1, 2_001), (2, 2_002)] {
        assert!(put(&mut bytes, &record(10 + evicted, 9_000)));
        assert_eq!(floor(&mut bytes, evicted, 5), Some(until));
    }
    assert_eq!(floor(&mut bytes, 1, 5), Some(2_002), "a floor is the latest of its rule");
    assert_eq!(floor(&mut bytes, 1, 6), None, "and of its rule alone");
    assert_eq!(floor(&mut bytes, 777, 5), None, "a key that was never here is new");
    let departed = bytes.len();
    Set::open(&mut bytes, 99).0.put(&record(99, 9_999), 9, 2_002);
    assert!(bytes.len() < departed, "nothing is left to remember");
}

#[test]
fn the_number_of_floors_is_bounded() {
    let mut departed = Departed::default();
    for rule in 0..20 {
        departed.add(RuleTag(rule), 7, NOW + u64::from(rule), NOW - 1);
    }
    let floors =
        |departed: &Departed| (0..20).filter(|rule| departed.floor(RuleTag(*rule), 7).is_some()).collect();
    let known: Vec<u32> = floors(&departed);
    assert_eq!(known, [12, 13, 14, 15, 16, 17, 18, 19]);
    departed.add(RuleTag(1), 7, NOW + 100, NOW + 50);
    let known: Vec<u32> = floors(&departed);
    assert_eq!(known, [1], "those that have passed are forgotten");
}

#[test]
fn a_filter_knows_all_that_left_and_few_others() {
    let mut departed = Departed::default();
    let fingerprint = |number: u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (0..122).for_each(|number| departed.add(RuleTag(1), fingerprint(number), 9, 0));
    let knows = |number: u64| departed.floor(RuleTag(1), fingerprint(number)).is_some();
    assert!((0..122).all(knows));
    let mistaken = (122..100_122).filter(|number| knows(*number)).count();
    assert!(mistaken < 500, "{mistaken} of 100,000");
}

#[test]
fn what_does_not_decode_is_begun_anew() {
    let mut sound = Vec::new();
    put(&mut sound, &record(1, 2_000));
    put(&mut sound, &record(2, 2_000));
    for length in 1..sound.len() {
        let mut cut = sound[..length].to_vec();
        let (set, is_rebuilt) = Set::open(&mut cut, 1);
        assert!(is_rebuilt && set.found().is_none(), "{length}");
        assert_eq!(cut, HEAD);
    }
    for (at, byte, what) in
        [(0, 2, "version"), (1, 9, "number of buckets"), (30, 0, "windows"), (31, 16, "tag")]
    {
        let mut wrong = sound.clone();
        wrong[at] = byte;
        assert!(Set::open(&mut wrong, 1).1, "{what}");
    }
    assert!(!Set::open(&mut Vec::new(), 1).1, "a new entry is no broken one");
}

proptest! {
    #[test]
    fn any_bytes_are_an_entry_or_rebuilt(bytes in prop::collection::vec(any::<u8>(), 0..400), head in any::<bool>()) {
        let mut bytes = bytes;
        if head {
            bytes.splice(0..0, [1, 3]);
        }
        put(&mut bytes, &record(7, 2_000));
        prop_assert_eq!(found(&bytes, 7), Some(record(7, 2_000)));
    }

    #[test]
    fn buckets_come_back_as_they_were_put(records in prop::collection::vec(any_record(), 1..40)) {
        let (mut bytes, mut model) = (Vec::new(), std::collections::HashMap::new());
        for record in records {
            Set::open(&mut bytes, record.fingerprint).0.put(&record, 12, 0);
            model.insert(record.fingerprint, record);
        }
        for (fingerprint, record) in model {
            let kept = found(&bytes, fingerprint);
            prop_assert!(kept == Some(record) || record.fills_at == 0, "{kept:?} {record:?}");
        }
        prop_assert!(bytes.len() <= HEAD.len() + 12 * 73 + 1 + 8 * 12 + 512);
    }
}
