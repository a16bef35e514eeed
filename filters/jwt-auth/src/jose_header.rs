//! What the header of a token says (RFC 7515, section 4).

use std::borrow::Cow;
use std::rc::Rc;

use crate::algorithm::Algorithm;
use crate::base64url;
use crate::object::{self, Object};
use crate::token::{Part, TokenFault};

/// All of a header that counts. What else it may hold is not looked at: a key that a token brings along proves nothing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct JoseHeader {
    /// The algorithm that the token says it was signed with, which a key must be bound to.
    pub(crate) algorithm: Algorithm,
    /// The key that it says it was signed with.
    pub(crate) kid: Option<Box<str>>,
}

/// The header that was read last, as it stood in its token.
///
/// An issuer writes the same header into all its tokens until its key changes, so that most are read by a comparison.
#[derive(Debug, Default)]
pub(crate) struct LastHeader {
    text: Vec<u8>,
    header: Option<Rc<JoseHeader>>,
}

/// A longer one, with a chain of certificates perhaps, is read each time.
const LONGEST_REMEMBERED: usize = 512;

impl LastHeader {
    /// Reads a header, base64url.
    pub(crate) fn read(&mut self, text: &[u8]) -> Result<Rc<JoseHeader>, TokenFault> {
        if let Some(header) = self.header.as_ref().filter(|_| self.text == text) {
            return Ok(Rc::clone(header));
        }
        let header = Rc::new(JoseHeader::read(text)?);
        if text.len() <= LONGEST_REMEMBERED {
            self.text.clear();
            self.text.extend_from_slice(text);
            self.header = Some(Rc::clone(&header));
        }
        Ok(header)
    }
}

impl JoseHeader {
    /// Extensions that must be understood are not (RFC 7515, section 4.1.11; RFC 7797, section 3); `enc` makes it a JWE.
    fn read(text: &[u8]) -> Result<Self, TokenFault> {
        let json = base64url::decode_text(text, Part::Header)?;
        let header = Object::parse(&json).map_err(|fault| TokenFault::from_object(Part::Header, fault))?;
        if header.get("crit").is_some() {
            return Err(TokenFault::CriticalExtension);
        }
        if header.get("b64").is_some_and(|b64| b64.get() != "true") {
            return Err(TokenFault::PayloadNotEncoded);
        }
        if header.get("enc").is_some() {
            return Err(TokenFault::Encrypted);
        }
        let name = header.text("alg").ok_or(TokenFault::NoAlgorithm)?;
        let algorithm = Algorithm::parse(&name).ok_or(TokenFault::UnknownAlgorithm)?;
        Ok(Self { algorithm, kid: read_kid(&header)? })
    }
}

fn read_kid(header: &Object<'_>) -> Result<Option<Box<str>>, TokenFault> {
    let Some(kid) = header.get("kid") else {
        return Ok(None);
    };
    object::text_of(kid).map(|kid| Some(Cow::into_owned(kid).into())).ok_or(TokenFault::KidNotText)
}

#[cfg(test)]
mod tests {
    use super::LastHeader;
    use crate::algorithm::{Algorithm, Hash};
    use crate::base64url::encode;
    use crate::token::{Part, TokenFault};

    #[test]
    fn what_was_read_last_never_stands_for_another() {
        let mut last = LastHeader::default();
        let header = |kid: &str| encode(format!(r#"{{"alg":"RS256","kid":"{kid}"}}"#).as_bytes());
        for kid in ["key-1", "key-1", "key-2", "key-1", "a longer name of a key"] {
            let read = last.read(header(kid).as_bytes()).unwrap();
            assert_eq!((read.algorithm, read.kid.as_deref()), (Algorithm::Rs(Hash::Sha256), Some(kid)));
        }
    }

    #[test]
    fn what_is_no_header_is_refused_each_time_and_displaces_nothing() {
        let mut last = LastHeader::default();
        let good = encode(br#"{"alg":"HS256"}"#);
        let bad = encode(br#"{"alg":"none"}"#);
        for _ in 0..2 {
            assert_eq!(last.read(good.as_bytes()).unwrap().kid, None);
            assert_eq!(last.read(bad.as_bytes()), Err(TokenFault::UnknownAlgorithm));
            assert_eq!(last.read(b""), Err(TokenFault::NotAnObject(Part::Header)));
            assert_eq!(
                last.read(&good.as_bytes()[..good.len() - 4]),
                Err(TokenFault::NotAnObject(Part::Header))
            );
        }
    }

    #[test]
    fn long_headers_are_read_and_not_kept() {
        let mut last = LastHeader::default();
        let long = encode(format!(r#"{{"alg":"HS256","x5c":"{}"}}"#, "x".repeat(600)).as_bytes());
        assert_eq!(last.read(long.as_bytes()).unwrap().algorithm, Algorithm::Hs(Hash::Sha256));
        assert!(last.text.is_empty());
    }
}
