//! Key sets and tokens in the shapes that identity providers give them: what stands in them beside the keys and the claims
//! that count does no harm.
//!
//! The members are those of each provider; keys and names are ours.

use portcullis_jwt_auth::{AlgorithmSet, KeySet, NoHostCheck, Origin};
use serde_json::{Value, json};
use services::{Alg, Key, Token};

use crate::gate::Gate;

/// What a provider's key says beside its numbers, what else stands in its key set, and what its tokens say.
struct Shape {
    name: &'static str,
    alg: Alg,
    key: Value,
    others: Vec<Value>,
    header: Value,
    claims: Value,
}

fn shape(name: &'static str, alg: Alg, key: Value, header: Value, claims: Value) -> Shape {
    Shape { name, alg, key, others: vec![], header, claims }
}

fn merged(mut into: Value, more: &Value) -> Value {
    for (member, value) in more.as_object().unwrap() {
        into[member] = value.clone();
    }
    into
}

/// The numbers of a key of ours, bare.
fn numbers(alg: Alg) -> Value {
    let mut jwk = Key::of(alg).jwk();
    let members = jwk.as_object_mut().unwrap();
    members.retain(|member, _| ["kty", "crv", "n", "e", "x", "y"].contains(&member.as_str()));
    jwk
}

fn shapes() -> Vec<Shape> {
    let mut shapes = with_certificates();
    shapes.extend(with_odd_members());
    shapes.extend(with_strangers());
    shapes
}

/// Keys that come with their certificates, and headers that point at these.
fn with_certificates() -> Vec<Shape> {
    vec![
        shape(
            "Auth0",
            Alg::Rs256,
            json!({ "alg": "RS256", "use": "sig", "kid": "MUI4", "x5t": "NjVB", "x5c": ["MIIC"] }),
            json!({ "typ": "JWT" }),
            json!({ "sub": "auth0|5f7c", "aud": ["https://api", "https://t.auth0.com/userinfo"], "azp": "c",
                "permissions": ["read:x"], "https://example.com/roles": ["a"], "gty": "password" }),
        ),
        shape(
            "Azure AD",
            Alg::Rs256,
            json!({ "use": "sig", "kid": "-KI3", "x5t": "-KI3", "x5c": ["MIIC"], "cloud_instance_name": "microsoftonline.com",
                "issuer": "https://login.microsoftonline.com/{tenantid}/v2.0" }),
            json!({ "typ": "JWT", "x5t": "-KI3" }),
            json!({ "aud": "api://x", "nbf": 1_749_999_000, "amr": ["pwd"], "scp": "a b", "roles": ["R"], "tid": "t",
                "ver": "1.0", "xms_st": { "sub": "x" } }),
        ),
        shape(
            "AD FS",
            Alg::Rs256,
            json!({ "use": "sig", "alg": "RS256", "kid": "oJ", "x5t": "oJ", "x5c": ["MIIC"] }),
            json!({ "typ": "JWT", "x5t": "oJ" }),
            json!({ "aud": "microsoft:identityserver:x", "auth_time": "2025-06-15T15:00:00.000Z", "scp": "openid" }),
        ),
    ]
}

