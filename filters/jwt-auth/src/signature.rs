//! Whether a key made a signature: the host's answer where it has one, and the module's own where not.
//!
//! Both verifiers give one verdict, because whatever they might see differently is settled before either is asked: which
//! keys are keys ([`crate::key`]), how long a signature is, and which numbers an ECDSA signature may hold.

mod ecdsa;
mod own;

use crate::algorithm::{Algorithm, Hash};
use crate::key::{Key, Material};

/// The host's verifier, if there is one.
pub trait SignatureCheck {
    /// Whether `signature` is `key`'s on `message`, hashed with `hash`; `None` without a clear answer.
    ///
    /// `key` is a SubjectPublicKeyInfo in DER. With an RSA key the signature is PKCS #1 v1.5, with a key on a curve it
    /// is an `ECDSA-Sig-Value` in DER (RFC 3279, section 2.2.3).
    fn verify(&self, hash: Hash, key: &[u8], message: &[u8], signature: &[u8]) -> Option<bool>;
}

/// A host without a verifier.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHostCheck;

impl SignatureCheck for NoHostCheck {
    fn verify(&self, _: Hash, _: &[u8], _: &[u8], _: &[u8]) -> Option<bool> {
        None
    }
}

impl Key {
    /// Whether this key made `signature` on `message` with `algorithm`. Never with an algorithm that is not the key's.
    pub fn verifies(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
        host: &dyn SignatureCheck,
    ) -> bool {
        if !self.is_for(algorithm) {
            return false;
        }
        match (algorithm, self.material()) {
            (Algorithm::Rs(hash), Material::Rsa(key)) => host
                .verify(hash, key.spki(), message, signature)
                .unwrap_or_else(|| own::rsa_pkcs1(key, hash, message, signature)),
            (Algorithm::Ps(hash), Material::Rsa(key)) => own::rsa_pss(key, hash, message, signature),
            (Algorithm::Es(curve), Material::Ec(key)) if key.curve() == curve => {
                let Some(der) = ecdsa::to_der(curve, signature) else {
                    return false;
                };
                host.verify(curve.hash(), key.spki(), message, &der)
                    .unwrap_or_else(|| own::ecdsa(key, message, signature))
            }
            (Algorithm::EdDsa, Material::Ed25519(key)) => own::ed25519(key, message, signature),
            (Algorithm::Hs(hash), Material::Secret(secret)) => own::hmac(secret, hash, message, signature),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
