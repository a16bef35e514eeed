//! One key of a key set (RFC 7517), bound to the algorithms that it may be used with.
//!
//! What a key is good for is settled here, once, from the key alone; nothing that a token says widens it.

mod ec;
mod fault;
mod rsa;
mod symmetric;

use std::borrow::Cow;

use crate::algorithm::{Algorithm, AlgorithmSet};
use crate::base64url;
use crate::object::{self, Object};

pub(crate) use ec::{EcKey, Point};
pub use fault::KeyFault;
pub(crate) use rsa::RsaKey;
pub(crate) use symmetric::Secret;

/// A key that can verify signatures.
#[derive(Debug)]
pub struct Key {
    kid: Option<String>,
    algorithms: AlgorithmSet,
    material: Material,
}

/// What the cryptography needs.
#[derive(Debug)]
pub(crate) enum Material {
    Rsa(Box<RsaKey>),
    Ec(Box<EcKey>),
    Ed25519(ed25519_compact::PublicKey),
    Secret(Secret),
}

/// Where a key set came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It stands in the document. Only such a set may hold secrets.
    Inline,
    /// It was fetched: what it holds, others have read.
    Fetched,
}

impl Key {
    /// Reads a JWK; `allowed` are the algorithms that the document allows.
    pub fn read(json: &str, origin: Origin, allowed: AlgorithmSet) -> Result<Self, KeyFault> {
        let jwk = Object::parse(json).map_err(KeyFault::NotAnObject)?;
        let kid = optional_text(&jwk, "kid")?.map(Cow::into_owned);
        check_purpose(&jwk)?;
        let (material, fitting) = read_material(&jwk, origin)?;
        let algorithms = bound_algorithms(&jwk, fitting)?.and(allowed);
        if algorithms.is_empty() {
            return Err(KeyFault::NotAllowed);
        }
        Ok(Self { kid, algorithms, material })
    }

    /// Its name in the key set.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Whether it may be used with `algorithm`.
    #[must_use]
    pub fn is_for(&self, algorithm: Algorithm) -> bool {
        self.algorithms.holds(algorithm)
    }

    pub(crate) fn material(&self) -> &Material {
        &self.material
    }

    /// Whether the other is this key again, as in a key set that was fetched anew.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.kid == other.kid && self.algorithms == other.algorithms && self.material.is_same(&other.material)
    }
}

impl Material {
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Rsa(a), Self::Rsa(b)) => a.spki() == b.spki(),
            (Self::Ec(a), Self::Ec(b)) => a.spki() == b.spki(),
            (Self::Ed25519(a), Self::Ed25519(b)) => a == b,
            (Self::Secret(a), Self::Secret(b)) => a == b,
            _ => false,
        }
    }
}

/// A key for encryption verifies nothing (RFC 7517, sections 4.2 and 4.3).
fn check_purpose(jwk: &Object<'_>) -> Result<(), KeyFault> {
    if optional_text(jwk, "use")?.is_some_and(|purpose| purpose != "sig") {
        return Err(KeyFault::NotForSignatures);
    }
    let Some(operations) = jwk.get("key_ops") else {
        return Ok(());
    };
    let malformed = KeyFault::Malformed { member: "key_ops" };
    let operations = object::items_of(operations).ok_or(malformed)?;
    let mut names = operations.into_iter().map(object::text_of);
    if names.any(|name| name.as_deref() == Some("verify")) {
        return Ok(());
    }
    Err(KeyFault::NotForSignatures)
}

/// The material, and the algorithms that fit it.
fn read_material(jwk: &Object<'_>, origin: Origin) -> Result<(Material, AlgorithmSet), KeyFault> {
    let kind = optional_text(jwk, "kty")?.ok_or(KeyFault::Missing { member: "kty" })?;
    match &*kind {
        "RSA" => RsaKey::read(jwk).map(|(key, fitting)| (Material::Rsa(Box::new(key)), fitting)),
        "EC" => EcKey::read(jwk).map(|(key, fitting)| (Material::Ec(Box::new(key)), fitting)),
        "OKP" => symmetric::read_ed25519(jwk).map(|(key, fitting)| (Material::Ed25519(key), fitting)),
        "oct" if origin == Origin::Fetched => Err(KeyFault::SecretFetched),
        "oct" => Secret::read(jwk).map(|(key, fitting)| (Material::Secret(key), fitting)),
        _ => Err(KeyFault::UnknownType),
    }
}

/// `alg` narrows what fits to one; without it the key's own kind is the bound (RFC 7517, section 4.4).
fn bound_algorithms(jwk: &Object<'_>, fitting: AlgorithmSet) -> Result<AlgorithmSet, KeyFault> {
    let Some(name) = optional_text(jwk, "alg")? else {
        return if fitting.is_empty() { Err(KeyFault::SecretTooShort) } else { Ok(fitting) };
    };
    let algorithm = Algorithm::parse(&name).ok_or(KeyFault::UnknownAlgorithm)?;
    match (fitting.holds(algorithm), algorithm) {
        (true, _) => Ok([algorithm].into_iter().collect()),
        (false, Algorithm::Hs(_)) if is_secret(jwk) => Err(KeyFault::SecretTooShort),
        (false, _) => Err(KeyFault::AlgorithmOfOtherType),
    }
}

fn is_secret(jwk: &Object<'_>) -> bool {
    jwk.text("kty").as_deref() == Some("oct")
}

fn optional_text<'a>(jwk: &Object<'a>, member: &'static str) -> Result<Option<Cow<'a, str>>, KeyFault> {
    let Some(value) = jwk.get(member) else {
        return Ok(None);
    };
    object::text_of(value).map(Some).ok_or(KeyFault::Malformed { member })
}

/// The bytes of a member that must be there, in base64url.
fn bytes(jwk: &Object<'_>, member: &'static str) -> Result<Vec<u8>, KeyFault> {
    let text = optional_text(jwk, member)?.ok_or(KeyFault::Missing { member })?;
    base64url::decode(text.as_bytes()).ok_or(KeyFault::Malformed { member })
}

#[cfg(test)]
mod tests;
