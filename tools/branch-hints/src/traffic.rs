//! What goes through a module in its rehearsal: the sample document's kind of traffic, none of it refused.
//!
//! It is what most requests of most gateways are: tokens that were seen before and tokens that were not, plain forwarding, a page made of
//! three services, an answer with fields taken out, a path that needs no token. What is not here gets no hint and loses nothing but place.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::rehearsal::Message;

/// How an exchange has to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The request goes on to its service.
    Passes,
    /// The module answers it.
    IsAnswered,
}

/// A request, and what comes back to it.
pub(crate) struct Exchange {
    pub(crate) request: Message,
    /// What its service answers, where it gets there.
    pub(crate) answer: Message,
    pub(crate) end: End,
    /// Whether the module rewrites the answer.
    pub(crate) is_rewritten: bool,
}

impl Exchange {
    /// The answer to a call that is made for it.
    pub(crate) fn answer_to(&self, path: &str) -> Message {
        let body = if path.starts_with("/orders") { json!({"items": users(4)}) } else { users(3) };
        answer(&body)
    }
}

/// The traffic of one module.
pub(crate) struct Traffic {
    sections: &'static [&'static str],
}

const ISSUER: &str = "https://auth.example.com";
const ALGORITHMS: [&str; 2] = ["RS256", "ES256"];

impl Traffic {
    /// By the name of the module's file; `None` where it is none of ours.
    pub(crate) fn for_module(name: &str) -> Option<Self> {
        let sections: &'static [&'static str] = match name {
            "gateway" => &["auth", "rate_limiting", "aggregations", "transformations"],
            "jwt_auth" => &["auth"],
            "rate_limit" => &["rate_limiting"],
            "aggregate" => &["aggregations"],
            "transform" => &["transformations"],
            _ => return None,
        };
        Some(Self { sections })
    }

    fn has(&self, section: &str) -> bool {
        self.sections.contains(&section)
    }

    /// The document, with the sections that the module reads.
    pub(crate) fn document(&self) -> Value {
        let mut document = whole_document();
        let members = document.as_object_mut().into_iter();
        members.for_each(|members| members.retain(|key, _| key == "headers_wait" || self.has(key)));
        document
    }

    /// The exchanges of a round. Half of the tokens come in every round, the others in one.
    pub(crate) fn exchanges(&self, round: u64) -> Vec<Exchange> {
        let mut exchanges = Vec::new();
        for algorithm in ALGORITHMS {
            for token in [token(algorithm, 0), token(algorithm, round + 1)] {
                exchanges.extend(PATHS.map(|path| self.exchange(path, Some(&token))));
            }
        }
        exchanges.push(self.exchange("/api/health", None));
        exchanges
    }

    fn exchange(&self, path: &str, token: Option<&str>) -> Exchange {
        let is_page = path == PAGE && self.has("aggregations");
        Exchange {
            request: self.request(path, token),
            answer: answer(&json!({"users": users(12)})),
            end: if is_page { End::IsAnswered } else { End::Passes },
            is_rewritten: path == USER && self.has("transformations"),
        }
    }

    /// Without authentication in the module, a filter before it has written the identity.
    fn request(&self, path: &str, token: Option<&str>) -> Message {
        let authorization = token.map(|token| format!("Bearer {token}")).unwrap_or_default();
        let mut headers = vec![
            (":authority", "api.example.com"),
            (":path", path),
            (":method", "GET"),
            (":scheme", "https"),
            ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
            ("accept", "application/json"),
            ("accept-encoding", "gzip, deflate, br"),
            ("x-forwarded-proto", "https"),
            ("x-request-id", "6f3c1d3e-7c0f-4b7e-9d57-1f3c6f1f2a11"),
        ];
        headers.extend(token.map(|_| ("authorization", authorization.as_str())));
        headers.extend((!self.has("auth")).then_some(("x-user-id", "usr_7")));
        Message::new(&headers, Vec::new())
    }
}

