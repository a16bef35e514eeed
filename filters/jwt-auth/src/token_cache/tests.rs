use std::rc::Rc;
use std::time::Duration;

use portcullis_http::Identity;
use proptest::prelude::*;

use super::TokenCache;
use crate::algorithm::AlgorithmSet;
use crate::key::{Key, Origin};
use crate::visa::{Epitaph, Remembered, Standing, Visa};

const NOW: Duration = Duration::from_secs(1000);

fn key() -> Rc<Key> {
    let jwk = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    Rc::new(Key::read(jwk, Origin::Inline, AlgorithmSet::all()).unwrap())
}

fn visa(subject: &str, until: u64) -> Standing {
    Standing::Good(Rc::new(Visa {
        headers: Box::new([]),
        identity: Identity::default(),
        subject: Some(subject.into()),
        meets: Box::new([]),
        until: Some(Duration::from_secs(until)),
        provider: 0,
        key: key(),
        bytes: 100,
    }))
}

fn epitaph(until: u64) -> Standing {
    Standing::Over(Rc::new(Epitaph { until: Duration::from_secs(until), provider: 0, key: key() }))
}

fn token(number: usize) -> Vec<u8> {
    format!("header.payload.a signature of some length {number:016}").into_bytes()
}

fn subject(cache: &mut TokenCache, token: &[u8]) -> Option<String> {
    match cache.find(token, |standing| standing.at(NOW))? {
        Remembered::Good(visa) => visa.subject.as_deref().map(str::to_owned),
        Remembered::Expired => None,
    }
}

#[test]
fn it_holds_as_many_as_it_may_and_no_more() {
    let mut cache = TokenCache::new(100);
    for number in 0..10_000 {
        cache.insert(&token(number), visa(&number.to_string(), 2000), NOW);
        assert!(cache.len() <= 100 && cache.bytes <= cache.most_bytes);
        assert_eq!(cache.by_ending.len(), cache.slots.len());
    }
    assert_eq!(cache.len(), 100);
    for number in 0..10_000 {
        let found = subject(&mut cache, &token(number));
        assert!(found.is_none_or(|found| found == number.to_string()));
    }
}

#[test]
fn a_working_set_that_fits_stays() {
    let mut cache = TokenCache::new(64);
    for _ in 0..3 {
        for number in 0..64 {
            if subject(&mut cache, &token(number)).is_none() {
                cache.insert(&token(number), visa("x", 2000), NOW);
            }
        }
    }
    assert!((0..64).all(|number| subject(&mut cache, &token(number)).is_some()));
}

#[test]
fn what_is_used_outlives_what_is_not() {
    let mut cache = TokenCache::new(8);
    cache.insert(&token(0), visa("used", 2000), NOW);
    for number in 1..1000 {
        assert_eq!(subject(&mut cache, &token(0)).as_deref(), Some("used"), "{number}");
        cache.insert(&token(number), visa("x", 2000), NOW);
    }
}

#[test]
fn what_is_over_goes_first() {
    let mut cache = TokenCache::new(2);
    cache.insert(&token(1), visa("over soon", 1500), NOW);
    cache.insert(&token(2), visa("good", 3000), NOW);
    assert!(subject(&mut cache, &token(1)).is_some());
    cache.insert(&token(3), visa("new", 3000), Duration::from_secs(1600));
    assert!(subject(&mut cache, &token(1)).is_none() && subject(&mut cache, &token(2)).is_some());
}

#[test]
fn tokens_with_one_ending_are_not_confused() {
    let mut cache = TokenCache::new(10);
    let (a, b) = (b"header.alice.0123456789abcdef", b"header.mallo.0123456789abcdef");
    cache.insert(a, visa("alice", 2000), NOW);
    assert_eq!(subject(&mut cache, b), None);
    cache.insert(b, visa("mallory", 2000), NOW);
    assert_eq!(subject(&mut cache, a), None, "the later one took its place");
    assert_eq!((subject(&mut cache, b).as_deref(), cache.len()), (Some("mallory"), 1));
}

#[test]
fn long_tokens_take_the_room_of_several() {
    let mut cache = TokenCache::new(10);
    for number in 0..100 {
        let long = [vec![b'x'; 8000], token(number)].concat();
        cache.insert(&long, visa("x", 2000), NOW);
        assert!(cache.bytes <= 10 * 2048);
    }
    assert_eq!(cache.len(), 2);
    cache.insert(&vec![b'x'; 30_000], visa("x", 2000), NOW);
    assert_eq!(cache.len(), 2, "what does not fit is not remembered");
}

#[test]
fn an_end_holds_until_the_clock_steps_back_before_it() {
    let mut cache = TokenCache::new(10);
    let at = |seconds| move |standing: &Standing| standing.at(Duration::from_secs(seconds));
    cache.insert(&token(1), visa("good", 1500), NOW);
    cache.insert(&token(2), epitaph(900), NOW);
    let is_good = |found: Option<Remembered>| found.map(|found| matches!(found, Remembered::Good(_)));
    assert_eq!(is_good(cache.find(&token(1), at(1499))), Some(true));
    assert_eq!(is_good(cache.find(&token(1), at(1500))), Some(false));
    assert_eq!(is_good(cache.find(&token(1), at(1499))), Some(true), "it was looked at whole");
    assert_eq!(is_good(cache.find(&token(2), at(900))), Some(false));
    assert_eq!(is_good(cache.find(&token(2), at(899))), None, "nothing but its end is known");
    assert_eq!(cache.len(), 1);
}

#[test]
fn expired_tokens_are_as_bounded_as_good_ones_and_go_before_them() {
    let mut cache = TokenCache::new(10);
    for number in 0..9 {
        cache.insert(&token(number), visa("good", 2000), NOW);
        assert!(subject(&mut cache, &token(number)).is_some());
    }
    for number in 100..10_000 {
        cache.insert(&token(number), epitaph(900), NOW);
        assert!((0..9).all(|number| subject(&mut cache, &token(number)).is_some()), "{number}");
        assert_eq!(cache.len(), 10);
    }
}

proptest! {
    #[test]
    fn a_hit_is_always_the_tokens_own(
        most in 0_usize..6,
        steps in proptest::collection::vec((any::<bool>(), 0_usize..12, 900_u64..1100), 0..200),
    ) {
        let mut cache = TokenCache::new(most);
        for (insert, number, until) in steps {
            if insert {
                cache.insert(&token(number), visa(&number.to_string(), until), NOW);
            } else if let Some(found) = subject(&mut cache, &token(number)) {
                prop_assert_eq!(found, number.to_string());
            }
            prop_assert!(cache.len() <= most && cache.by_ending.len() == cache.len());
            let bytes: usize = cache.slots.iter().map(|slot| slot.token.len() + 100).sum();
            prop_assert_eq!(bytes, cache.bytes);
        }
    }
}
