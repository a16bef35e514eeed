//! The signatures of RFC 7515 (appendix A), RFC 8037 (appendix A) and RFC 7520 (section 4).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis_jwt_auth::{
    Algorithm, AlgorithmSet, Key, NoHostCheck, Origin, Reason, SignatureCheck, TokenFault,
};
use serde_json::{Value, json};

use crate::aws_lc::AwsLc;
use crate::gate::Gate;

/// A published key and a signature that it made.
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) jwk: Value,
    pub(crate) jws: String,
}

pub(crate) fn all() -> Vec<Vector> {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("../../vectors/jws.json")).unwrap();
    let text = |vector: &Value, member: &str| vector[member].as_str().unwrap().to_owned();
    let vector = |vector: &Value| Vector {
        name: text(vector, "name"),
        jwk: vector["jwk"].clone(),
        jws: text(vector, "jws"),
    };
    vectors.iter().map(vector).collect()
}

impl Vector {
    fn key(&self) -> Key {
        Key::read(&self.jwk.to_string(), Origin::Inline, AlgorithmSet::all()).unwrap()
    }

    fn algorithm(&self) -> Algorithm {
        let header = self.jws.split('.').next().unwrap();
        let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
        Algorithm::parse(header["alg"].as_str().unwrap()).unwrap()
    }

    fn verifies(&self, message: &[u8], signature: &[u8], host: &dyn SignatureCheck) -> bool {
        self.key().verifies(self.algorithm(), message, signature, host)
    }
}

#[test]
fn every_published_signature_verifies_with_either_verifier() {
    for vector in all() {
        let (message, signature) = vector.jws.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        for host in [&NoHostCheck as &dyn SignatureCheck, &AwsLc] {
            assert!(vector.verifies(message.as_bytes(), &signature, host), "{}", vector.name);
            assert!(!vector.verifies(&message.as_bytes()[1..], &signature, host), "{}", vector.name);
            assert!(!vector.verifies(message.as_bytes(), &signature[1..], host), "{}", vector.name);
        }
    }
}

/// The payloads of RFC 7515, A.1 to A.3, are claims; the others' are prose.
#[test]
fn published_tokens_pass_while_their_time_is_not_over() {
    for vector in all() {
        let is_token = vector.jws.contains(".eyJpc3MiOiJqb2Ui");
        let expected = |reason| if is_token { reason } else { Some(true) };
        let mut gate = Gate::with_keys(&json!([vector.jwk])).at(1_300_819_379);
        let refused = gate.refuses(&vector.jws, &NoHostCheck);
        let is_malformed = |reason: &Reason| matches!(reason, Reason::Malformed(TokenFault::NotAnObject(_)));
        assert_eq!(refused.as_ref().map(is_malformed), expected(None), "{}: {refused:?}", vector.name);
        let mut late = gate.at(1_300_819_380 + 60);
        let refused = late.refuses(&vector.jws, &NoHostCheck).unwrap();
        assert_eq!(refused.word() == "token_expired", is_token, "{}: {refused:?}", vector.name);
    }
}

/// RFC 7515, A.5: an unsecured JWS.
#[test]
fn an_unsecured_token_is_none() {
    let claims =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let vector = all().remove(0);
    let mut gate = Gate::with_keys(&json!([vector.jwk])).at(1_300_000_000);
    let reason = gate.refuses(&format!("eyJhbGciOiJub25lIn0.{claims}."), &NoHostCheck);
    assert_eq!(reason, Some(Reason::Malformed(TokenFault::UnknownAlgorithm)));
}
