//! The section `auth`, ready to decide about tokens.

use std::time::Duration;

use portcullis_document::{AuthConfig, CanonicalPath, Mistakes, Node};
use portcullis_http::{Head, HeaderMap};
use portcullis_jwt_auth::{Auth, Decision, Pass, Reason, SignatureCheck, Trust};
use serde_json::Value;

/// A compiled section and what a worker knows.
pub(crate) struct Gate {
    auth: Auth,
    trust: Trust,
    now: Duration,
}

impl Gate {
    /// A gate with these keys, inline, and nothing else asked of a token.
    pub(crate) fn with_keys(keys: &Value) -> Self {
        let text = serde_json::json!({ "jwks": { "keys": keys }, "cache_size": 0 }).to_string();
        let mut mistakes = Mistakes::default();
        let node = Node::root(&text, &mut mistakes).unwrap();
        let config = AuthConfig::read(&node, &mut mistakes).unwrap();
        let (auth, trust) = Auth::compile(&config, &[], &mut mistakes);
        assert_eq!(mistakes.to_string(), "");
        Self { auth, trust, now: Duration::from_secs(1_750_000_000) }
    }

    pub(crate) fn at(mut self, seconds: u64) -> Self {
        self.now = Duration::from_secs(seconds);
        self
    }

    /// Why a bearer of this token is refused; `None` where he is not.
    pub(crate) fn refuses(&mut self, token: &str, host: &dyn SignatureCheck) -> Option<Reason> {
        let authorization = format!("Bearer {token}");
        self.refuses_request(&[("authorization", authorization.as_str())], host)
    }

    /// Why a request with these headers is refused.
    pub(crate) fn refuses_request(
        &mut self,
        headers: &[(&str, &str)],
        host: &dyn SignatureCheck,
    ) -> Option<Reason> {
        let pairs = [&[(":method", "GET"), (":path", "/")], headers].concat();
        let mut request = Head::new(HeaderMap::from_pairs(&pairs));
        let path = CanonicalPath::of(b"/");
        match self.auth.decide(&mut request, &path, &mut self.trust, host, self.now) {
            Decision::Pass(Pass::Verified { .. }) => None,
            Decision::Refuse(reason) => Some(reason),
            other => panic!("{other:?}"),
        }
    }
}
