//! The fixed keys of `tests/fixtures/keys`: what tokens are signed with, and the JWK of each.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RsaEncoding, RsaKeyPair,
};
use aws_lc_rs::{hmac, rsa};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// A JWS algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are RFC 7518's and RFC 8037's")]
pub enum Alg {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    Es512,
    EdDsa,
    Hs256,
    Hs384,
    Hs512,
}

impl Alg {
    /// Every algorithm there is a key for.
    pub const ALL: [Alg; 13] = [
        Alg::Rs256,
        Alg::Rs384,
        Alg::Rs512,
        Alg::Ps256,
        Alg::Ps384,
        Alg::Ps512,
        Alg::Es256,
        Alg::Es384,
        Alg::Es512,
        Alg::EdDsa,
        Alg::Hs256,
        Alg::Hs384,
        Alg::Hs512,
    ];

    /// As a token's `alg` spells it.
    pub fn name(self) -> &'static str {
        match self {
            Alg::Rs256 => "RS256",
            Alg::Rs384 => "RS384",
            Alg::Rs512 => "RS512",
            Alg::Ps256 => "PS256",
            Alg::Ps384 => "PS384",
            Alg::Ps512 => "PS512",
            Alg::Es256 => "ES256",
            Alg::Es384 => "ES384",
            Alg::Es512 => "ES512",
            Alg::EdDsa => "EdDSA",
            Alg::Hs256 => "HS256",
            Alg::Hs384 => "HS384",
            Alg::Hs512 => "HS512",
        }
    }

    /// Read as it is spelled.
    pub fn named(name: &str) -> Option<Alg> {
        Alg::ALL.into_iter().find(|alg| alg.name().eq_ignore_ascii_case(name))
    }
}

/// A signing key: its name in the key set, its one algorithm, and the secret itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The key's `kid`.
    pub kid: String,
    /// The algorithm that it signs with.
    pub alg: Alg,
    pem: &'static str,
}

const RSA: &str = include_str!("../../fixtures/keys/rsa.pem");
const RSA_NEXT: &str = include_str!("../../fixtures/keys/rsa-next.pem");
const RSA_STRANGER: &str = include_str!("../../fixtures/keys/rsa-stranger.pem");
const P256: &str = include_str!("../../fixtures/keys/p256.pem");
const P256_NEXT: &str = include_str!("../../fixtures/keys/p256-next.pem");
const P384: &str = include_str!("../../fixtures/keys/p384.pem");
const P521: &str = include_str!("../../fixtures/keys/p521.pem");
const ED25519: &str = include_str!("../../fixtures/keys/ed25519.pem");
const HMAC: &str = include_str!("../../fixtures/keys/hmac.b64");

impl Key {
    /// The key of an algorithm; its `kid` is the algorithm's name in lower case.
    pub fn of(alg: Alg) -> Key {
        let pem = match alg {
            Alg::Rs256 | Alg::Rs384 | Alg::Rs512 | Alg::Ps256 | Alg::Ps384 | Alg::Ps512 => RSA,
            Alg::Es256 => P256,
            Alg::Es384 => P384,
            Alg::Es512 => P521,
            Alg::EdDsa => ED25519,
            Alg::Hs256 | Alg::Hs384 | Alg::Hs512 => HMAC,
        };
        Key { kid: alg.name().to_ascii_lowercase(), alg, pem }
    }

    /// The RSA key that a rotation brings.
    pub fn next() -> Key {
        Key { kid: "rs256-next".to_owned(), alg: Alg::Rs256, pem: RSA_NEXT }
    }

    /// The EC key that a rotation brings.
    pub fn next_ec() -> Key {
        Key { kid: "es256-next".to_owned(), alg: Alg::Es256, pem: P256_NEXT }
    }

    /// A key that calls itself the RS256 key and is not.
    pub fn stranger() -> Key {
        Key { kid: "rs256".to_owned(), alg: Alg::Rs256, pem: RSA_STRANGER }
    }

    /// The same key under another name.
    pub fn named(self, kid: &str) -> Key {
        Key { kid: kid.to_owned(), ..self }
    }

    /// What a key set publishes of it. The secret itself for HMAC: for inline sets only.
    pub fn jwk(&self) -> Value {
        let mut jwk = self.public_members();
        jwk["kid"] = json!(self.kid);
        jwk["alg"] = json!(self.alg.name());
        jwk["use"] = json!("sig");
        jwk
    }

    /// The secret, for tests of keys that are taken for another kind.
    pub fn secret_bytes(&self) -> Vec<u8> {
        match self.alg {
            Alg::Hs256 | Alg::Hs384 | Alg::Hs512 => {
                URL_SAFE_NO_PAD.decode(self.pem.trim()).expect("a fixture")
            }
            _ => der(self.pem),
        }
    }

