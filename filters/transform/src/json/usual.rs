//! Tokens as they usually are: whole in the chunk and sound. `None` says no more than that one must look closer.

use super::block::{self, WIDTH};
use super::text::whole_escape;
use super::{Stops, number};

/// A name that begins at `at` and has no escapes: the place of its colon, if that stands right behind it.
#[inline(always)]
pub(crate) fn name(chunk: &[u8], at: usize, stops: &mut Stops<'_>) -> Option<usize> {
    if chunk.get(at) != Some(&b'"') {
        return None;
    }
    let stop = stops.next(at + 1);
    (chunk.get(stop) == Some(&b'"') && chunk.get(stop + 1) == Some(&b':')).then_some(stop + 1)
}

/// A string that begins at `at`: where it ends.
#[inline(always)]
pub(crate) fn text(chunk: &[u8], at: usize, stops: &mut Stops<'_>) -> Option<usize> {
    let mut at = at + 1;
    loop {
        at = stops.next(at);
        match chunk.get(at) {
            Some(b'"') => return Some(at + 1),
            Some(b'\\') => at = whole_escape(chunk, at)?,
            _ => return None,
        }
    }
}

/// A number without an exponent, or a literal name: where it ends.
#[inline(always)]
pub(crate) fn scalar(chunk: &[u8], at: usize) -> Option<usize> {
    let four = chunk.get(at..)?.first_chunk::<4>()?;
    let end = match four {
        b"true" | b"null" => at + 4,
        b"fals" if chunk.get(at + 4) == Some(&b'e') => at + 5,
        _ => number(chunk, at)?,
    };
    matches!(chunk.get(end), Some(b',' | b'}' | b']' | b'\n' | b' ')).then_some(end)
}

#[inline(always)]
fn number(chunk: &[u8], at: usize) -> Option<usize> {
    let first = at + usize::from(chunk.get(at) == Some(&b'-'));
    let end = digits(chunk, first)?;
    if end == first || (chunk.get(first) == Some(&b'0') && end > first + 1) {
        return None;
    }
    if chunk.get(end) != Some(&b'.') {
        return Some(end);
    }
    digits(chunk, end + 1).filter(|behind| *behind > end + 1)
}

/// Behind the one blank that stands between a colon and its value where there is any.
#[inline(always)]
pub(crate) fn skip_blank(chunk: &[u8], at: usize) -> usize {
    at + usize::from(chunk.get(at) == Some(&b' '))
}

#[inline(always)]
fn digits(chunk: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let marks = number::beyond_digits(block::load(chunk, at)?).to_bitmask();
        if marks != 0 {
            return Some(at + block::first(marks));
        }
        at += WIDTH;
    }
}
