//! The host's BoringSSL as the verifier of RSA and ECDSA signatures, through Envoy's foreign function.

use std::cell::Cell;

use portcullis_jwt_auth::{Hash, SignatureCheck};

use crate::host;

/// Envoy's `verify_signature`, which it has since 1.30. A host without it is asked once.
#[derive(Default)]
pub(super) struct BoringSsl {
    is_missing: Cell<bool>,
}

impl SignatureCheck for BoringSsl {
    fn verify(&self, hash: Hash, key: &[u8], message: &[u8], signature: &[u8]) -> Option<bool> {
        if self.is_missing.get() {
            return None;
        }
        let arguments = encode_arguments(hash, key, message, signature);
        let result = host::foreign_function("verify_signature", &arguments);
        if result.is_none() {
            log::info!("the host does not verify signatures: the module does, which takes longer");
            self.is_missing.set(true);
        }
        verdict(&result?)
    }
}

/// Tags of `VerifySignatureArguments` (protocol buffers, all fields length-delimited).
const HASH_FUNCTION: u8 = 1 << 3 | LENGTH_DELIMITED;
const PUBLIC_KEY: u8 = 2 << 3 | LENGTH_DELIMITED;
const SIGNATURE: u8 = 3 << 3 | LENGTH_DELIMITED;
const TEXT: u8 = 4 << 3 | LENGTH_DELIMITED;
/// Tags of `VerifySignatureResult`.
const RESULT: u8 = 1 << 3;
const ERROR: u8 = 2 << 3 | LENGTH_DELIMITED;

const LENGTH_DELIMITED: u8 = 2;

/// The one error that is a verdict: the signature is not the key's. Others are about the key or the function.
const NO: &[u8] = b"Failed to verify digest";

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

fn push_field(message: &mut Vec<u8>, tag: u8, value: &[u8]) {
    message.push(tag);
    let mut length = value.len();
    while let low @ 0x80.. = length {
        // The low seven bits, with the mark that more follow.
        message.push(u8::try_from(low & 0x7f).unwrap_or(0) | 0x80);
        length >>= 7;
    }
    message.push(u8::try_from(length).unwrap_or(0));
    message.extend_from_slice(value);
}

/// A clear yes or no; `None` for anything else that the host may say.
fn verdict(result: &[u8]) -> Option<bool> {
    match result {
        [RESULT, 1] => Some(true),
        [ERROR, _, error @ ..] if error.starts_with(NO) => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{encode_arguments, push_field, verdict};
    use portcullis_jwt_auth::Hash;

    #[test]
    fn arguments_are_a_protobuf_message() {
        let arguments = encode_arguments(Hash::Sha256, b"key", b"text", b"sig");
        assert_eq!(arguments, b"\x0a\x06sha256\x12\x03key\x1a\x03sig\x22\x04text");
        let mut long = Vec::new();
        push_field(&mut long, 0x22, &[7; 300]);
        assert_eq!(long.get(..3), Some(&[0x22, 0xac, 0x02][..]));
        assert_eq!(long.len(), 303);
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