/// Keys and tokens with members that other providers have no use for.
fn with_odd_members() -> Vec<Shape> {
    vec![
        shape(
            "Azure AD B2C",
            Alg::Rs256,
            json!({ "kid": "X5eX", "nbf": 1_493_763_266, "use": "sig" }),
            json!({ "typ": "JWT" }),
            json!({ "tfp": "B2C_1", "emails": ["a@b"], "nbf": 1_750_000_000 }),
        ),
        shape(
            "Firebase",
            Alg::Rs256,
            json!({ "alg": "RS256", "use": "sig", "kid": "f83" }),
            json!({ "typ": "JWT" }),
            json!({ "user_id": "u", "firebase": { "identities": { "email": ["a@b"] }, "sign_in_provider": "password" } }),
        ),
        shape(
            "Supabase",
            Alg::Es256,
            json!({ "alg": "ES256", "kid": "sb", "ext": true, "key_ops": ["verify"] }),
            json!({ "typ": "JWT" }),
            json!({ "aud": "authenticated", "role": "authenticated", "amr": [{ "method": "password", "timestamp": 1 }] }),
        ),
        shape(
            "Oracle",
            Alg::Rs256,
            json!({ "alg": "RS256", "kid": "SIGNING_KEY", "key_ops": ["encrypt", "verify", "wrapKey"] }),
            json!({}),
            json!({ "sub": "u" }),
        ),
        shape(
            "Cloud Foundry",
            Alg::Rs256,
            json!({ "alg": "RS256", "use": "sig", "kid": "key-1", "value": "-----BEGIN PUBLIC KEY-----\nMIIB" }),
            json!({ "jku": "https://uaa/token_keys" }),
            json!({ "rev_sig": "x", "zid": "uaa", "aud": ["a"] }),
        ),
        shape(
            "Okta",
            Alg::Rs256,
            json!({ "alg": "RS256", "use": "sig", "kid": "b1" }),
            json!({}),
            json!({ "ver": 1, "jti": "AT.x", "aud": "api://default", "scp": ["openid"], "sub": "me@example.com" }),
        ),
        shape(
            "Cognito",
            Alg::Rs256,
            json!({ "alg": "RS256", "use": "sig", "kid": "uk/zv+XZ9=" }),
            json!({}),
            json!({ "cognito:groups": ["g"], "client_id": "c", "token_use": "access", "version": 2 }),
        ),
    ]
}

/// Sets in which keys for something else stand beside the one that counts, some of them under its name.
fn with_strangers() -> Vec<Shape> {
    let encrypting = merged(numbers(Alg::Rs256), &json!({ "alg": "RSA-OAEP", "use": "enc", "kid": "enc" }));
    let keycloak = shape(
        "Keycloak",
        Alg::Rs256,
        json!({ "alg": "RS256", "use": "sig", "kid": "FJ86", "x5t#S256": "x", "x5c": ["MIIC"] }),
        json!({ "typ": "JWT" }),
        json!({ "typ": "Bearer", "aud": "account", "acr": "1", "nbf": 0, "realm_access": { "roles": ["a"] },
            "resource_access": { "account": { "roles": ["m"] } }, "allowed-origins": ["/*"] }),
    );
    let pingam = shape(
        "PingAM",
        Alg::Ps256,
        json!({ "alg": "PS256", "use": "sig", "kid": "same" }),
        json!({}),
        json!({ "sub": "u" }),
    );
    let namesakes = vec![
        merged(numbers(Alg::Rs256), &json!({ "alg": "RS256", "use": "sig", "kid": "same" })),
        merged(numbers(Alg::Es256), &json!({ "alg": "ES256", "use": "sig", "kid": "same" })),
        json!({ "kty": "OKP", "crv": "Ed448", "x": "AA", "kid": "same" }),
        json!({ "kty": "AKP", "alg": "ML-DSA-44", "pub": "AA", "kid": "pq" }),
    ];
    vec![Shape { others: vec![encrypting], ..keycloak }, Shape { others: namesakes, ..pingam }]
}

impl Shape {
    fn keys(&self) -> Value {
        let mut keys = self.others.clone();
        keys.push(merged(numbers(self.alg), &self.key));
        Value::Array(keys)
    }

    fn token(&self) -> String {
        let token = Token::by(Key::of(self.alg)).claim("iat", 1_749_999_000).claim("exp", 1_800_000_000);
        let token = token.header("kid", self.key["kid"].clone());
        let members = |object: &Value| object.as_object().unwrap().clone().into_iter();
        let token = members(&self.header).fold(token, |token, (name, value)| token.header(&name, value));
        members(&self.claims).fold(token, |token, (name, value)| token.claim(&name, value)).mint()
    }
}

#[test]
fn the_tokens_of_identity_providers_pass() {
    for shape in shapes() {
        let mut gate = Gate::with_keys(&shape.keys());
        assert_eq!(gate.refuses(&shape.token(), &NoHostCheck), None, "{}", shape.name);
    }
}

#[test]
fn their_key_sets_are_used_but_for_the_keys_for_something_else() {
    for shape in shapes() {
        let set = json!({ "keys": shape.keys(), "public_cert": { "kid": "x" } }).to_string();
        let read = KeySet::read(set.as_bytes(), Origin::Fetched, AlgorithmSet::all()).unwrap();
        assert!(
            read.left_out.iter().all(|(at, _)| *at < shape.others.len()),
            "{}: {:?}",
            shape.name,
            read.left_out
        );
    }
}
