//! Strings, names among them (RFC 8259, section 7).

use wide::u8x16;

use super::block;
use crate::{Fault, Malformed};

/// Where a string stands when a chunk ends; the opening quote is behind it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Text {
    /// Between characters.
    #[default]
    Plain,
    /// Behind a backslash.
    Escape,
    /// Behind `\u` and some of its digits.
    Unit { digits: u8, code: u16 },
    /// Behind the first half of a surrogate pair.
    Half,
    /// Behind that and a backslash.
    HalfEscape,
    /// Behind that, `\u` and some of its digits.
    SecondUnit { digits: u8, code: u16 },
}

impl Text {
    /// Goes on with the string; the end is behind its closing quote.
    #[inline]
    pub(crate) fn scan(&mut self, chunk: &[u8], mut at: usize) -> Result<Option<usize>, Fault> {
        loop {
            if *self == Self::Plain {
                at = plain_run(chunk, at);
                if chunk.get(at) == Some(&b'"') {
                    return Ok(Some(at + 1));
                }
            }
            if *self == Self::Plain
                && let Some(end) = whole_escape(chunk, at)
            {
                at = end;
                continue;
            }
            let Some(&byte) = chunk.get(at) else { return Ok(None) };
            *self = self.behind(byte)?;
            at += 1;
        }
    }

    /// The state behind a byte that is no plain character.
    fn behind(self, byte: u8) -> Result<Self, Fault> {
        match (self, byte) {
            (Self::Plain, b'\\') => Ok(Self::Escape),
            (Self::Plain, _) => Err(Malformed::ControlCharacter.into()),
            (Self::Escape, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(Self::Plain),
            (Self::Escape, b'u') => Ok(Self::Unit { digits: 0, code: 0 }),
            (Self::Unit { digits: 3, code }, _) => after_unit(with_digit(code, byte)?),
            (Self::Unit { digits, code }, _) => {
                let code = with_digit(code, byte)?;
                Ok(Self::Unit { digits: digits + 1, code })
            }
            (Self::Half, b'\\') => Ok(Self::HalfEscape),
            (Self::HalfEscape, b'u') => Ok(Self::SecondUnit { digits: 0, code: 0 }),
            (Self::Half | Self::HalfEscape, _) => Err(Malformed::LoneSurrogate.into()),
            (Self::SecondUnit { digits: 3, code }, _) => after_second_unit(with_digit(code, byte)?),
            (Self::SecondUnit { digits, code }, _) => {
                let code = with_digit(code, byte)?;
                Ok(Self::SecondUnit { digits: digits + 1, code })
            }
            (Self::Escape, _) => Err(Malformed::Escape.into()),
        }
    }
}

/// The end of an escape that is all there, sound, and alone; others are read byte by byte. Text in other scripts than
/// Latin often comes with all of it escaped.
#[inline(always)]
pub(super) fn whole_escape(chunk: &[u8], at: usize) -> Option<usize> {
    match chunk.get(at..)?.first_chunk::<6>()? {
        [b'\\', b'u', digits @ ..] => {
            let code = digits.iter().try_fold(0, |code, byte| with_digit(code, *byte).ok())?;
            (after_unit(code) == Ok(Text::Plain)).then_some(at + 6)
        }
        [b'\\', byte, ..] if is_single(*byte) => Some(at + 2),
        _ => None,
    }
}

/// Whether a byte behind a backslash is a whole escape: a bit of one of two words, since such bytes are in no order.
#[inline(always)]
fn is_single(byte: u8) -> bool {
    const LOW: u64 = set(b"\"/");
    const HIGH: u64 = set(b"\\bfnrt");
    let word = if byte & 0x40 == 0 { LOW } else { HIGH };
    byte.is_ascii() && word >> (byte & 63) & 1 != 0
}

const fn set(mut bytes: &[u8]) -> u64 {
    let mut set = 0;
    while let [byte, rest @ ..] = bytes {
        set |= 1 << (*byte & 63);
        bytes = rest;
    }
    set
}

#[inline]
fn after_unit(code: u16) -> Result<Text, Fault> {
    match code {
        0xD800..=0xDBFF => Ok(Text::Half),
        0xDC00..=0xDFFF => Err(Malformed::LoneSurrogate.into()),
        _ => Ok(Text::Plain),
    }
}

fn after_second_unit(code: u16) -> Result<Text, Fault> {
    match code {
        0xDC00..=0xDFFF => Ok(Text::Plain),
        _ => Err(Malformed::LoneSurrogate.into()),
    }
}

#[inline]
fn with_digit(code: u16, byte: u8) -> Result<u16, Fault> {
    let digit = match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'f' => byte - b'a' + 10,
        b'A'..=b'F' => byte - b'A' + 10,
        _ => return Err(Malformed::Escape.into()),
    };
    Ok(code << 4 | u16::from(digit))
}

/// The first quote, backslash or control character from `at` on, or the chunk's end.
#[inline(always)]
pub(crate) fn plain_run(chunk: &[u8], at: usize) -> usize {
    block::find(chunk, at, stops, |byte| byte <= 0x1f || byte == b'"' || byte == b'\\')
}

/// Marks the lanes at which a string's plain characters end.
#[inline(always)]
pub(super) fn stops(block: u8x16) -> u8x16 {
    block::is(block, b'"') | block::is(block, b'\\') | block.simd_le(u8x16::splat(0x1f))
}
