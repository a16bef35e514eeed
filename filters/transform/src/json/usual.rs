//! Tokens as they usually are: whole in the chunk and sound. `None` says no more than that one must look closer.
//!
//! In V8 a call costs more than most tokens do, so all but escapes is inlined where it is needed.

use std::num::NonZeroUsize;

use super::block::{self, WIDTH};
use super::text::whole_escape;
use super::{Stops, number};

/// A name that begins at `at` and has no escapes: the place of its colon, if that stands right behind it.
#[inline(always)]
pub(crate) fn name(chunk: &[u8], at: usize, stops: &mut Stops) -> Option<usize> {
    let (start, end) = (stops.take(chunk), stops.take(chunk));
    let is_quoted = start == at && chunk.get(at) == Some(&b'"') && chunk.get(end) == Some(&b'"');
    (is_quoted && chunk.get(end + 1) == Some(&b':')).then_some(end + 1)
}

/// A value at `at` that is no array or object: where it ends.
#[inline(always)]
pub(crate) fn text_or_scalar(chunk: &[u8], at: usize, stops: &mut Stops) -> Option<NonZeroUsize> {
    if chunk.get(at) == Some(&b'"') { text(chunk, at, stops) } else { scalar(chunk, at) }
}

/// A string that begins at `at`.
#[inline(always)]
pub(crate) fn text(chunk: &[u8], at: usize, stops: &mut Stops) -> Option<NonZeroUsize> {
    let (start, stop) = (stops.take(chunk), stops.take(chunk));
    if start != at {
        return None;
    }
    if chunk.get(stop) == Some(&b'"') {
        return NonZeroUsize::new(stop + 1);
    }
    let end = escaped_text(chunk, stop, *stops)?;
    stops.seek(chunk, end.get());
    Some(end)
}

/// The rest of a string from a backslash on, which has been taken.
#[inline(never)]
fn escaped_text(chunk: &[u8], mut at: usize, mut stops: Stops) -> Option<NonZeroUsize> {
    loop {
        match chunk.get(at) {
            Some(b'"') => return NonZeroUsize::new(at + 1),
            Some(b'\\') => at = whole_escape(chunk, at)?,
            _ => return None,
        }
        stops.seek(chunk, at);
        at = stops.take(chunk);
    }
}

/// A number or a literal name.
#[inline(always)]
pub(crate) fn scalar(chunk: &[u8], at: usize) -> Option<NonZeroUsize> {
    let four = u32::from_le_bytes(*chunk.get(at..)?.first_chunk()?);
    let end = if four == TRUE || four == NULL {
        at + 4
    } else if four == FALS && chunk.get(at + 4) == Some(&b'e') {
        at + 5
    } else {
        number(chunk, at)?
    };
    NonZeroUsize::new(end)
}

const TRUE: u32 = u32::from_le_bytes(*b"true");
const NULL: u32 = u32::from_le_bytes(*b"null");
const FALS: u32 = u32::from_le_bytes(*b"fals");

#[inline(always)]
fn number(chunk: &[u8], at: usize) -> Option<usize> {
    let first = at + usize::from(chunk.get(at) == Some(&b'-'));
    let mut end = digits(chunk, first)?;
    if chunk.get(first) == Some(&b'0') && end > first + 1 {
        return None;
    }
    if chunk.get(end) == Some(&b'.') {
        end = digits(chunk, end + 1)?;
    }
    if matches!(chunk.get(end), Some(b'e' | b'E')) {
        let has_sign = matches!(chunk.get(end + 1), Some(b'-' | b'+'));
        end = digits(chunk, end + 1 + usize::from(has_sign))?;
    }
    Some(end)
}

/// Behind the digits at `at`, of which there must be one.
#[inline(always)]
fn digits(chunk: &[u8], at: usize) -> Option<usize> {
    let mut end = at;
    loop {
        let marks = number::beyond_digits(block::load(chunk, end)?).to_bitmask();
        if marks != 0 {
            return Some(end + block::first(marks)).filter(|end| *end > at);
        }
        end += WIDTH;
    }
}

/// Behind the one blank that stands between a colon and its value where there is any.
#[inline(always)]
pub(crate) fn skip_blank(chunk: &[u8], at: usize) -> usize {
    at + usize::from(chunk.get(at) == Some(&b' '))
}
