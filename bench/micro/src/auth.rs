//! Tokens: verified in the module, checked by the host, and remembered.

use std::time::Duration;

use portcullis_document::{CanonicalPath, Mistakes};
use portcullis_http::{Head, HeaderMap};
use portcullis_jwt_auth::{Auth, Decision, Hash, NoHostCheck, SignatureCheck};
use serde_json::{Value, json};

use crate::{Case, case, document};

/// RFC 7515, appendix A.1.
const HS256: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const SECRET: &str = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
/// Signed with the key of RFC 8037, appendix A.1.
const EDDSA: &str = "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJqb2UiLCJleHAiOjEzMDA4MTkzODB9.QJzJecKs27DYlOI8iOIpZ_lPlRkanJJe0StuTJhUjPpobhtnPThTlvGHvXUdOeaPneTDsJPj3RI_aCGkC_4tCg";
const PUBLIC: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
/// What a real provider's token holds; the signature is added, and is none.
const RS256: &str = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImtleS0xIn0.eyJzdWIiOiJ1c3JfOGEzZiIsImlzcyI6ImpvZSIsImF1ZCI6ImFwaS5leGFtcGxlLmNvbSIsImlhdCI6MTMwMDgxODAwMCwiZXhwIjoxMzAwODIwMDAwLCJyb2xlIjoiY3VzdG9tZXIiLCJlbWFpbCI6ImFkYUBleGFtcGxlLmNvbSIsInNjb3BlIjoib3JkZXJzOnJlYWQgb3JkZXJzOndyaXRlIn0";
const NOW: Duration = Duration::from_secs(1_300_819_000);

pub(crate) fn cases() -> Vec<Case> {
    let secret = json!({ "kty": "oct", "alg": "HS256", "k": SECRET });
    let point = json!({ "kty": "OKP", "crv": "Ed25519", "x": PUBLIC });
    let modulus = format!("w{}Q", "A".repeat(340));
    let rsa = json!({ "kty": "RSA", "kid": "key-1", "alg": "RS256", "n": modulus, "e": "AQAB" });
    let unsigned = format!("{RS256}.{}", "A".repeat(342));
    vec![
        decide("HS256, verified", &secret, HS256, 0, &NoHostCheck),
        decide("HS256, remembered", &secret, HS256, 4096, &NoHostCheck),
        decide("EdDSA, verified", &point, EDDSA, 0, &NoHostCheck),
        decide("RS256, checked by the host", &rsa, &unsigned, 0, &Obliging),
    ]
}

/// A host that takes every signature, in no time: what is left is the module's own part.
struct Obliging;

impl SignatureCheck for Obliging {
    fn verify(&self, _: Hash, _: &[u8], _: &[u8], _: &[u8]) -> Option<bool> {
        Some(true)
    }
}

fn decide(
    name: &str,
    key: &Value,
    token: &str,
    cache_size: usize,
    host: &'static dyn SignatureCheck,
) -> Case {
    let section =
        json!({ "type": "jwt", "issuer": "joe", "jwks": { "keys": [key] }, "cache_size": cache_size });
    let document = document(&json!({ "auth": section }));
    let section = document.auth.expect("the section");
    let (auth, mut trust) = Auth::compile(&section, &[], &mut Mistakes::default());
    let credentials = format!("Bearer {token}");
    case(name, 0, move || {
        let lines = [(":method", "GET"), (":path", "/"), ("authorization", credentials.as_str())];
        let mut head = Head::new(HeaderMap::from_pairs(&lines));
        let decision = auth.decide(&mut head, &CanonicalPath::of(b"/"), &mut trust, host, NOW);
        assert!(matches!(decision, Decision::Pass(_)), "{decision:?}");
    })
}
