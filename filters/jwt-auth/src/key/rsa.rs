//! RSA keys (RFC 7518, section 6.3.1).

use rsa::{BigUint, RsaPublicKey};

use super::{KeyFault, bytes};
use crate::algorithm::{Algorithm, AlgorithmSet, Hash};
use crate::der;
use crate::object::Object;

/// An RSA key that both verifiers take.
#[derive(Debug)]
pub(crate) struct RsaKey {
    spki: Vec<u8>,
    public: RsaPublicKey,
}

/// RFC 7518, section 3.3.
const LEAST_BITS: usize = 2048;
/// BoringSSL works with up to 16384 bits, but a verification with a quarter of that already takes as long as a request.
const MOST_BITS: usize = 8192;
/// BoringSSL takes exponents of up to 33 bits.
const LONGEST_EXPONENT: usize = 33;

/// `AlgorithmIdentifier` of rsaEncryption (RFC 3279, section 2.3.1).
const RSA_ENCRYPTION: [u8; 15] =
    [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

impl RsaKey {
    pub(super) fn read(jwk: &Object<'_>) -> Result<(Self, AlgorithmSet), KeyFault> {
        let (n, e) = (bytes(jwk, "n")?, bytes(jwk, "e")?);
        check_modulus(&n)?;
        check_exponent(&e)?;
        let numbers = der::sequence(&[&der::unsigned(&n), &der::unsigned(&e)]);
        let (modulus, exponent) = (BigUint::from_bytes_be(&n), BigUint::from_bytes_be(&e));
        let public = RsaPublicKey::new_with_max_size(modulus, exponent, MOST_BITS);
        let key = Self {
            spki: der::spki(&RSA_ENCRYPTION, &numbers),
            public: public.map_err(|_| KeyFault::Malformed { member: "n" })?,
        };
        let padded = |hash| [Algorithm::Rs(hash), Algorithm::Ps(hash)];
        Ok((key, Hash::ALL.into_iter().flat_map(padded).collect()))
    }

    /// The SubjectPublicKeyInfo, in DER.
    pub(crate) fn spki(&self) -> &[u8] {
        &self.spki
    }

    pub(crate) fn public(&self) -> &RsaPublicKey {
        &self.public
    }
}

/// A product of two odd primes is odd; both verifiers refuse an even one, so no signature is worth a try.
fn check_modulus(n: &[u8]) -> Result<(), KeyFault> {
    let bits = bit_length(n);
    if n.last().is_none_or(|last| last % 2 == 0) {
        return Err(KeyFault::Malformed { member: "n" });
    }
    match bits {
        ..LEAST_BITS => Err(KeyFault::RsaTooShort { bits }),
        LEAST_BITS..=MOST_BITS => Ok(()),
        _ => Err(KeyFault::RsaTooLong { bits }),
    }
}

/// Odd, and at least 3: with 1, any number would be its own signature.
fn check_exponent(e: &[u8]) -> Result<(), KeyFault> {
    let is_odd = e.last().is_some_and(|last| last % 2 == 1);
    if is_odd && (2..=LONGEST_EXPONENT).contains(&bit_length(e)) {
        return Ok(());
    }
    Err(KeyFault::Malformed { member: "e" })
}

/// The length of a big-endian number, leading zeros left out.
fn bit_length(number: &[u8]) -> usize {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let Some(top) = number.get(zeros) else { return 0 };
    // Both terms stay below eight times the size of a key set.
    (number.len() - zeros) * 8 - usize::try_from(top.leading_zeros()).unwrap_or(0)
}
