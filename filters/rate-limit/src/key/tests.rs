use std::cell::Cell;

use portcullis_document::rate_limiting::{KeyPart, OnMissingKey};
use portcullis_http::{Head, HeaderMap, Identity};

use super::{Key, Keyed, Subject};
use crate::hash::{KeyHasher, Secret};

fn header(name: &str) -> KeyPart {
    KeyPart::Header(name.to_owned())
}

fn query(name: &str) -> KeyPart {
    KeyPart::Query(name.to_owned())
}

fn cookie(name: &str) -> KeyPart {
    KeyPart::Cookie(name.to_owned())
}

/// A request from `192.0.2.7`.
fn keyed(parts: &[KeyPart], on_missing: OnMissingKey, headers: &[(&str, &str)]) -> Keyed {
    keyed_from(Some("192.0.2.7:4711"), parts, on_missing, headers)
}

fn keyed_from(
    address: Option<&str>,
    parts: &[KeyPart],
    on_missing: OnMissingKey,
    headers: &[(&str, &str)],
) -> Keyed {
    let head = Head::new(HeaderMap::from_pairs(headers));
    let identity = Identity::new(vec![("sub".into(), "usr_1".into()), ("none".into(), "".into())]);
    let address = || address.map(|text| text.as_bytes().to_vec());
    let subject = Subject { head: &head, path: "/canonical", identity: Some(&identity), address: &address };
    Key::new(parts.to_vec(), on_missing, 64).of(&subject, &KeyHasher::new(&Secret([7; 16])))
}

fn are_one(parts: &[KeyPart], one: &[(&str, &str)], other: &[(&str, &str)]) -> bool {
    let key = |headers| keyed(parts, OnMissingKey::Reject, headers);
    assert!(matches!(key(one), Keyed::By(_)), "{one:?}");
    key(one) == key(other)
}

/// A header line.
type Line = (&'static str, &'static str);

#[test]
fn a_value_is_one_however_it_is_written() {
    let table: [(&[KeyPart], Line, Line); 9] = [
        (&[query("k")], (":path", "/a?k=v"), (":path", "/b?x=1&k=v&y")),
        (&[query("k")], (":path", "/a?k=v%20w"), (":path", "/a?%6B=v+w")),
        (&[query("k")], (":path", "/a?k=%76"), (":path", "/a?k=v&k=v")),
        (&[query("a b")], (":path", "/?a+b=1"), (":path", "/?a%20b=%31")),
        (&[query("k")], (":path", "/?k=a?b"), (":path", "/?k=a%3Fb")),
        (&[cookie("sid")], ("cookie", "sid=1"), ("cookie", "a=b; sid=1; c")),
        (&[cookie("sid")], ("cookie", "sid=\"1\""), ("cookie", ";sid = 1 ;")),
        (&[cookie("sid")], ("cookie", "sid=a=b"), ("cookie", "sids=2;sid=a=b")),
        (&[KeyPart::Path], (":path", "/x"), (":path", "/y")),
    ];
    for (parts, one, other) in table {
        assert!(are_one(parts, &[one], &[other]), "{one:?} {other:?}");
    }
}

#[test]
fn values_that_differ_are_two() {
    let table: [(&[KeyPart], Line, Line); 4] = [
        (&[header("x")], ("x", "a"), ("x", "A")),
        (&[query("k")], (":path", "/?k=a"), (":path", "/?k=a%00")),
        (&[query("k")], (":path", "/?k=%2B"), (":path", "/?k=+")),
        (&[cookie("sid")], ("cookie", "sid=1"), ("cookie", "sid=2")),
    ];
    for (parts, one, other) in table {
        assert!(!are_one(parts, &[one], &[other]), "{one:?} {other:?}");
    }
}

#[test]
fn parts_of_a_composite_key_do_not_run_into_each_other() {
    let parts = [header("x"), header("y")];
    assert!(!are_one(&parts, &[("x", "ab"), ("y", "c")], &[("x", "a"), ("y", "bc")]));
    assert!(!are_one(&parts, &[("x", "a"), ("y", "b")], &[("x", "b"), ("y", "a")]));
}

#[test]
fn what_is_absent_empty_or_there_twice_with_a_difference_is_missing() {
    let table: [(KeyPart, &[Line]); 10] = [
        (header("x"), &[]),
        (header("x"), &[("x", "")]),
        (header("x"), &[("x", "a"), ("x", "b")]),
        (header("x"), &[("x", ""), ("x", "b")]),
        (query("k"), &[(":path", "/k=1")]),
        (query("k"), &[(":path", "/?k")]),
        (query("k"), &[(":path", "/?k=1&k=2")]),
        (cookie("sid"), &[("cookie", "sid=")]),
        (cookie("sid"), &[("cookie", "sid=1"), ("cookie", "sid=2")]),
        (KeyPart::Claim("none".to_owned()), &[]),
    ];
    for (part, headers) in table {
        let key = keyed(&[KeyPart::Shared, part.clone()], OnMissingKey::Reject, headers);
        assert_eq!(key, Keyed::Missing, "{part:?} {headers:?}");
    }
}

#[test]
fn a_missing_key_is_what_the_document_says() {
    let parts = [header("x")];
    let missing = |on_missing, address| keyed_from(address, &parts, on_missing, &[]);
    let (here, there) = (Some("192.0.2.7:1"), Some("192.0.2.8:1"));
    assert_eq!(missing(OnMissingKey::Skip, here), Keyed::Unlimited);
    assert_eq!(missing(OnMissingKey::Reject, here), Keyed::Missing);
    assert_eq!(missing(OnMissingKey::Shared, here), missing(OnMissingKey::Shared, there));
    assert_ne!(missing(OnMissingKey::ClientIp, here), missing(OnMissingKey::ClientIp, there));
    let nowhere = missing(OnMissingKey::ClientIp, None);
    assert_eq!(nowhere, missing(OnMissingKey::Shared, here), "without an address they are counted together");
}

#[test]
fn a_fall_back_never_meets_a_real_key() {
    let fall_back = keyed(&[header("x")], OnMissingKey::ClientIp, &[]);
    let by_address = keyed(&[KeyPart::ClientIp], OnMissingKey::ClientIp, &[]);
    assert_ne!(fall_back, by_address);
    let shared = keyed(&[KeyPart::Shared], OnMissingKey::Shared, &[]);
    assert_ne!(shared, keyed(&[header("x")], OnMissingKey::Shared, &[]));
}

#[test]
fn claims_are_those_of_the_identity() {
    let claim =
        |name: &str| keyed(&[KeyPart::Claim(name.to_owned())], OnMissingKey::Reject, &[("sub", "usr_2")]);
    assert!(matches!(claim("sub"), Keyed::By(_)));
    assert_eq!(claim("role"), Keyed::Missing);
}

#[test]
fn the_address_is_asked_only_when_it_counts() {
    let asked = Cell::new(0);
    let address = || {
        asked.set(asked.get() + 1);
        Some(b"192.0.2.7:1".to_vec())
    };
    let head = Head::new(HeaderMap::from_pairs(&[("x", "1")]));
    let subject = Subject { head: &head, path: "/", identity: None, address: &address };
    let hasher = KeyHasher::new(&Secret([7; 16]));
    for (part, times) in [(header("x"), 0), (header("y"), 1), (KeyPart::ClientIp, 2)] {
        Key::new(vec![part], OnMissingKey::ClientIp, 64).of(&subject, &hasher);
        assert_eq!(asked.get(), times);
    }
}