    fn public_members(&self) -> Value {
        match self.alg {
            Alg::Hs256 | Alg::Hs384 | Alg::Hs512 => json!({ "kty": "oct", "k": self.pem.trim() }),
            Alg::EdDsa => {
                let pair =
                    Ed25519KeyPair::from_pkcs8_maybe_unchecked(&self.secret_bytes()).expect("a fixture");
                json!({ "kty": "OKP", "crv": "Ed25519", "x": base64url(pair.public_key().as_ref()) })
            }
            Alg::Es256 => self.ec_members("P-256", &signature::ECDSA_P256_SHA256_FIXED_SIGNING),
            Alg::Es384 => self.ec_members("P-384", &signature::ECDSA_P384_SHA384_FIXED_SIGNING),
            Alg::Es512 => self.ec_members("P-521", &signature::ECDSA_P521_SHA512_FIXED_SIGNING),
            _ => {
                let public = self.rsa_pair().public_key().clone();
                let n = base64url(public.modulus().big_endian_without_leading_zero());
                let e = base64url(public.exponent().big_endian_without_leading_zero());
                json!({ "kty": "RSA", "n": n, "e": e })
            }
        }
    }

    fn ec_members(&self, curve: &str, algorithm: &'static EcdsaSigningAlgorithm) -> Value {
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, &self.secret_bytes()).expect("a fixture");
        // An uncompressed point: 4, then x and y of one length.
        let point = &pair.public_key().as_ref()[1..];
        let (x, y) = point.split_at(point.len() / 2);
        json!({ "kty": "EC", "crv": curve, "x": base64url(x), "y": base64url(y) })
    }

    fn rsa_pair(&self) -> RsaKeyPair {
        rsa::KeyPair::from_pkcs8(&self.secret_bytes()).expect("a fixture")
    }

    pub(crate) fn sign(&self, text: &[u8]) -> Vec<u8> {
        match self.alg {
            Alg::Rs256 => self.sign_rsa(&signature::RSA_PKCS1_SHA256, text),
            Alg::Rs384 => self.sign_rsa(&signature::RSA_PKCS1_SHA384, text),
            Alg::Rs512 => self.sign_rsa(&signature::RSA_PKCS1_SHA512, text),
            Alg::Ps256 => self.sign_rsa(&signature::RSA_PSS_SHA256, text),
            Alg::Ps384 => self.sign_rsa(&signature::RSA_PSS_SHA384, text),
            Alg::Ps512 => self.sign_rsa(&signature::RSA_PSS_SHA512, text),
            Alg::Es256 => self.sign_ec(&signature::ECDSA_P256_SHA256_FIXED_SIGNING, text),
            Alg::Es384 => self.sign_ec(&signature::ECDSA_P384_SHA384_FIXED_SIGNING, text),
            Alg::Es512 => self.sign_ec(&signature::ECDSA_P521_SHA512_FIXED_SIGNING, text),
            Alg::EdDsa => {
                let pair =
                    Ed25519KeyPair::from_pkcs8_maybe_unchecked(&self.secret_bytes()).expect("a fixture");
                pair.sign(text).as_ref().to_vec()
            }
            Alg::Hs256 => self.sign_hmac(hmac::HMAC_SHA256, text),
            Alg::Hs384 => self.sign_hmac(hmac::HMAC_SHA384, text),
            Alg::Hs512 => self.sign_hmac(hmac::HMAC_SHA512, text),
        }
    }

    fn sign_rsa(&self, padding: &'static dyn RsaEncoding, text: &[u8]) -> Vec<u8> {
        let pair = self.rsa_pair();
        let mut signed = vec![0; pair.public_modulus_len()];
        pair.sign(padding, &SystemRandom::new(), text, &mut signed).expect("a fixture signs");
        signed
    }

    fn sign_ec(&self, algorithm: &'static EcdsaSigningAlgorithm, text: &[u8]) -> Vec<u8> {
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, &self.secret_bytes()).expect("a fixture");
        pair.sign(&SystemRandom::new(), text).expect("a fixture signs").as_ref().to_vec()
    }

    fn sign_hmac(&self, algorithm: hmac::Algorithm, text: &[u8]) -> Vec<u8> {
        hmac::sign(&hmac::Key::new(algorithm, &self.secret_bytes()), text).as_ref().to_vec()
    }
}

/// The JWK set of these keys.
pub fn key_set(keys: &[Key]) -> Value {
    json!({ "keys": keys.iter().map(Key::jwk).collect::<Vec<_>>() })
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn der(pem: &str) -> Vec<u8> {
    let text: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(text).expect("a fixture is PEM")
}
