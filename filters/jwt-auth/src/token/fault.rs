//! What makes a text no token.

use crate::object::ObjectFault;

/// A part of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The JOSE header.
    Header,
    /// The claims.
    Payload,
    /// The signature.
    Signature,
}

/// What makes a text no token that is read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenFault {
    /// Longer than a token may be.
    TooLong {
        /// How long it is.
        bytes: usize,
    },
    /// Not three parts with dots between them; an encrypted token has five.
    NotThreeParts,
    /// A part is not strictly base64url.
    NotBase64url(Part),
    /// A part is no JSON object.
    NotAnObject(Part),
    /// A part has two members of one name.
    NameTwice(Part),
    /// `crit` asks for an extension.
    CriticalExtension,
    /// `b64` says that the payload is not base64url.
    PayloadNotEncoded,
    /// `enc` says that it is encrypted.
    Encrypted,
    /// `alg` is absent or no text.
    NoAlgorithm,
    /// `alg` is `none`, or none that is known here.
    UnknownAlgorithm,
    /// `kid` is no text.
    KidNotText,
}

impl TokenFault {
    pub(crate) fn from_object(part: Part, fault: ObjectFault) -> Self {
        match fault {
            ObjectFault::NotAnObject => Self::NotAnObject(part),
            ObjectFault::NameTwice => Self::NameTwice(part),
        }
    }
}
