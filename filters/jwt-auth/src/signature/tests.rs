use std::cell::RefCell;

use p256::ecdsa::signature::hazmat::PrehashSigner;
use proptest::prelude::*;

use super::{NoHostCheck, SignatureCheck};
use crate::algorithm::{Algorithm, AlgorithmSet, Curve, Hash};
use crate::base64url::encode;
use crate::key::{Key, Origin};

/// A key with a signature that it made on [`MESSAGE`].
struct Signed {
    key: Key,
    algorithm: Algorithm,
    signature: Vec<u8>,
}

const MESSAGE: &[u8] = b"eyJhbGciOiJub25lIn0.e30";

fn key(members: &str) -> Key {
    Key::read(&format!("{{{members}}}"), Origin::Inline, AlgorithmSet::all()).unwrap()
}

fn point(crv: &str, encoded: &[u8]) -> Key {
    let (x, y) = encoded[1..].split_at(encoded.len() / 2);
    key(&format!(r#""kty":"EC","crv":"{crv}","x":"{}","y":"{}""#, encode(x), encode(y)))
}

fn es256() -> Signed {
    let secret = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
    let signature: p256::ecdsa::Signature = secret.sign_prehash(&hmac_sha256::Hash::hash(MESSAGE)).unwrap();
    Signed {
        key: point("P-256", secret.verifying_key().to_sec1_point(false).as_bytes()),
        algorithm: Algorithm::Es(Curve::P256),
        signature: signature.to_bytes().to_vec(),
    }
}

fn es384() -> Signed {
    let secret = p384::ecdsa::SigningKey::from_slice(&[7; 48]).unwrap();
    let digest = hmac_sha512::sha384::Hash::hash(MESSAGE);
    let signature: p384::ecdsa::Signature = secret.sign_prehash(&digest).unwrap();
    Signed {
        key: point("P-384", secret.verifying_key().to_sec1_point(false).as_bytes()),
        algorithm: Algorithm::Es(Curve::P384),
        signature: signature.to_bytes().to_vec(),
    }
}

fn es512() -> Signed {
    let secret = p521::ecdsa::SigningKey::from_slice(&[&[0][..], &[7; 65]].concat()).unwrap();
    let signature: p521::ecdsa::Signature = secret.sign_prehash(&hmac_sha512::Hash::hash(MESSAGE)).unwrap();
    Signed {
        key: point("P-521", secret.verifying_key().to_sec1_point(false).as_bytes()),
        algorithm: Algorithm::Es(Curve::P521),
        signature: signature.to_bytes().to_vec(),
    }
}

fn eddsa() -> Signed {
    let pair = ed25519_compact::KeyPair::from_seed(ed25519_compact::Seed::new([7; 32]));
    Signed {
        key: key(&format!(r#""kty":"OKP","crv":"Ed25519","x":"{}""#, encode(&*pair.pk))),
        algorithm: Algorithm::EdDsa,
        signature: pair.sk.sign(MESSAGE, None).to_vec(),
    }
}

fn hs(hash: Hash) -> Signed {
    let secret = [7; 64];
    Signed {
        key: key(&format!(r#""kty":"oct","k":"{}""#, encode(&secret))),
        algorithm: Algorithm::Hs(hash),
        signature: match hash {
            Hash::Sha256 => hmac_sha256::HMAC::mac(MESSAGE, secret).to_vec(),
            Hash::Sha384 => hmac_sha512::sha384::HMAC::mac(MESSAGE, secret).to_vec(),
            Hash::Sha512 => hmac_sha512::HMAC::mac(MESSAGE, secret).to_vec(),
        },
    }
}

fn all() -> Vec<Signed> {
    let mut all = vec![es256(), es384(), es512(), eddsa()];
    all.extend(Hash::ALL.map(hs));
    all
}

impl Signed {
    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verifies(self.algorithm, message, signature, &NoHostCheck)
    }
}

#[test]
fn a_signature_verifies_as_it_is_and_not_otherwise() {
    for signed in all() {
        let Signed { algorithm, signature, .. } = &signed;
        assert!(signed.verifies(MESSAGE, signature), "{algorithm}");
        assert!(!signed.verifies(b"another message", signature), "{algorithm}");
        for other in
            [&[][..], &signature[1..], &[&signature[..], &[0]].concat(), &[&[0], &signature[..]].concat()]
        {
            assert!(!signed.verifies(MESSAGE, other), "{algorithm} {}", other.len());
        }
        assert!(!signed.verifies(MESSAGE, &vec![0; signature.len()]), "{algorithm}");
        assert!(!signed.verifies(MESSAGE, &vec![0xff; signature.len()]), "{algorithm}");
    }
}

#[test]
fn no_bit_of_a_signature_is_free() {
    for signed in all() {
        // A curve's arithmetic is slow without optimisation: a sample that reaches every bit of a byte.
        for bit in (0..signed.signature.len() * 8).step_by(23) {
            let mut other = signed.signature.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(!signed.verifies(MESSAGE, &other), "{} {bit}", signed.algorithm);
        }
    }
}

#[test]
fn a_key_verifies_with_its_own_algorithm_only() {
    let (signed, every) = (all(), all());
    for key in &signed {
        for other in &every {
            let is_own = key.algorithm == other.algorithm;
            let verifies = key.key.verifies(other.algorithm, MESSAGE, &other.signature, &NoHostCheck);
            let is_secret = matches!((key.algorithm, other.algorithm), (Algorithm::Hs(_), Algorithm::Hs(_)));
            assert_eq!(verifies, is_own || is_secret, "{} {}", key.algorithm, other.algorithm);
        }
    }
}

/// A host that always says the same, and notes what it was asked.
struct Host {
    says: Option<bool>,
    asked: RefCell<Vec<(Hash, usize)>>,
}

impl SignatureCheck for Host {
    fn verify(&self, hash: Hash, _: &[u8], _: &[u8], signature: &[u8]) -> Option<bool> {
        self.asked.borrow_mut().push((hash, signature.len()));
        self.says
    }
}

#[test]
fn the_hosts_clear_word_counts_and_no_other() {
    let signed = es256();
    let bad = [1; 64];
    for (says, good_verifies, bad_verifies) in
        [(Some(true), true, true), (Some(false), false, false), (None, true, false)]
    {
        let host = Host { says, asked: RefCell::default() };
        let verifies = |signature: &[u8]| signed.key.verifies(signed.algorithm, MESSAGE, signature, &host);
        assert_eq!((verifies(&signed.signature), verifies(&bad)), (good_verifies, bad_verifies), "{says:?}");
        assert_eq!(host.asked.borrow().len(), 2);
    }
}

#[test]
fn the_host_is_not_asked_what_it_might_see_differently() {
    let host = Host { says: Some(true), asked: RefCell::default() };
    let signed = es256();
    for signature in [&[0; 64][..], &[0xff; 64], &[1; 63], &[1; 65], &[]] {
        assert!(!signed.key.verifies(signed.algorithm, MESSAGE, signature, &host));
    }
    for other in [eddsa(), hs(Hash::Sha256)] {
        assert!(other.key.verifies(other.algorithm, MESSAGE, &other.signature, &host));
    }
    assert!(host.asked.borrow().is_empty());
}

proptest! {
    #[test]
    fn random_bytes_are_no_signature(bytes in proptest::collection::vec(any::<u8>(), 0..140)) {
        for signed in [es256(), eddsa(), hs(Hash::Sha256)] {
            prop_assert!(!signed.verifies(MESSAGE, &bytes));
        }
    }
}