/// The page that is made of several services.
const PAGE: &str = "/api/home";
/// What has its fields taken out.
const USER: &str = "/api/users/usr_7";
const PATHS: [&str; 4] = ["/api/orders/7", PAGE, USER, "/api/products?category=books&page=2"];

fn whole_document() -> Value {
    json!({
        "auth": {
            "type": "jwt", "jwks": key_set(), "issuer": ISSUER, "audiences": ["api.example.com"],
            "exclude_paths": ["/api/health", "/api/auth/login", "/api/auth/register"],
        },
        "rate_limiting": {
            "default": {"requests_per_second": 1_000_000, "burst": 1_000_000, "key": "header:X-User-Id"},
            "overrides": [{"path": "/api/health", "requests_per_second": 1_000_000, "key": "client_ip"}],
        },
        "aggregations": [{"path": PAGE, "parts": [
            {"name": "user", "cluster": "users", "path": "/users/{header.X-User-Id}"},
            {"name": "recent_orders", "cluster": "orders", "path": "/orders?user={header.X-User-Id}&limit=3", "pick": "$.items"},
            {"name": "recommendations", "cluster": "products", "path": "/recommendations", "required": false},
        ]}],
        "transformations": [{"path": "/api/users/**", "response": {
            "remove_fields": ["internal_id", "db_shard", "feature_flags", "created_by_admin"],
            "rename_fields": {"email_address": "email"},
        }}],
        "headers_wait": true,
    })
}

/// Two keys that are on their curve and large enough, which is all that is asked of them before they verify anything.
fn key_set() -> Value {
    let modulus = URL_SAFE_NO_PAD.encode([0xc5; 256]);
    json!({"keys": [
        {"kty": "RSA", "kid": "RS256", "alg": "RS256", "use": "sig", "n": modulus, "e": "AQAB"},
        // RFC 7515, appendix A.3.
        {"kty": "EC", "kid": "ES256", "alg": "ES256", "use": "sig", "crv": "P-256",
         "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
    ]})
}

/// A token of user `number`, whose signature is none: the host of a rehearsal takes it for good.
fn token(algorithm: &str, number: u64) -> String {
    let header = json!({"alg": algorithm, "typ": "JWT", "kid": algorithm});
    let claims = json!({
        "iss": ISSUER, "sub": format!("usr_{number}"), "aud": "api.example.com", "role": "customer",
        "iat": 1_740_000_000, "exp": 4_102_444_800_u64, "jti": format!("{number:08}"),
    });
    let signature = if algorithm == "RS256" { vec![0x5a; 256] } else { vec![0x5a; 64] };
    let parts = [header.to_string().into_bytes(), claims.to_string().into_bytes(), signature];
    parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
}

fn answer(body: &Value) -> Message {
    let body = body.to_string().into_bytes();
    let length = body.len().to_string();
    let headers = [
        (":status", "200"),
        ("content-type", "application/json"),
        ("content-length", length.as_str()),
        ("date", "Mon, 16 Jun 2025 10:00:00 GMT"),
        ("x-envoy-upstream-service-time", "3"),
        ("server", "envoy"),
    ];
    Message::new(&headers, body)
}

/// What services answer: names that are not ASCII, escapes, numbers of every kind, objects in objects.
fn users(count: u32) -> Value {
    let user = |number: u32| {
        json!({
            "id": format!("usr_{number}"), "internal_id": 1_099_511_627_776_u64 + u64::from(number),
            "name": "Chloé Dübel", "email_address": format!("user{number}@example.com"), "db_shard": "eu-7",
            "address": {"city": "Zürich", "zip": "08001", "db_shard": "geo-2"}, "balance": -12.5e2,
            "feature_flags": {"beta": true, "cohorts": ["a", "b7"]}, "created_by_admin": false,
            "bio": "Likes \"quotes\", back\\slashes\nand long walks. Likes long walks, and little else.",
            "tags": ["one", "two"], "active": true, "manager": null,
        })
    };
    (0..count).map(user).collect()
}
