//! What a flood of keys or tokens does to a real Envoy: nothing to its memory, and nothing for anybody.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use e2e_tests::{Alg, Flooded, Gate, Key, Setup, Token, eventually, flood, fresh_user};
use serde_json::{Value, json};

/// A limit whose tokens do not come back while a story is told.
fn document() -> Value {
    json!({ "rate_limiting": { "default": { "requests_per_day": 5, "key": "header:x-user-id" } } })
}

fn status(gate: &Gate, user: &str) -> u16 {
    gate.get("/").header("x-user-id", user).send().status
}

/// Distinct keys on four connections; how they were answered.
fn keys(gate: &Gate, first: u64, count: u64) -> Flooded {
    flood_by_four(gate, first, count, |number| format!("x-user-id: key-{number}\r\n"))
}

/// Requests with these header lines on four connections; how they were answered.
fn flood_by_four(
    gate: &Gate,
    first: u64,
    count: u64,
    lines: impl Fn(u64) -> String + Copy + Send,
) -> Flooded {
    let share = count / 4;
    std::thread::scope(|threads| {
        let floods = [0, 1, 2, 3].map(|part| {
            let start = first + part * share;
            threads.spawn(move || flood(gate.address(), start..start + share, lines))
        });
        let mut flooded = Flooded::default();
        floods.into_iter().for_each(|flood| flooded += flood.join().unwrap());
        flooded
    })
}

#[test]
fn a_million_keys_take_no_memory_once_the_table_is_full_and_free_nobody() {
    let gate = Setup::module("rate_limit", document()).workers(2).answered("/").unlogged().start();
    let (over, at_start) = (fresh_user(), gate.resident_bytes());
    let statuses = [0; 6].map(|_| status(&gate, &over));
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429]);
    // The table has 65,536 buckets, and remembers whom it let go.
    let first = keys(&gate, 0, 400_000);
    assert_eq!(status(&gate, &over), 429);
    let when_full = gate.resident_bytes();
    let second = keys(&gate, 400_000, 600_000);
    let at_end = gate.resident_bytes();
    let (to_full, from_full) =
        (when_full.saturating_sub(at_start) >> 10, at_end.saturating_sub(when_full) >> 10);
    println!("{first:?} {second:?}, {to_full} KiB to be full, {from_full} KiB more");
    assert!(to_full < 16 << 10, "{to_full} KiB");
    assert!(from_full < 4 << 10, "{from_full} KiB");
    assert_eq!(first.passed + first.refused + second.passed + second.refused, 1_000_000);
    assert!(first.passed > 390_000, "{first:?}");
    assert_eq!(status(&gate, &over), 429, "a client that was over its limit is over it");
    gate.has_not_trapped();
}

/// Says that it is over when it is dropped.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Asks for one user until it is over; answers how many requests passed. Now and then on a new connection, which comes to the
/// newest listener.
fn hammer(gate: &Gate, user: &str, is_over: &AtomicBool) -> usize {
    let request = gate.get("/").header("x-user-id", user);
    let mut passed = 0;
    while !is_over.load(Ordering::Relaxed) {
        let mut connection = gate.connect([127, 0, 0, 1]);
        let statuses = (0..100).map_while(|_| Some(connection.send(&request).ok()?.status));
        passed += statuses.filter(|status| *status == 200).count();
    }
    passed
}

#[test]
fn a_million_good_tokens_take_no_memory_once_the_cache_is_full() {
    let auth = json!({ "auth": { "jwks": services::key_set(&[Key::of(Alg::Hs256)]) } });
    let gate = Setup::module("jwt_auth", auth).answered("/").unlogged().start();
    let good = Token::by(Key::of(Alg::Hs256));
    let tokens = |first, count| {
        flood_by_four(&gate, first, count, |number| {
            format!("authorization: Bearer {}\r\n", good.clone().claim("sub", number).mint())
        })
    };
    let at_start = gate.resident_bytes();
    // The cache remembers 4,096.
    let first = tokens(0, 100_000);
    let when_full = gate.resident_bytes();
    let second = tokens(100_000, 900_000);
    let at_end = gate.resident_bytes();
    let (to_full, from_full) =
        (when_full.saturating_sub(at_start) >> 10, at_end.saturating_sub(when_full) >> 10);
    println!("{first:?} {second:?}, {to_full} KiB to be full, {from_full} KiB more");
    assert!(to_full < 16 << 10, "{to_full} KiB");
    assert!(from_full < 2 << 10, "{from_full} KiB");
    assert_eq!((first.passed + second.passed, first.refused + second.refused), (1_000_000, 0));
    let verified = || gate.admin().stat("wasmcustom.portcullis.jwt.cache_miss");
    eventually("each of them was verified", || (verified() == 1_000_000).then_some(()));
    gate.has_not_trapped();
}

#[test]
fn a_reload_and_a_restart_of_the_module_in_mid_flood_give_nobody_a_fresh_bucket() {
    let gate =
        Setup::module("rate_limit", document()).workers(2).answered("/").unlogged().reloadable().start();
    let created = || gate.admin().stat("wasm.envoy.wasm.runtime.v8.created");
    let (before, users) = (created(), [0; 4].map(|_| fresh_user()));
    let (is_over, passed) = (AtomicBool::new(false), [(); 4].map(|()| AtomicUsize::new(0)));
    std::thread::scope(|threads| {
        // However this ends, the clients end with it.
        let _end = End(&is_over);
        for (user, passed) in users.iter().zip(&passed) {
            let (gate, is_over) = (&gate, &is_over);
            threads.spawn(move || passed.store(hammer(gate, user, is_over), Ordering::Relaxed));
        }
        let mut document = document();
        for round in 1..=3_u64 {
            keys(&gate, round * 40_000, 20_000);
            document["rate_limiting"]["exempt_paths"] = json!([format!("/exempt-{round}")]);
            assert!(gate.reload(&document), "{}", gate.log());
            keys(&gate, round * 40_000 + 20_000, 20_000);
            let vms = created();
            assert!(gate.restart_module(u32::try_from(round).unwrap()), "{}", gate.log());
            eventually("the module is started anew", || (created() > vms).then_some(()));
        }
    });
    assert!(created() > before);
    assert_eq!(passed.map(AtomicUsize::into_inner), [5; 4]);
    assert_eq!(users.map(|user| status(&gate, &user)), [429; 4]);
    gate.has_not_trapped();
}
