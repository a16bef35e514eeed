//! Numbers (RFC 8259, section 6). Their size does not matter: nothing is computed with them.

use wide::u8x16;

use super::block;
use crate::{Fault, Malformed};

/// What of a number has been read when a chunk ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    /// The minus sign.
    Minus,
    /// A leading zero, behind which no digit may stand.
    Zero,
    /// Digits of the whole part.
    Whole,
    /// The point.
    Point,
    /// Digits behind the point.
    Fraction,
    /// The `e`.
    Mark,
    /// The exponent's sign.
    Sign,
    /// Digits of the exponent.
    Exponent,
}

impl Number {
    /// A number that begins with `byte`.
    #[inline]
    pub(crate) fn starting(byte: u8) -> Option<Self> {
        match byte {
            b'1'..=b'9' => Some(Self::Whole),
            b'0' => Some(Self::Zero),
            b'-' => Some(Self::Minus),
            _ => None,
        }
    }

    /// Goes on with the number; the end is the first byte that is none of it.
    #[inline]
    pub(crate) fn scan(&mut self, chunk: &[u8], mut at: usize) -> Result<Option<usize>, Fault> {
        loop {
            if matches!(self, Self::Whole | Self::Fraction | Self::Exponent) {
                at = digit_run(chunk, at);
            }
            let Some(&byte) = chunk.get(at) else { return Ok(None) };
            match self.behind(byte) {
                Some(next) => *self = next,
                None if self.is_whole() => return Ok(Some(at)),
                None => return Err(Malformed::Number.into()),
            }
            at += 1;
        }
    }

    /// Whether the number could end here.
    pub(crate) fn is_whole(self) -> bool {
        matches!(self, Self::Zero | Self::Whole | Self::Fraction | Self::Exponent)
    }

    #[inline(always)]
    fn behind(self, byte: u8) -> Option<Self> {
        match (self, byte) {
            (Self::Whole | Self::Minus, b'1'..=b'9') | (Self::Whole, b'0') => Some(Self::Whole),
            (Self::Minus, b'0') => Some(Self::Zero),
            (Self::Whole | Self::Zero, b'.') => Some(Self::Point),
            (Self::Point | Self::Fraction, b'0'..=b'9') => Some(Self::Fraction),
            (Self::Whole | Self::Zero | Self::Fraction, b'e' | b'E') => Some(Self::Mark),
            (Self::Mark, b'+' | b'-') => Some(Self::Sign),
            (Self::Mark | Self::Sign | Self::Exponent, b'0'..=b'9') => Some(Self::Exponent),
            _ => None,
        }
    }
}

/// The first byte from `at` on that is no digit, or the chunk's end.
#[inline(always)]
fn digit_run(chunk: &[u8], at: usize) -> usize {
    block::find(chunk, at, beyond_digits, |byte| !byte.is_ascii_digit())
}

/// Marks the lanes that hold no digit.
#[inline(always)]
pub(super) fn beyond_digits(block: u8x16) -> u8x16 {
    (block - u8x16::splat(b'0')).simd_ge(u8x16::splat(10))
}
