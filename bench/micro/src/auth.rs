//! The token of RFC 7515, appendix A.1: verified in the module, and remembered.

use std::time::Duration;

use portcullis_document::{CanonicalPath, Mistakes};
use portcullis_http::{Head, HeaderMap};
use portcullis_jwt_auth::{Auth, Decision, NoHostCheck};
use serde_json::json;

use crate::{Case, case, document};

const TOKEN: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const SECRET: &str = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
const NOW: Duration = Duration::from_secs(1_300_819_000);

pub(crate) fn cases() -> Vec<Case> {
    vec![decide("HS256, verified", 0), decide("HS256, remembered", 4096)]
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
