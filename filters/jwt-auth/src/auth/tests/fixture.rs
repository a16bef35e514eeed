//! A gate with a secret, and tokens made with it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis_document::{AuthConfig, CanonicalPath, Mistakes, Node};
use portcullis_http::{Head, HeaderMap};

use crate::{Auth, Decision, Missing, NoHostCheck, Pass, Reason, Trust};

pub(super) const NOW: Duration = Duration::from_secs(1_700_000_000);
pub(super) const SECRET: &[u8] = b"a secret of thirty-two bytes, no less";

/// A compiled section and a worker's trust in it.
pub(super) struct Gate {
    pub(super) auth: Auth,
    pub(super) trust: Trust,
    pub(super) now: Duration,
}

/// A decision, and the request after it.
pub(super) struct Decided {
    pub(super) decision: Decision,
    pub(super) request: Head,
}

pub(super) fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The key set's JSON with the secret under `kid`.
pub(super) fn jwks(kid: &str, secret: &[u8]) -> String {
    format!(r#"{{"keys":[{{"kty":"oct","kid":"{kid}","k":"{}"}}]}}"#, base64(secret))
}

pub(super) fn compile(members: &str) -> (Auth, Trust, Mistakes) {
    let text = format!("{{{members}}}");
    let mut mistakes = Mistakes::default();
    let node = Node::root(&text, &mut mistakes).unwrap();
    let config = AuthConfig::read(&node, &mut mistakes).unwrap();
    let (auth, trust) = Auth::compile(&config, &[], &mut mistakes);
    (auth, trust, mistakes)
}

impl Gate {
    /// A gate with an inline secret, and these members of the section beside it.
    pub(super) fn with(members: &str) -> Self {
        Self::of(&format!(r#""jwks":{}{members}"#, jwks("k", SECRET)))
    }

    /// A gate with these members of the section.
    pub(super) fn of(members: &str) -> Self {
        let (auth, trust, mistakes) = compile(members);
        assert_eq!(mistakes.to_string(), "", "{members}");
        Self { auth, trust, now: NOW }
    }

    pub(super) fn decide(&mut self, method: &str, target: &str, headers: &[(&str, &str)]) -> Decided {
        let mut pairs = vec![(":method", method), (":path", target)];
        pairs.extend(headers);
        let mut request = Head::new(HeaderMap::from_pairs(&pairs));
        let path = CanonicalPath::of(target.as_bytes());
        let decision = self.auth.decide(&mut request, &path, &mut self.trust, &NoHostCheck, self.now);
        Decided { decision, request }
    }

    /// Decides about a GET with this bearer token.
    pub(super) fn show(&mut self, token: &str) -> Decided {
        self.decide("GET", "/", &[("authorization", &format!("Bearer {token}"))])
    }

    /// The reason for which a token with these claims is refused.
    pub(super) fn refuses(&mut self, claims: &str) -> Option<Reason> {
        self.show(&token(claims)).reason()
    }
}

impl Decided {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.request.get(name).map(|value| std::str::from_utf8(value).unwrap())
    }

    pub(super) fn reason(&self) -> Option<Reason> {
        match &self.decision {
            Decision::Refuse(reason) => Some(reason.clone()),
            Decision::Pass(_) => None,
            Decision::NeedKeys(need) => panic!("{need:?}"),
        }
    }

    pub(super) fn pass(&self) -> Option<&Pass> {
        match &self.decision {
            Decision::Pass(pass) => Some(pass),
            _ => None,
        }
    }

    pub(super) fn is_verified(&self) -> bool {
        matches!(self.pass(), Some(Pass::Verified { .. }))
    }

    pub(super) fn missing(&self) -> Option<Missing> {
        match &self.decision {
            Decision::NeedKeys(need) => Some(need.missing),
            _ => None,
        }
    }
}

/// A token with these claims, made with the secret, that does not expire in these tests.
pub(super) fn token(claims: &str) -> String {
    let claims = claims.replacen('{', r#"{"exp":1800000000,"#, 1).replace(",}", "}");
    sign(r#"{"alg":"HS256","kid":"k"}"#, &claims, SECRET)
}

/// A token of this header and payload, made with HMAC and SHA-256.
pub(super) fn sign(header: &str, payload: &str, secret: &[u8]) -> String {
    let input = format!("{}.{}", base64(header), base64(payload));
    let tag = hmac_sha256::HMAC::mac(&input, secret);
    format!("{input}.{}", base64(tag))
}
