//! A token before and after its signature is checked: trust is a type.
//!
//! [`Parts`] is what the text decodes to, [`UntrustedToken`] what it claims, [`VerifiedToken`] what a key stands for.

mod fault;

use std::borrow::Cow;
use std::rc::Rc;

use crate::algorithm::Algorithm;
use crate::base64url;
use crate::key::Key;
use crate::object::{self, Object};
use crate::signature::SignatureCheck;

pub use fault::{Part, TokenFault};

/// The decoded parts of a token (RFC 7515, section 7.1).
#[derive(Debug)]
pub(crate) struct Parts<'t> {
    header: String,
    payload: String,
    payload_text: &'t [u8],
    signature: Vec<u8>,
    signing_input: &'t [u8],
}

/// A token that anyone may have made.
#[derive(Debug)]
pub(crate) struct UntrustedToken<'p> {
    parts: &'p Parts<'p>,
    algorithm: Algorithm,
    kid: Option<Cow<'p, str>>,
    claims: Object<'p>,
}

/// A token that the holder of a key has made.
#[derive(Debug)]
pub(crate) struct VerifiedToken<'p> {
    claims: Object<'p>,
    payload_text: &'p [u8],
    key: Rc<Key>,
}

impl<'t> Parts<'t> {
    /// Takes a token apart, strictly: three parts of base64url, the first two of them JSON text.
    pub(crate) fn split(token: &'t [u8], most_bytes: usize) -> Result<Self, TokenFault> {
        if token.len() > most_bytes {
            return Err(TokenFault::TooLong { bytes: token.len() });
        }
        let mut dots = memchr::memchr_iter(b'.', token);
        let (Some(first), Some(second), None) = (dots.next(), dots.next(), dots.next()) else {
            return Err(TokenFault::NotThreeParts);
        };
        let part = |from: usize, to: usize| token.get(from..to).unwrap_or_default();
        let (header, payload_text) = (part(0, first), part(first + 1, second));
        Ok(Self {
            header: text(header, Part::Header)?,
            payload: text(payload_text, Part::Payload)?,
            payload_text,
            signature: decode(part(second + 1, token.len()), Part::Signature)?,
            signing_input: part(0, second),
        })
    }

    /// Reads header and claims; what they say is not yet anyone's word.
    pub(crate) fn untrusted(&self) -> Result<UntrustedToken<'_>, TokenFault> {
        let header =
            Object::parse(&self.header).map_err(|fault| TokenFault::from_object(Part::Header, fault))?;
        let algorithm = read_algorithm(&header)?;
        let kid = read_kid(&header)?;
        let claims =
            Object::parse(&self.payload).map_err(|fault| TokenFault::from_object(Part::Payload, fault))?;
        Ok(UntrustedToken { parts: self, algorithm, kid, claims })
    }
}

impl<'p> UntrustedToken<'p> {
    /// The algorithm it says it was signed with, which a key must be bound to.
    #[must_use]
    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key it says it was signed with.
    #[must_use]
    pub(crate) fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The issuer it says it has, to find the keys of; it proves nothing before one of these has verified the token.
    pub(crate) fn issuer_unchecked(&self) -> Option<Cow<'p, str>> {
        self.claims.text("iss")
    }

    /// The token as the first of the keys that verifies it stands for it; without one, the token comes back.
    pub(crate) fn verify<'k>(
        self,
        candidates: impl IntoIterator<Item = &'k Rc<Key>>,
        host: &dyn SignatureCheck,
    ) -> Result<VerifiedToken<'p>, Self> {
        let parts = self.parts;
        let verifies =
            |key: &&Rc<Key>| key.verifies(self.algorithm, parts.signing_input, &parts.signature, host);
        match candidates.into_iter().find(verifies) {
            Some(key) => Ok(VerifiedToken {
                claims: self.claims,
                payload_text: parts.payload_text,
                key: Rc::clone(key),
            }),
            None => Err(self),
        }
    }
}

impl<'p> VerifiedToken<'p> {
    pub(crate) fn claims(&self) -> &Object<'p> {
        &self.claims
    }

    /// The payload as it stands in the token, base64url.
    pub(crate) fn payload_text(&self) -> &'p [u8] {
        self.payload_text
    }

    /// The key that verified it.
    pub(crate) fn key(&self) -> &Rc<Key> {
        &self.key
    }
}

/// Extensions that must be understood are not (RFC 7515, section 4.1.11; RFC 7797, section 3); `enc` makes it a JWE.
fn read_algorithm(header: &Object<'_>) -> Result<Algorithm, TokenFault> {
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
    Algorithm::parse(&name).ok_or(TokenFault::UnknownAlgorithm)
}

fn read_kid<'p>(header: &Object<'p>) -> Result<Option<Cow<'p, str>>, TokenFault> {
    let Some(kid) = header.get("kid") else {
        return Ok(None);
    };
    object::text_of(kid).map(Some).ok_or(TokenFault::KidNotText)
}

fn decode(part: &[u8], which: Part) -> Result<Vec<u8>, TokenFault> {
    base64url::decode(part).ok_or(TokenFault::NotBase64url(which))
}

fn text(part: &[u8], which: Part) -> Result<String, TokenFault> {
    String::from_utf8(decode(part, which)?).map_err(|_| TokenFault::NotAnObject(which))
}

#[cfg(test)]
mod tests;
