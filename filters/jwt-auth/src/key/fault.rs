//! Why a key of a key set is not used.

use std::fmt;

use crate::object::ObjectFault;

/// Why a key is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFault {
    /// It is no JSON object, or one whose names are not distinct.
    NotAnObject(ObjectFault),
    /// A member that its kind needs is not there.
    Missing {
        /// The member.
        member: &'static str,
    },
    /// A member holds what it must not.
    Malformed {
        /// The member.
        member: &'static str,
    },
    /// An RSA modulus of fewer than 2048 bits.
    RsaTooShort {
        /// How many it has.
        bits: usize,
    },
    /// An RSA modulus that the host would not work with.
    RsaTooLong {
        /// How many bits it has.
        bits: usize,
    },
    /// A point that is not on its curve, or of small order.
    NotOnCurve,
    /// `alg` does not go with `kty` or `crv`.
    AlgorithmOfOtherType,
    /// A secret that is shorter than the hash (RFC 7518, section 3.2).
    SecretTooShort,
    /// A secret in a set that was fetched.
    SecretFetched,
    /// `use` or `key_ops` say that it verifies nothing.
    NotForSignatures,
    /// `kty` is not known.
    UnknownType,
    /// `crv` is not known.
    UnknownCurve,
    /// `alg` is not known.
    UnknownAlgorithm,
    /// The document allows none of its algorithms.
    NotAllowed,
}

impl KeyFault {
    /// Whether the key is wrong, and not merely of a kind that is not used here.
    #[must_use]
    pub fn is_malformed(self) -> bool {
        !matches!(
            self,
            Self::NotForSignatures
                | Self::UnknownType
                | Self::UnknownCurve
                | Self::UnknownAlgorithm
                | Self::NotAllowed
                | Self::SecretFetched
        )
    }
}

impl fmt::Display for KeyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnObject(ObjectFault::NotAnObject) => f.write_str("the key is no JSON object"),
            Self::NotAnObject(ObjectFault::NameTwice) => f.write_str("the key has two members of one name"),
            Self::Missing { member } => write!(f, "the key has no {member:?}"),
            Self::Malformed { member } => write!(f, "the key's {member:?} is malformed"),
            Self::RsaTooShort { bits } => {
                write!(f, "an RSA key of {bits} bits is too short, 2048 is the least")
            }
            Self::RsaTooLong { bits } => write!(f, "an RSA key of {bits} bits is too long, 8192 is the most"),
            Self::NotOnCurve => f.write_str("the key is no point of its curve"),
            Self::AlgorithmOfOtherType => f.write_str("the key's \"alg\" is one for keys of another kind"),
            Self::SecretTooShort => f.write_str("the secret is shorter than the hash of its algorithm"),
            Self::SecretFetched => f.write_str("a secret is used from an inline key set only"),
            Self::NotForSignatures => f.write_str("the key is not for verifying signatures"),
            Self::UnknownType => f.write_str("the key's \"kty\" is not one that is used here"),
            Self::UnknownCurve => f.write_str("the key's \"crv\" is not one that is used here"),
            Self::UnknownAlgorithm => f.write_str("the key's \"alg\" is not one that is used here"),
            Self::NotAllowed => f.write_str("the document allows no algorithm of the key"),
        }
    }
}
