//! The host's BoringSSL as the verifier of RSA and ECDSA signatures, through Envoy's foreign function.

use std::cell::Cell;

use portcullis_jwt_auth::{Hash, SignatureCheck};

use crate::host;
use crate::protobuf::{length_delimited, push_field};

/// Envoy's `verify_signature`, which it has since 1.30. A host without it is asked once.
#[derive(Default)]
pub(super) struct BoringSsl {
    is_missing: Cell<bool>,
    lengths: Cell<Lengths>,
}

/// Whether the length of an answer says what it means. It comes for free, while each answer that is read has the host enter
/// the module for memory, which costs as much as the rest of the crossing.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Lengths {
    /// Nobody has looked.
    #[default]
    Unknown,
    /// A yes has [`YES`]'s length, and a no this one.
    Tell { no: usize },
    /// The host says yes to what it must not, or its words are of one length.
    TellNothing,
}

const FUNCTION: &str = "verify_signature";

/// Tags of `VerifySignatureArguments` (protocol buffers, all fields length-delimited).
const HASH_FUNCTION: u8 = length_delimited(1);
const PUBLIC_KEY: u8 = length_delimited(2);
const SIGNATURE: u8 = length_delimited(3);
const TEXT: u8 = length_delimited(4);
/// Tags of `VerifySignatureResult`.
const RESULT: u8 = 1 << 3;
const ERROR: u8 = length_delimited(2);

const YES: &[u8] = &[RESULT, 1];

/// The one error that is a verdict: the signature is not the key's. Others are about the key or the function.
const NO: &[u8] = b"Failed to verify digest";

impl SignatureCheck for BoringSsl {
    fn verify(&self, hash: Hash, key: &[u8], message: &[u8], signature: &[u8]) -> Option<bool> {
        if self.is_missing.get() {
            return None;
        }
        let arguments = encode_arguments(hash, key, message, signature);
        if let Some(verdict) = self.verdict_by_length(&arguments) {
            return Some(verdict);
        }
        let is_good = verdict(&self.ask(&arguments)?)?;
        if is_good && self.lengths.get() == Lengths::Unknown {
            self.lengths.set(self.learn(hash, key, message, signature));
        }
        Some(is_good)
    }
}

impl BoringSsl {
    fn ask(&self, arguments: &[u8]) -> Option<Vec<u8>> {
        let answer = host::foreign_function(FUNCTION, arguments);
        if answer.is_none() {
            log::info!("the host does not verify signatures: the module does, which takes longer");
            self.is_missing.set(true);
        }
        answer
    }

    /// `None` where the length says nothing, so that the answer has to be read.
    fn verdict_by_length(&self, arguments: &[u8]) -> Option<bool> {
        let Lengths::Tell { no } = self.lengths.get() else {
            return None;
        };
        match host::length_of_foreign_function(FUNCTION, arguments)? {
            length if length == YES.len() => Some(true),
            length if length == no => Some(false),
            _ => None,
        }
    }

    /// Has a signature refused that is one bit off a good one, so that it is seen how the host says no.
    fn learn(&self, hash: Hash, key: &[u8], message: &[u8], good_signature: &[u8]) -> Lengths {
        let mut signature = good_signature.to_vec();
        if let Some(last) = signature.last_mut() {
            *last ^= 1;
        }
        let answer = self.ask(&encode_arguments(hash, key, message, &signature)).unwrap_or_default();
        match verdict(&answer) {
            Some(false) if answer.len() != YES.len() => Lengths::Tell { no: answer.len() },
            _ => Lengths::TellNothing,
        }
    }
}

fn encode_arguments(hash: Hash, key: &[u8], message: &[u8], signature: &[u8]) -> Vec<u8> {
    // Four tags and lengths, and the hash's name.
    const OVERHEAD: usize = 64;
    let mut arguments = Vec::with_capacity(key.len() + message.len() + signature.len() + OVERHEAD);
    push_field(&mut arguments, HASH_FUNCTION, hash.name().as_bytes());
    push_field(&mut arguments, PUBLIC_KEY, key);
    push_field(&mut arguments, SIGNATURE, signature);
    push_field(&mut arguments, TEXT, message);
    arguments
}

/// A clear yes or no; `None` for anything else that the host may say.
fn verdict(answer: &[u8]) -> Option<bool> {
    match answer {
        YES => Some(true),
        [ERROR, _, error @ ..] if error.starts_with(NO) => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{encode_arguments, verdict};
    use portcullis_jwt_auth::Hash;

    #[test]
    fn arguments_are_a_protobuf_message() {
        let arguments = encode_arguments(Hash::Sha256, b"key", b"text", b"sig");
        assert_eq!(arguments, b"\x0a\x06sha256\x12\x03key\x1a\x03sig\x22\x04text");
    }

    #[test]
    fn only_a_clear_word_is_a_verdict() {
        assert_eq!(verdict(b"\x08\x01"), Some(true));
        assert_eq!(verdict(b"\x12\x26Failed to verify digest. Error code: 0"), Some(false));
        for unclear in [
            &b""[..],
            b"\x08\x00",
            b"\x12\x1fFailed to initialize digest verify",
            b"\x12\x15sha1 is not supported.",
            b"\x08\x01\x12\x03odd",
            b"\x12",
        ] {
            assert_eq!(verdict(unclear), None, "{unclear:?}");
        }
    }
}
