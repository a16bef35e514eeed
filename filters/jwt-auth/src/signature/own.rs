//! The module's own verifiers: what the host has no function for, and all of it where the host has none.

use p256::ecdsa::signature::hazmat::PrehashVerifier;
use rsa::{Pkcs1v15Sign, Pss};

use crate::algorithm::Hash;
use crate::key::{EcKey, Point, RsaKey, Secret};

/// `DigestInfo` up to the hash itself (RFC 8017, section 9.2, note 1).
const SHA256_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
    0x04, 0x20,
];
const SHA384_INFO: [u8; 19] = [
    0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00,
    0x04, 0x30,
];
const SHA512_INFO: [u8; 19] = [
    0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00,
    0x04, 0x40,
];

/// RSASSA-PKCS1-v1_5 (RFC 7518, section 3.3).
pub(super) fn rsa_pkcs1(key: &RsaKey, hash: Hash, message: &[u8], signature: &[u8]) -> bool {
    let info = match hash {
        Hash::Sha256 => SHA256_INFO,
        Hash::Sha384 => SHA384_INFO,
        Hash::Sha512 => SHA512_INFO,
    };
    let padding = Pkcs1v15Sign { hash_len: Some(hash.bytes()), prefix: Box::new(info) };
    key.public().verify(padding, &digest(hash, message), signature).is_ok()
}

/// RSASSA-PSS with a salt as long as the hash, and MGF1 over the same hash (RFC 7518, section 3.5).
pub(super) fn rsa_pss(key: &RsaKey, hash: Hash, message: &[u8], signature: &[u8]) -> bool {
    let padding = match hash {
        Hash::Sha256 => Pss::new::<hmac_sha256::Hash>(),
        Hash::Sha384 => Pss::new::<hmac_sha512::sha384::Hash>(),
        Hash::Sha512 => Pss::new::<hmac_sha512::Hash>(),
    };
    key.public().verify(padding, &digest(hash, message), signature).is_ok()
}

/// ECDSA (RFC 7518, section 3.4); the signature is the two numbers as they stand in the token.
pub(super) fn ecdsa(key: &EcKey, message: &[u8], signature: &[u8]) -> bool {
    let digest = digest(key.curve().hash(), message);
    match key.point() {
        Point::P256(point) => p256::ecdsa::Signature::from_slice(signature)
            .is_ok_and(|signature| point.verify_prehash(&digest, &signature).is_ok()),
        Point::P384(point) => p384::ecdsa::Signature::from_slice(signature)
            .is_ok_and(|signature| point.verify_prehash(&digest, &signature).is_ok()),
        Point::P521(point) => p521::ecdsa::Signature::from_slice(signature)
            .is_ok_and(|signature| point.verify_prehash(&digest, &signature).is_ok()),
    }
}

/// Ed25519 (RFC 8037, section 3.1).
pub(super) fn ed25519(key: &ed25519_compact::PublicKey, message: &[u8], signature: &[u8]) -> bool {
    ed25519_compact::Signature::from_slice(signature)
        .is_ok_and(|signature| key.verify(message, &signature).is_ok())
}

/// HMAC (RFC 7518, section 3.2), compared in constant time.
pub(super) fn hmac(secret: &Secret, hash: Hash, message: &[u8], signature: &[u8]) -> bool {
    let secret = secret.bytes();
    match hash {
        Hash::Sha256 => signature.try_into().is_ok_and(|tag| hmac_sha256::HMAC::verify(message, secret, tag)),
        Hash::Sha384 => {
            signature.try_into().is_ok_and(|tag| hmac_sha512::sha384::HMAC::verify(message, secret, tag))
        }
        Hash::Sha512 => signature.try_into().is_ok_and(|tag| hmac_sha512::HMAC::verify(message, secret, tag)),
    }
}

fn digest(hash: Hash, message: &[u8]) -> Vec<u8> {
    match hash {
        Hash::Sha256 => hmac_sha256::Hash::hash(message).to_vec(),
        Hash::Sha384 => hmac_sha512::sha384::Hash::hash(message).to_vec(),
        Hash::Sha512 => hmac_sha512::Hash::hash(message).to_vec(),
    }
}
