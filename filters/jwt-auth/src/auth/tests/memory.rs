//! What a worker remembers of tokens.

use std::time::Duration;

use super::fixture::{Gate, NOW, SECRET, sign, token};
use crate::{Decision, Invalid, Pass, Reason};

fn was_remembered(decision: &Decision) -> Option<bool> {
    match decision {
        Decision::Pass(Pass::Verified { was_remembered, .. }) => Some(*was_remembered),
        _ => None,
    }
}

#[test]
fn a_token_is_verified_once() {
    let mut gate = Gate::with("");
    let token = token(r#"{"sub":"u"}"#);
    let first = gate.show(&token);
    let second = gate.show(&token);
    assert_eq!(
        (was_remembered(&first.decision), was_remembered(&second.decision)),
        (Some(false), Some(true))
    );
    assert_eq!((second.header("x-user-id"), second.header("authorization")), (Some("u"), None));
}

#[test]
fn a_remembered_token_ends_with_its_time() {
    let mut gate = Gate::with("");
    let token = sign(r#"{"alg":"HS256","kid":"k"}"#, r#"{"exp":1700000010}"#, SECRET);
    assert!(gate.show(&token).is_verified());
    gate.now = NOW + Duration::from_millis(69_999);
    assert_eq!(was_remembered(&gate.show(&token).decision), Some(true));
    gate.now = NOW + Duration::from_secs(70);
    for _ in 0..2 {
        assert_eq!(gate.show(&token).reason(), Some(Reason::Invalid(Invalid::Expired)));
    }
}

#[test]
fn a_token_that_came_too_late_is_no_better_when_it_comes_again() {
    let mut gate = Gate::with("");
    let by = |secret| sign(r#"{"alg":"HS256","kid":"k"}"#, r#"{"exp":1699999900}"#, secret);
    let (expired, forged) = (by(SECRET), by(b"another secret of thirty-two bytes"));
    for remembered in [0, 1, 1] {
        assert_eq!(gate.trust.cache().len(), remembered);
        assert_eq!(gate.show(&expired).reason(), Some(Reason::Invalid(Invalid::Expired)));
    }
    assert_eq!(gate.show(&forged).reason(), Some(Reason::WrongSignature));
    assert_eq!(gate.trust.cache().len(), 1, "only what a key has signed is remembered");
}

#[test]
fn a_token_that_came_too_late_is_looked_at_whole_where_the_clock_steps_back() {
    let mut gate = Gate::with(r#","audiences":["api"]"#);
    let other = sign(r#"{"alg":"HS256","kid":"k"}"#, r#"{"exp":1699999900,"aud":"other"}"#, SECRET);
    assert_eq!(gate.show(&other).reason(), Some(Reason::Invalid(Invalid::Expired)));
    gate.now = NOW - Duration::from_secs(200);
    assert_eq!(gate.show(&other).reason(), Some(Reason::Invalid(Invalid::WrongAudience)));
    assert!(gate.trust.cache().is_empty());
}

#[test]
fn a_changed_token_is_another() {
    let mut gate = Gate::with("");
    let good = token(r#"{"sub":"u"}"#);
    assert!(gate.show(&good).is_verified());
    let changed = good.replacen("eyJleHAi", "eyJleHBi", 1);
    assert_ne!(good, changed);
    assert!(gate.show(&changed).reason().is_some());
    assert!(gate.show(&good).is_verified());
}

#[test]
fn nothing_is_remembered_of_what_was_refused_or_where_nothing_may_be() {
    let mut gate = Gate::with(r#","cache_size":0"#);
    let token = token("{}");
    for _ in 0..2 {
        assert_eq!(was_remembered(&gate.show(&token).decision), Some(false));
    }
    let mut gate = Gate::with("");
    assert!(gate.show("a.b.c").reason().is_some() && gate.trust.cache().is_empty());
}
