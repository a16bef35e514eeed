//! Why a body cannot be transformed.

use std::fmt;

/// Why a body cannot be transformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is no JSON text (RFC 8259).
    Malformed(Malformed),
    /// A byte sequence is no UTF-8 (RFC 3629).
    NotUtf8,
    /// Arrays and objects are nested deeper than [`MOST_LEVELS`](crate::MOST_LEVELS).
    TooDeep,
    /// A member name is too long to be held back until it is known whether something in its value stays.
    NameTooLong,
    /// It is encoded in a way that is not read here.
    UnknownEncoding,
    /// Its compression is broken or ends early.
    BadCompression,
    /// It grows beyond measure when it is decompressed.
    Bomb,
    /// It is a part of a body, although no part was asked for.
    Partial,
}

/// Where JSON's grammar is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// There is nothing but blanks.
    Empty,
    /// A byte that cannot stand here.
    Unexpected,
    /// A control character inside a string.
    ControlCharacter,
    /// An escape that JSON does not have.
    Escape,
    /// Half a surrogate pair.
    LoneSurrogate,
    /// A number that is not spelled as JSON spells it.
    Number,
    /// Something behind the end.
    Trailing,
    /// The end in the middle.
    Unfinished,
}

impl From<Malformed> for Fault {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl Fault {
    /// The word for metrics and traces; one of few, and none of the client's.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::NotUtf8 => "not_utf8",
            Self::TooDeep => "too_deep",
            Self::NameTooLong => "name_too_long",
            Self::UnknownEncoding => "unknown_encoding",
            Self::BadCompression => "bad_compression",
            Self::Bomb => "bomb",
            Self::Partial => "partial",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(malformed) => write!(f, "not JSON: {malformed}"),
            Self::NotUtf8 => f.write_str("not UTF-8"),
            Self::TooDeep => f.write_str("nested too deeply"),
            Self::NameTooLong => f.write_str("a member name is too long"),
            Self::UnknownEncoding => f.write_str("unknown content encoding"),
            Self::BadCompression => f.write_str("broken compression"),
            Self::Bomb => f.write_str("decompresses beyond measure"),
            Self::Partial => f.write_str("partial content"),
        }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "no value",
            Self::Unexpected => "unexpected byte",
            Self::ControlCharacter => "control character in a string",
            Self::Escape => "unknown escape",
            Self::LoneSurrogate => "half a surrogate pair",
            Self::Number => "malformed number",
            Self::Trailing => "something after the end",
            Self::Unfinished => "ends early",
        })
    }
}

impl std::error::Error for Fault {}
