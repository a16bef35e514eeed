//! Tokens for tests: good ones, and ones that are wrong in exactly one way.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use crate::keys::{Alg, Key, base64url};

/// The issuer of the sample document.
pub const ISSUER: &str = "https://auth.example.com";
/// The audience of the sample document.
pub const AUDIENCE: &str = "api.example.com";

/// A token before it is signed. [`Token::default`] is good for the sample document for an hour.
#[derive(Debug, Clone)]
pub struct Token {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    key: Key,
}

impl Default for Token {
    fn default() -> Token {
        Token::by(Key::of(Alg::Rs256))
    }
}

impl Token {
    /// A good token signed by this key.
    pub fn by(key: Key) -> Token {
        let header = json!({ "alg": key.alg.name(), "typ": "JWT", "kid": key.kid });
        let claims = json!({
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "usr_8a3f",
            "role": "customer",
            "iat": now(),
            "exp": now() + 3600,
        });
        Token { header: members(header), claims: members(claims), key }
    }

    /// A good token of this subject.
    pub fn of(subject: &str) -> Token {
        Token::default().claim("sub", subject)
    }

    /// Sets a claim.
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Token {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// Leaves a claim out.
    pub fn without(mut self, name: &str) -> Token {
        self.claims.remove(name);
        self
    }

    /// Sets a member of the header.
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Token {
        self.header.insert(name.to_owned(), value.into());
        self
    }

    /// Leaves a member of the header out.
    pub fn without_header(mut self, name: &str) -> Token {
        self.header.remove(name);
        self
    }

    /// Expired an hour ago.
    pub fn expired(self) -> Token {
        self.claim("iat", now() - 7200).claim("exp", now() - 3600)
    }

    /// Ends this long from now.
    pub fn ending_in(self, time: Duration) -> Token {
        self.claim("exp", now() + time.as_secs())
    }

    /// For somebody else.
    pub fn for_another_audience(self) -> Token {
        self.claim("aud", "other.example.com")
    }

    /// By somebody else.
    pub fn from_another_issuer(self) -> Token {
        self.claim("iss", "https://evil.example.com")
    }

    /// Signed by a key that only calls itself the right one.
    pub fn forged(self) -> Token {
        Token { key: Key::stranger(), ..self }
    }

    /// The compact serialization, signed.
    pub fn mint(&self) -> String {
        let text = self.signing_input();
        let signature = self.key.sign(text.as_bytes());
        format!("{text}.{}", base64url(&signature))
    }

    /// With nothing behind the last dot, as `alg: none` wants it.
    pub fn unsigned(&self) -> String {
        format!("{}.", self.signing_input())
    }

    /// Signed, then another payload put in.
    pub fn tampered(&self) -> String {
        let signed = self.mint();
        let signature = signed.rsplit('.').next().unwrap_or_default();
        let other = self.clone().claim("role", "admin");
        format!("{}.{signature}", other.signing_input())
    }

    fn signing_input(&self) -> String {
        let part =
            |members: &Map<String, Value>| base64url(Value::Object(members.clone()).to_string().as_bytes());
        format!("{}.{}", part(&self.header), part(&self.claims))
    }
}

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
