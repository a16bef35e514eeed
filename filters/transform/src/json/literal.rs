//! `true`, `false` and `null` (RFC 8259, section 3).

use crate::{Fault, Malformed};

/// What of a literal name is still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Literal {
    rest: &'static [u8],
}

impl Literal {
    /// The literal that begins with `byte`, which is behind it already.
    pub(crate) fn starting(byte: u8) -> Option<Self> {
        let rest: &'static [u8] = match byte {
            b't' => b"rue",
            b'f' => b"alse",
            b'n' => b"ull",
            _ => return None,
        };
        Some(Self { rest })
    }

    /// Goes on with the literal.
    pub(crate) fn scan(&mut self, chunk: &[u8], at: usize) -> Result<Option<usize>, Fault> {
        let come = chunk.get(at..).unwrap_or_default();
        if come.starts_with(self.rest) {
            return Ok(Some(at + self.rest.len()));
        }
        match self.rest.strip_prefix(come) {
            Some(rest) => {
                self.rest = rest;
                Ok(None)
            }
            None => Err(Malformed::Unexpected.into()),
        }
    }
}
