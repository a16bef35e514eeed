//! The one strict spelling of base64url (RFC 7515, section 2): no padding, no white space, no bits that mean nothing.
//!
//! A second spelling of the same bytes would be a second token with the same signature.

use base64_simd::URL_SAFE_NO_PAD;

use crate::token::{Part, TokenFault};

/// The bytes that `text` spells; `None` where it is not strictly base64url.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode_to_vec(text).ok()
}

/// The text that a part of a token spells.
pub(crate) fn decode_text(text: &[u8], part: Part) -> Result<String, TokenFault> {
    let bytes = decode(text).ok_or(TokenFault::NotBase64url(part))?;
    String::from_utf8(bytes).map_err(|_| TokenFault::NotAnObject(part))
}

/// The strict spelling of bytes, for tests.
#[cfg(test)]
pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode_to_string(bytes)
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use proptest::prelude::*;

    #[test]
    fn only_the_strict_spelling_counts() {
        for (text, bytes) in [("", &b""[..]), ("-_8", b"\xfb\xff"), ("AA", b"\0"), ("AAA", b"\0\0")] {
            assert_eq!(decode(text.as_bytes()).as_deref(), Some(bytes), "{text}");
        }
        for text in ["A", "AB", "AAB", "AA==", "AAA=", "+/8", "A A", "AA\n", "A.A", "AA\0", "\u{e9}AA"] {
            assert_eq!(decode(text.as_bytes()), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_two_texts_spell_the_same_bytes(text in "[A-Za-z0-9_=+/-]{0,12}") {
            if let Some(bytes) = decode(text.as_bytes()) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }

        #[test]
        fn a_reader_without_simd_has_the_same_verdict(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            (at, byte) in (any::<prop::sample::Index>(), any::<u8>()),
        ) {
            let mut text = URL_SAFE_NO_PAD.encode(&bytes).into_bytes();
            prop_assert_eq!(decode(&text), Some(bytes));
            if !text.is_empty() {
                let at = at.index(text.len());
                text[at] = byte;
            }
            prop_assert_eq!(decode(&text), URL_SAFE_NO_PAD.decode(&text).ok());
        }
    }
}
