//! Reading untrusted bytes to their end.
//!
//! A block of bytes becomes bits, which tell at once where its strings are; what is left are the places where tokens begin,
//! and only those are looked at one by one.

use super::NotJson;
use super::block::{BLOCK, Marks, StringMarks, Strings, is_ascii};
use super::grammar::{Nest, State, Token};
use super::scan::{Scan, Unexpected, has_four_hex};

/// The one value that `bytes` hold, without the white space around it.
pub(super) fn one_value(bytes: &[u8]) -> Result<&[u8], NotJson> {
    if !is_utf8(bytes) {
        return Err(NotJson::NotUtf8);
    }
    let mut reading = Reading::new(bytes);
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    for block in blocks {
        reading.block(block)?;
    }
    let mut last = [b' '; BLOCK];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    reading.block(&last)?;
    reading.finish()?;
    Ok(bytes.trim_ascii())
}

/// Looks closely at runs of blocks that are not all ASCII. No character reaches into or out of such a run, since no byte of one
/// that takes several is ASCII.
fn is_utf8(bytes: &[u8]) -> bool {
    let is_sound = |run: Option<&[u8]>| std::str::from_utf8(run.unwrap_or_default()).is_ok();
    let mut run = None;
    for (at, block) in (0..).step_by(BLOCK).zip(bytes.chunks(BLOCK)) {
        match (is_ascii(block), run) {
            (false, None) => run = Some(at),
            (false, Some(_)) | (true, None) => {}
            (true, Some(start)) if is_sound(bytes.get(start..at)) => run = None,
            (true, Some(_)) => return false,
        }
    }
    run.is_none_or(|start| is_sound(bytes.get(start..)))
}

impl From<Unexpected> for NotJson {
    fn from(_: Unexpected) -> Self {
        Self::Malformed
    }
}

struct Reading<'a> {
    bytes: &'a [u8],
    /// Where the next block begins.
    at: usize,
    strings: Strings,
    /// Whether the block before ended inside a number or word.
    in_scalar: u64,
    state: State,
    nest: Nest,
}

impl<'a> Reading<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            strings: Strings::default(),
            in_scalar: 0,
            state: State::Value,
            nest: Nest::default(),
        }
    }

    #[inline(always)]
    fn block(&mut self, block: &[u8; BLOCK]) -> Result<(), NotJson> {
        let marks = Marks::of(block);
        let strings = self.strings.next(&marks);
        if marks.controls != 0 {
            check_controls(block, marks.controls, strings.inside)?;
        }
        if strings.escaped & strings.inside != 0 {
            check_escapes(self.bytes.get(self.at..).unwrap_or_default(), strings.escaped & strings.inside)?;
        }
        let scalars = self.scalars(&marks, &strings);
        self.check_scalars(block, scalars)?;
        let others = (marks.operators & !strings.inside) | (strings.quotes & strings.inside);
        self.tokens(block, others | scalars)?;
        self.at += BLOCK;
        Ok(())
    }

    /// Where numbers and words begin: what is neither operator nor string nor blank, and follows nothing of its kind.
    #[inline(always)]
    fn scalars(&mut self, marks: &Marks, strings: &StringMarks) -> u64 {
        let scalars = !(marks.operators | marks.blanks | strings.quotes | strings.inside);
        let starts = scalars & !(scalars << 1 | self.in_scalar);
        self.in_scalar = scalars >> 63;
        starts
    }

    #[inline(never)]
    fn check_scalars(&self, block: &[u8; BLOCK], mut starts: u64) -> Result<(), NotJson> {
        while starts != 0 {
            let place = starts.trailing_zeros() as usize;
            starts &= starts - 1;
            check_scalar(self.bytes, block.get(place).copied().unwrap_or_default(), self.at + place)?;
        }
        Ok(())
    }

    /// Goes along with the tokens that begin in a block. Numbers and words are only a step of the grammar here: a branch for each,
    /// which no processor foresees, would cost more than looking at them apart.
    #[inline(never)]
    fn tokens(&mut self, block: &[u8; BLOCK], mut starts: u64) -> Result<(), NotJson> {
        let mut state = self.state;
        while starts != 0 {
            let place = starts.trailing_zeros() as usize;
            starts &= starts - 1;
            let token = Token::starting(block.get(place).copied().unwrap_or_default());
            state = state.behind(token);
            if !token.is_plain() {
                state = self.nest.follow(state)?;
            }
        }
        self.state = state;
        state.check()
    }

    #[inline(always)]
    fn finish(&self) -> Result<(), NotJson> {
        if self.state == State::Complete && !self.strings.is_open() {
            return Ok(());
        }
        let is_empty = self.bytes.trim_ascii().is_empty();
        Err(if is_empty { NotJson::Empty } else { NotJson::Malformed })
    }
}

/// A number or word is right if something else, or nothing, comes behind it.
#[inline]
fn check_scalar(bytes: &[u8], first: u8, at: usize) -> Result<(), NotJson> {
    let mut scan = Scan { bytes, at };
    match first {
        b't' => scan.word(b"true")?,
        b'f' => scan.word(b"false")?,
        b'n' => scan.word(b"null")?,
        _ => scan.number()?,
    }
    match scan.peek() {
        None | Some(b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t') => Ok(()),
        Some(_) => Err(NotJson::Malformed),
    }
}

/// Half a surrogate pair is let through, as the grammar does.
#[cold]
fn check_escapes(bytes: &[u8], mut escaped: u64) -> Result<(), NotJson> {
    while escaped != 0 {
        let place = escaped.trailing_zeros() as usize;
        escaped &= escaped - 1;
        match bytes.get(place..).unwrap_or_default() {
            [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => {}
            [b'u', hex @ ..] if has_four_hex(hex) => {}
            _ => return Err(NotJson::Malformed),
        }
    }
    Ok(())
}

/// Line ends and tabs may stand between tokens; no control character may stand in a string.
#[inline]
fn check_controls(block: &[u8; BLOCK], mut controls: u64, inside: u64) -> Result<(), NotJson> {
    if controls & inside != 0 {
        return Err(NotJson::Malformed);
    }
    while controls != 0 {
        let place = controls.trailing_zeros() as usize;
        controls &= controls - 1;
        if !matches!(block.get(place), Some(b'\n' | b'\r' | b'\t')) {
            return Err(NotJson::Malformed);
        }
    }
    Ok(())
}
