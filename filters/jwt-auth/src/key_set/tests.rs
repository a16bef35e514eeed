use std::rc::Rc;

use super::{KeySet, KeySetFault, MOST_BYTES};
use crate::algorithm::{Algorithm, AlgorithmSet, Curve};
use crate::key::{KeyFault, Origin};

const EC: &str = r#""kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0""#;
const ED: &str = r#""kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#;

fn read(keys: &[String]) -> KeySet {
    let json = format!(r#"{{"keys":[{}]}}"#, keys.join(","));
    KeySet::read(json.as_bytes(), Origin::Fetched, AlgorithmSet::all()).unwrap().keys
}

fn key(material: &str, kid: &str) -> String {
    format!(r#"{{{material},"kid":"{kid}"}}"#)
}

fn fault(json: &[u8]) -> Option<KeySetFault> {
    KeySet::read(json, Origin::Fetched, AlgorithmSet::all()).err()
}

#[test]
fn a_bad_key_does_not_spoil_its_neighbours() {
    let json = format!(
        r#"{{"keys":[7,{},{{"kty":"RSA"}},{{"kty":"new","a":{{"x":1,"x":1}}}}],"more":true}}"#,
        key(EC, "a")
    );
    let read = KeySet::read(json.as_bytes(), Origin::Fetched, AlgorithmSet::all()).unwrap();
    assert!(read.keys.names("a"));
    let places: Vec<_> = read.left_out.iter().map(|(at, _)| *at).collect();
    assert_eq!(places, [0, 2, 3]);
}

#[test]
fn what_is_no_key_set_is_refused() {
    let none = KeySetFault::NotAKeySet;
    for text in [
        "",
        "null",
        "[]",
        "{}",
        r#"{"keys":{}}"#,
        r#"{"keys":null}"#,
        r#"{"keys":[]"#,
        r#"{"keys":[],"keys":[]}"#,
        "<html>",
        "\u{feff}{\"keys\":[]}",
    ] {
        assert_eq!(fault(text.as_bytes()), Some(none.clone()), "{text}");
    }
    assert_eq!(fault(b"{\"keys\":[],\"a\":\"\xff\"}"), Some(none));
    assert_eq!(fault(br#"{"keys":[]}"#), Some(KeySetFault::NoneUsable { left_out: vec![] }));
    let secret = fault(br#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#);
    assert_eq!(secret, Some(KeySetFault::NoneUsable { left_out: vec![(0, KeyFault::SecretFetched)] }));
}

#[test]
fn its_size_is_bounded() {
    let padded = |bytes: usize| {
        let keys = format!(r#"{{"keys":[{}]}}"#, key(EC, "a"));
        keys.clone() + &" ".repeat(bytes - keys.len())
    };
    assert_eq!(fault(padded(MOST_BYTES).as_bytes()), None);
    assert_eq!(fault(padded(MOST_BYTES + 1).as_bytes()), Some(KeySetFault::TooBig { bytes: MOST_BYTES + 1 }));
}

#[test]
fn candidates_have_the_name_or_none_and_the_algorithm() {
    let set = read(&[key(EC, "a"), key(ED, "a"), format!("{{{EC}}}"), key(EC, "b"), key(EC, "a")]);
    let places = |kid: Option<&str>, algorithm| -> Vec<usize> {
        let found: Vec<_> = set.candidates(kid, algorithm).collect();
        let place = |key: &&Rc<_>| set.keys.iter().position(|known| Rc::ptr_eq(known, key));
        found.iter().filter_map(place).collect()
    };
    let es = Algorithm::Es(Curve::P256);
    assert_eq!(places(Some("a"), es), [0, 2, 4]);
    assert_eq!(places(Some("b"), es), [2, 3]);
    assert_eq!(places(Some("c"), es), [2]);
    assert_eq!(places(None, es), [0, 2, 3, 4]);
    assert_eq!(places(Some("a"), Algorithm::EdDsa), [1]);
    assert_eq!(places(Some("b"), Algorithm::EdDsa), [0_usize; 0]);
    assert_eq!(places(None, Algorithm::Es(Curve::P384)), [0_usize; 0]);
}

#[test]
fn a_key_that_stays_is_the_one_that_was() {
    let before = read(&[key(EC, "a"), key(ED, "b")]);
    let after = read(&[key(ED, "b"), key(EC, "c")]).keeping(&before);
    assert!(after.holds(&before.keys[1]), "stays");
    assert!(!after.holds(&before.keys[0]), "went, or has another name now");
}
