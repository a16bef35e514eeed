//! A host's verifier as Envoy has it, over AWS-LC, which began as BoringSSL.

use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use portcullis_jwt_auth::{Hash, SignatureCheck};

/// Verifies what Envoy's `verify_signature` verifies, from the same DER.
pub(crate) struct AwsLc;

impl SignatureCheck for AwsLc {
    fn verify(&self, hash: Hash, key: &[u8], message: &[u8], signature: &[u8]) -> Option<bool> {
        // rsaEncryption begins with a SEQUENCE of 13 bytes; all else here is a point of a curve.
        let is_rsa = key.windows(2).any(|pair| pair == [0x30, 0x0d]);
        let algorithm: &'static dyn VerificationAlgorithm = match (is_rsa, hash) {
            (true, Hash::Sha256) => &signature::RSA_PKCS1_2048_8192_SHA256,
            (true, Hash::Sha384) => &signature::RSA_PKCS1_2048_8192_SHA384,
            (true, Hash::Sha512) => &signature::RSA_PKCS1_2048_8192_SHA512,
            (false, Hash::Sha256) => &signature::ECDSA_P256_SHA256_ASN1,
            (false, Hash::Sha384) => &signature::ECDSA_P384_SHA384_ASN1,
            (false, Hash::Sha512) => &signature::ECDSA_P521_SHA512_ASN1,
        };
        Some(UnparsedPublicKey::new(algorithm, key).verify(message, signature).is_ok())
    }
}
