//! Two verifiers, one verdict: Envoy's BoringSSL, and the module's own where Envoy lends it nothing.
//!
//! Both gates are real Envoys with the same document. They get the same tokens, tampered in every part, and must say the
//! same to each.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use e2e_tests::{Alg, Gate, Key, Setup, Token};
use serde_json::json;
use services::key_set;

/// What Envoy verifies for a module.
const HOSTS: [Alg; 6] = [Alg::Rs256, Alg::Rs384, Alg::Rs512, Alg::Es256, Alg::Es384, Alg::Es512];

struct Gates {
    with: Gate,
    without: Gate,
}

impl Gates {
    fn start() -> Gates {
        let document = json!({ "auth": { "jwks": key_set(&Alg::ALL.map(Key::of)), "cache_size": 0 } });
        let setup = Setup::module("jwt_auth", document);
        Gates { with: setup.clone().start(), without: setup.without_foreign_functions().start() }
    }

    /// The status that both give.
    #[track_caller]
    fn verdict(&self, token: &str) -> u16 {
        let ask = |gate: &Gate| {
            let answer = gate.get("/api/orders/7").token(token).send();
            (answer.status, answer.header("www-authenticate").map(str::to_owned))
        };
        let (with, without) = (ask(&self.with), ask(&self.without));
        assert_eq!(with, without, "{token}");
        with.0
    }
}

/// Signatures that are wrong in their form, made from a right one.
fn malformed(signature: &[u8]) -> Vec<Vec<u8>> {
    let (r, s) = signature.split_at(signature.len() / 2);
    let (zero, most) = (vec![0; r.len()], vec![0xff; r.len()]);
    vec![
        vec![],
        vec![0; signature.len()],
        vec![0xff; signature.len()],
        signature[1..].to_vec(),
        [&[0], signature].concat(),
        [signature, &[0]].concat(),
        [r, &zero].concat(),
        [&zero, s].concat(),
        [r, &most].concat(),
        [&most, s].concat(),
        [s, r].concat(),
        r.to_vec(),
        // A SEQUENCE of two INTEGERs, as a host takes ECDSA signatures and a token must not.
        [&[0x30, 6, 2, 1, 1, 2, 1, 1][..], r].concat(),
    ]
}

#[test]
fn both_verifiers_say_the_same_of_every_token() {
    let gates = Gates::start();
    for alg in Alg::ALL {
        assert_eq!(gates.verdict(&Token::by(Key::of(alg)).mint()), 200, "{alg:?}");
        assert_eq!(gates.verdict(&Token::by(Key::of(alg)).tampered()), 401, "{alg:?}");
    }
    for alg in HOSTS {
        let token = Token::by(Key::of(alg)).mint();
        let (input, signature) = token.rsplit_once('.').unwrap();
        for at in (0..token.len()).step_by(37) {
            let mut other = token.clone().into_bytes();
            other[at] = if other[at] == b'A' { b'Q' } else { b'A' };
            assert_eq!(gates.verdict(&String::from_utf8(other).unwrap()), 401, "{alg:?} {at}");
        }
        for other in malformed(&URL_SAFE_NO_PAD.decode(signature).unwrap()) {
            let token = format!("{input}.{}", URL_SAFE_NO_PAD.encode(&other));
            assert_eq!(gates.verdict(&token), 401, "{alg:?} {other:?}");
        }
    }
    gates.with.has_not_trapped();
    gates.without.has_not_trapped();
    let unlent = "Attempted call to restricted proxy-wasm capability: proxy_call_foreign_function";
    assert_eq!(gates.with.log().matches(unlent).count(), 0);
    assert!(gates.without.log().contains(unlent), "the second gate asked for what it was not lent");
}
