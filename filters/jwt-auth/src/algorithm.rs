//! The signature algorithms of JSON Web Tokens (RFC 7518, section 3.1; RFC 8037, section 3.1).

use std::fmt;

/// A hash of the SHA-2 family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// A curve of ECDSA; each goes with one hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// secp256r1, with SHA-256.
    P256,
    /// secp384r1, with SHA-384.
    P384,
    /// secp521r1, with SHA-512.
    P521,
}

/// A signature algorithm. `none` is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5: RS256, RS384, RS512.
    Rs(Hash),
    /// RSASSA-PSS: PS256, PS384, PS512.
    Ps(Hash),
    /// ECDSA: ES256, ES384, ES512.
    Es(Curve),
    /// Ed25519 (RFC 8037).
    EdDsa,
    /// HMAC: HS256, HS384, HS512.
    Hs(Hash),
}

/// Some of the algorithms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlgorithmSet(u16);

/// Every name, the one that is told first.
const NAMES: [(&str, Algorithm); 14] = [
    ("RS256", Algorithm::Rs(Hash::Sha256)),
    ("RS384", Algorithm::Rs(Hash::Sha384)),
    ("RS512", Algorithm::Rs(Hash::Sha512)),
    ("PS256", Algorithm::Ps(Hash::Sha256)),
    ("PS384", Algorithm::Ps(Hash::Sha384)),
    ("PS512", Algorithm::Ps(Hash::Sha512)),
    ("ES256", Algorithm::Es(Curve::P256)),
    ("ES384", Algorithm::Es(Curve::P384)),
    ("ES512", Algorithm::Es(Curve::P521)),
    ("EdDSA", Algorithm::EdDsa),
    // RFC 9864, section 2.2: the same, by a name that says which curve.
    ("Ed25519", Algorithm::EdDsa),
    ("HS256", Algorithm::Hs(Hash::Sha256)),
    ("HS384", Algorithm::Hs(Hash::Sha384)),
    ("HS512", Algorithm::Hs(Hash::Sha512)),
];

impl Hash {
    /// The hashes, shortest first.
    pub const ALL: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    /// The length of what it makes, in bytes.
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The name under which Envoy's `verify_signature` knows it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }
}

impl Curve {
    /// The hash that goes with it (RFC 7518, section 3.4).
    #[must_use]
    pub fn hash(self) -> Hash {
        match self {
            Self::P256 => Hash::Sha256,
            Self::P384 => Hash::Sha384,
            Self::P521 => Hash::Sha512,
        }
    }

    /// The length of a coordinate, and of each half of a signature, in bytes.
    #[must_use]
    pub fn bytes(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

impl Algorithm {
    /// The algorithm of this name; names are case-sensitive.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let known = NAMES.iter().find(|(known, _)| *known == name);
        known.map(|(_, algorithm)| *algorithm)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        let known = NAMES.iter().find(|(_, known)| *known == self);
        known.map_or("", |(name, _)| name)
    }

    fn bit(self) -> u16 {
        let at = NAMES.iter().position(|(_, known)| *known == self);
        at.map_or(0, |at| 1 << at)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl AlgorithmSet {
    /// All of them.
    #[must_use]
    pub fn all() -> Self {
        NAMES.iter().map(|(_, algorithm)| *algorithm).collect()
    }

    /// Whether `algorithm` is one of them.
    #[must_use]
    pub fn holds(self, algorithm: Algorithm) -> bool {
        self.0 & algorithm.bit() != 0
    }

    /// Those that are in both sets.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<Algorithm> for AlgorithmSet {
    fn from_iter<I: IntoIterator<Item = Algorithm>>(algorithms: I) -> Self {
        Self(algorithms.into_iter().fold(0, |bits, algorithm| bits | algorithm.bit()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Algorithm, AlgorithmSet, Curve, Hash, NAMES};

    #[test]
    fn names_are_exact() {
        for (name, algorithm) in NAMES {
            assert_eq!(Algorithm::parse(name), Some(algorithm));
            assert_eq!(algorithm.name(), if name == "Ed25519" { "EdDSA" } else { name });
        }
        for name in [
            "", "none", "None", "NONE", "rs256", "RS1", "ES256K", "Ed448", "ed25519", "EDDSA", "HS1",
            "RS256 ",
        ] {
            assert_eq!(Algorithm::parse(name), None, "{name}");
        }
    }

    #[test]
    fn a_set_holds_what_it_was_made_of() {
        let set: AlgorithmSet = [Algorithm::EdDsa, Algorithm::Es(Curve::P384)].into_iter().collect();
        assert!(set.holds(Algorithm::EdDsa) && set.holds(Algorithm::Es(Curve::P384)));
        assert!(!set.holds(Algorithm::Hs(Hash::Sha256)));
        assert!(NAMES.iter().all(|(_, algorithm)| AlgorithmSet::all().holds(*algorithm)));
        assert!(AlgorithmSet::default().is_empty() && set.and(AlgorithmSet::default()).is_empty());
    }
}
