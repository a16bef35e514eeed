//! A token before and after its signature is checked: trust is a type.
//!
//! [`Parts`] is what the text decodes to, [`UntrustedToken`] what it claims, [`VerifiedToken`] what a key stands for.

mod fault;

use std::borrow::Cow;
use std::rc::Rc;

use crate::base64url;
use crate::bytes;
use crate::jose_header::{JoseHeader, LastHeader};
use crate::key::Key;
use crate::object::Object;
use crate::signature::SignatureCheck;

pub use fault::{Part, TokenFault};

/// The decoded parts of a token (RFC 7515, section 7.1).
#[derive(Debug)]
pub(crate) struct Parts<'t> {
    header: Rc<JoseHeader>,
    payload: String,
    payload_text: &'t [u8],
    signature: Vec<u8>,
    signing_input: &'t [u8],
}

/// A token that anyone may have made.
#[derive(Debug)]
pub(crate) struct UntrustedToken<'p> {
    parts: &'p Parts<'p>,
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
    pub(crate) fn split(
        token: &'t [u8],
        most_bytes: usize,
        last: &mut LastHeader,
    ) -> Result<Self, TokenFault> {
        if token.len() > most_bytes {
            return Err(TokenFault::TooLong { bytes: token.len() });
        }
        let (header, behind) = split_at_dot(token)?;
        let (payload_text, signature) = split_at_dot(behind)?;
        let signature = base64url::decode(signature).ok_or_else(|| fault_of_signature(signature))?;
        Ok(Self {
            header: last.read(header)?,
            payload: base64url::decode_text(payload_text, Part::Payload)?,
            payload_text,
            signature,
            signing_input: token.get(..header.len() + 1 + payload_text.len()).unwrap_or_default(),
        })
    }

    /// Reads the claims; what they say is not yet anyone's word.
    pub(crate) fn untrusted(&self) -> Result<UntrustedToken<'_>, TokenFault> {
        let claims =
            Object::parse(&self.payload).map_err(|fault| TokenFault::from_object(Part::Payload, fault))?;
        Ok(UntrustedToken { parts: self, claims })
    }

    /// What it says of its signature.
    pub(crate) fn header(&self) -> &Rc<JoseHeader> {
        &self.header
    }
}

impl<'p> UntrustedToken<'p> {
    /// The issuer it says it has, to find the keys of; it proves nothing before one of these has verified the token.
    pub(crate) fn issuer_unchecked(&self) -> Option<Cow<'p, str>> {
        self.claims.text("iss")
    }

    /// The token as the first of the keys that verifies it stands for it; `None` where none does.
    pub(crate) fn verify<'k>(
        self,
        candidates: impl IntoIterator<Item = &'k Rc<Key>>,
        host: &dyn SignatureCheck,
    ) -> Option<VerifiedToken<'p>> {
        let parts = self.parts;
        let verifies = |key: &&Rc<Key>| {
            key.verifies(parts.header.algorithm, parts.signing_input, &parts.signature, host)
        };
        let key = Rc::clone(candidates.into_iter().find(verifies)?);
        Some(VerifiedToken { claims: self.claims, payload_text: parts.payload_text, key })
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

fn split_at_dot(text: &[u8]) -> Result<(&[u8], &[u8]), TokenFault> {
    let dot = bytes::position(b'.', text).ok_or(TokenFault::NotThreeParts)?;
    text.split_at_checked(dot)
        .and_then(|(part, rest)| Some((part, rest.get(1..)?)))
        .ok_or(TokenFault::NotThreeParts)
}

/// No base64url holds a dot, so that a fourth part is only looked for where there is a fault.
#[cold]
fn fault_of_signature(text: &[u8]) -> TokenFault {
    if bytes::position(b'.', text).is_some() {
        TokenFault::NotThreeParts
    } else {
        TokenFault::NotBase64url(Part::Signature)
    }
}

#[cfg(test)]
mod tests;
