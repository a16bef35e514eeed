//! Project Wycheproof: signatures at the edges of the arithmetic, of their encoding and of their padding.
//!
//! `vectors/wycheproof.json` is a selection from the test vectors of <https://github.com/C2SP/wycheproof> (Apache-2.0, by
//! its contributors): of each kind of case a few, with keys as JWK and bytes in base64url; `file` and `id` are theirs.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis_jwt_auth::{Algorithm, AlgorithmSet, Key, NoHostCheck, Origin, SignatureCheck};
use serde_json::Value;

use crate::aws_lc::AwsLc;

fn groups() -> Vec<Value> {
    serde_json::from_str(include_str!("../../vectors/wycheproof.json")).unwrap()
}

fn bytes(test: &Value, member: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(test[member].as_str().unwrap()).unwrap()
}

#[test]
fn both_verifiers_judge_as_wycheproof_does() {
    for group in groups() {
        let key = Key::read(&group["jwk"].to_string(), Origin::Inline, AlgorithmSet::all()).unwrap();
        let algorithm = Algorithm::parse(group["alg"].as_str().unwrap()).unwrap();
        for test in group["tests"].as_array().unwrap() {
            let (message, signature) = (bytes(test, "message"), bytes(test, "signature"));
            for host in [&NoHostCheck as &dyn SignatureCheck, &AwsLc] {
                let verdict = key.verifies(algorithm, &message, &signature, host);
                assert_eq!(Some(verdict), test["valid"].as_bool(), "{} {}", group["file"], test["id"]);
            }
        }
    }
}

#[test]
fn the_selection_holds_good_and_bad_of_every_algorithm() {
    for alg in ["ES256", "ES384", "ES512", "EdDSA", "RS256", "PS256"] {
        let groups: Vec<Value> = groups().into_iter().filter(|group| group["alg"] == alg).collect();
        let tests = || groups.iter().flat_map(|group| group["tests"].as_array().unwrap());
        assert!(tests().any(|test| test["valid"] == true), "{alg}");
        assert!(tests().any(|test| test["valid"] == false), "{alg}");
    }
}
