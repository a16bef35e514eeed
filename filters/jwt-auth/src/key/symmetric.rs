//! Keys that are mere bytes: secrets (RFC 7518, section 6.4), and Ed25519's points (RFC 8037, section 2).

use std::fmt;

use super::{KeyFault, bytes, optional_text};
use crate::algorithm::{Algorithm, AlgorithmSet, Hash};
use crate::object::Object;

/// A secret of HMAC.
#[derive(PartialEq, Eq)]
pub(crate) struct Secret(Vec<u8>);

impl Secret {
    /// With it come the algorithms whose hash is no longer than it is; there may be none.
    pub(super) fn read(jwk: &Object<'_>) -> Result<(Self, AlgorithmSet), KeyFault> {
        let secret = bytes(jwk, "k")?;
        let length = secret.len();
        let fitting = Hash::ALL.into_iter().filter(|hash| hash.bytes() <= length);
        Ok((Self(secret), fitting.map(Algorithm::Hs).collect()))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A secret is not for logs.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Reads a key of Ed25519; a point of small order would verify signatures that nobody made.
pub(super) fn read_ed25519(jwk: &Object<'_>) -> Result<(ed25519_compact::PublicKey, AlgorithmSet), KeyFault> {
    let curve = optional_text(jwk, "crv")?.ok_or(KeyFault::Missing { member: "crv" })?;
    if curve != "Ed25519" {
        return Err(KeyFault::UnknownCurve);
    }
    let key = ed25519_compact::PublicKey::from_slice(&bytes(jwk, "x")?);
    let key = key.map_err(|_| KeyFault::Malformed { member: "x" })?;
    key.validate().map_err(|_| KeyFault::NotOnCurve)?;
    Ok((key, [Algorithm::EdDsa].into_iter().collect()))
}
