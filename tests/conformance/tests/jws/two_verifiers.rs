//! Two verifiers, one verdict: the module's own, and a host's; tokens of every algorithm, tampered in every part.

use portcullis_jwt_auth::{NoHostCheck, Reason};
use serde_json::json;
use services::{Alg, Key, Token};

use crate::aws_lc::AwsLc;
use crate::gate::Gate;

fn gate() -> Gate {
    Gate::with_keys(&json!(Alg::ALL.map(|alg| Key::of(alg).jwk())))
}

fn mint(alg: Alg) -> String {
    Token::by(Key::of(alg)).claim("iat", 1_740_000_000).claim("exp", 1_800_000_000).mint()
}

/// The verdict, which must be the same with both.
fn verdict(gate: &mut Gate, token: &str) -> Option<Reason> {
    let (own, hosts) = (gate.refuses(token, &NoHostCheck), gate.refuses(token, &AwsLc));
    assert_eq!(own, hosts, "{token}");
    own
}

#[test]
fn good_tokens_pass() {
    let mut gate = gate();
    for alg in Alg::ALL {
        assert_eq!(verdict(&mut gate, &mint(alg)), None, "{alg:?}");
    }
}

#[test]
fn a_token_with_one_other_character_is_refused() {
    let mut gate = gate();
    for alg in Alg::ALL {
        let token = mint(alg);
        // A prime, so that every part is met, and every place of a group of four characters.
        for at in (0..token.len()).step_by(61) {
            let mut other = token.clone().into_bytes();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            let other = String::from_utf8(other).unwrap();
            if other != token {
                assert!(verdict(&mut gate, &other).is_some(), "{alg:?} {at}");
            }
        }
    }
}

#[test]
fn a_signature_of_another_length_is_refused() {
    let mut gate = gate();
    for alg in Alg::ALL {
        let token = mint(alg);
        let (input, signature) = token.rsplit_once('.').unwrap();
        for other in
            ["", "AA", signature.get(4..).unwrap(), &format!("AAAA{signature}"), &format!("{signature}AAAA")]
        {
            assert!(verdict(&mut gate, &format!("{input}.{other}")).is_some(), "{alg:?} {other}");
        }
    }
}

#[test]
fn a_signature_of_another_algorithm_is_refused() {
    let mut gate = gate();
    let tokens = Alg::ALL.map(mint);
    for (number, token) in tokens.iter().enumerate() {
        for (other_number, other) in tokens.iter().enumerate().filter(|(other, _)| *other != number) {
            let (input, _) = token.rsplit_once('.').unwrap();
            let (_, signature) = other.rsplit_once('.').unwrap();
            let crossed = format!("{input}.{signature}");
            assert!(verdict(&mut gate, &crossed).is_some(), "{number} {other_number}");
        }
    }
}
