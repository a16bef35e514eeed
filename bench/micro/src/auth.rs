//! The token of RFC 7515, appendix A.1: verified in the module, and remembered.

use std::time::Duration;

use portcullis_document::{CanonicalPath, Mistakes};
use portcullis_http::{Head, HeaderMap};
use portcullis_jwt_auth::{Auth, Decision, Hash, NoHostCheck, SignatureCheck};
use serde_json::json;

use crate::{Case, case, document};

const TOKEN: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const SECRET: &str = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
const NOW: Duration = Duration::from_secs(1_300_819_000);

pub(crate) fn cases() -> Vec<Case> {
    vec![decide("HS256, verified", 0), decide("HS256, remembered", 4096), checked_by_host()]
}

/// A host that checks signatures in no time.
struct Host;

impl SignatureCheck for Host {
    fn verify(&self, _: Hash, _: &[u8], message: &[u8], signature: &[u8]) -> Option<bool> {
        Some(message.len() > signature.len())
    }
}

/// The module's own part of a token whose signature the host checks: everything but the signature.
fn checked_by_host() -> Case {
    let key = json!({ "kty": "RSA", "kid": "key-1", "alg": "RS256", "n": format!("w{}Q", "A".repeat(340)), "e": "AQAB" });
    let section = json!({ "type": "jwt", "issuer": "https://auth.example.com", "audiences": ["api.example.com"], "jwks": { "keys": [key] }, "cache_size": 0 });
    let document = document(&json!({ "auth": section }));
    let section = document.auth.expect("the section");
    let (auth, mut trust) = Auth::compile(&section, &[], &mut Mistakes::default());
    let header = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImtleS0xIn0";
    let payload = "eyJzdWIiOiJ1c3JfOGEzZiIsImlzcyI6Imh0dHBzOi8vYXV0aC5leGFtcGxlLmNvbSIsImF1ZCI6ImFwaS5leGFtcGxlLmNvbSIsImlhdCI6MTMwMDgxODAwMCwiZXhwIjoxMzAwODIwMDAwLCJyb2xlIjoiY3VzdG9tZXIiLCJlbWFpbCI6ImFkYUBleGFtcGxlLmNvbSIsInNjb3BlIjoib3JkZXJzOnJlYWQgb3JkZXJzOndyaXRlIn0";
    let credentials = format!("Bearer {header}.{payload}.{}", "A".repeat(342));
    case("RS256, checked by the host", 0, move || {
        let lines = [(":method", "GET"), (":path", "/"), ("authorization", credentials.as_str())];
        let mut head = Head::new(HeaderMap::from_pairs(&lines));
        let decision = auth.decide(&mut head, &CanonicalPath::of(b"/"), &mut trust, &Host, NOW);
        assert!(matches!(decision, Decision::Pass(_)), "{decision:?}");
    })
}

fn decide(name: &str, cache_size: usize) -> Case {
    let keys = json!({ "keys": [{ "kty": "oct", "alg": "HS256", "k": SECRET }] });
    let section = json!({ "type": "jwt", "issuer": "joe", "jwks": keys, "cache_size": cache_size });
    let document = document(&json!({ "auth": section }));
    let section = document.auth.expect("the section");
    let (auth, mut trust) = Auth::compile(&section, &[], &mut Mistakes::default());
    let credentials = format!("Bearer {TOKEN}");
    case(name, 0, move || {
        let lines = [(":method", "GET"), (":path", "/"), ("authorization", credentials.as_str())];
        let mut head = Head::new(HeaderMap::from_pairs(&lines));
        let decision = auth.decide(&mut head, &CanonicalPath::of(b"/"), &mut trust, &NoHostCheck, NOW);
        assert!(matches!(decision, Decision::Pass(_)));
    })
}
