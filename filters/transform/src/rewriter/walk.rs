//! The grammar: from token to token through the chunks.

use crate::json::{Literal, Number, Text, blanks};
use crate::{Fault, MOST_LEVELS, Malformed, Rules};

use super::level::Level;
use super::{Changes, Entry, Expected, Place, Token};

/// What a step needs besides the place: the chunk, and where things go.
pub(super) struct Chunk<'c> {
    pub(super) bytes: &'c [u8],
    pub(super) rules: &'c Rules,
    pub(super) out: &'c mut Vec<u8>,
    pub(super) changes: &'c mut Changes,
}

/// Where a step has ended.
pub(super) type At = Result<usize, Fault>;

impl Place {
    pub(super) fn push(
        &mut self,
        rules: &Rules,
        bytes: &[u8],
        out: &mut Vec<u8>,
        changes: &mut Changes,
    ) -> Result<(), Fault> {
        let chunk = &mut Chunk { bytes, rules, out, changes };
        self.editor.begin_chunk();
        let mut at = self.resume(chunk)?;
        loop {
            at = blanks::skip(chunk.bytes, at);
            let Some(&byte) = chunk.bytes.get(at) else { break };
            at = self.step(byte, at, chunk)?;
            at = self.stride(at, chunk)?;
        }
        self.end_chunk(chunk)
    }

    #[inline(always)]
    fn step(&mut self, byte: u8, at: usize, chunk: &mut Chunk<'_>) -> At {
        match (self.expected, byte) {
            (Expected::CommaOrEnd, b',') => self.comma(at, chunk),
            (Expected::Name | Expected::FirstName, b'"') => self.name(at, chunk),
            (Expected::Colon, b':') => Ok(self.colon(at, chunk)),
            (Expected::CommaOrEnd | Expected::FirstName, b'}') if self.level.is_object => {
                Ok(self.close(at, chunk))
            }
            (Expected::CommaOrEnd | Expected::FirstElement, b']') if !self.level.is_object => {
                Ok(self.close(at, chunk))
            }
            (Expected::Value | Expected::FirstElement, _) => self.value(byte, at, chunk),
            (Expected::Nothing, _) => Err(Malformed::Trailing.into()),
            _ => Err(Malformed::Unexpected.into()),
        }
    }

    /// Goes on with the token that the last chunk's end has cut.
    fn resume(&mut self, chunk: &mut Chunk<'_>) -> At {
        match std::mem::replace(&mut self.token, Token::None) {
            Token::None => Ok(0),
            Token::Name(text) => self.resume_name(text, chunk),
            Token::Text(text) => self.text(text, 0, chunk),
            Token::Number(number) => self.number(number, 0, chunk),
            Token::Literal(literal) => self.literal(literal, 0, chunk),
        }
    }

    /// What the chunk leaves undecided is held back; the rest leaves.
    fn end_chunk(&mut self, chunk: &mut Chunk<'_>) -> Result<(), Fault> {
        let end = chunk.bytes.len();
        match self.entry {
            Entry::Settled if self.is_dropping || self.level.is_pending => {}
            Entry::Settled => self.editor.write_to(chunk.bytes, end, chunk.out),
            Entry::Blanks | Entry::Value => self.editor.hold_blanks(chunk.bytes, end, chunk.out),
            Entry::Name => return self.hold_name(chunk),
        }
        Ok(())
    }

    /// What follows is looked at right away where it is what nearly always follows: that saves a turn through all cases.
    #[inline]
    fn comma(&mut self, at: usize, chunk: &mut Chunk<'_>) -> At {
        self.begin_next(at);
        if !self.level.is_object {
            return Ok(at + 1);
        }
        let next = blanks::skip(chunk.bytes, at + 1);
        if chunk.bytes.get(next) == Some(&b'"') { self.name(next, chunk) } else { Ok(next) }
    }

    /// The next entry begins with its comma.
    #[inline(always)]
    pub(super) fn begin_next(&mut self, comma: usize) {
        if self.level.judges {
            if self.level.is_pending {
                self.editor.skip_to(comma);
            }
            self.editor.begin_entry(comma);
            self.entry = Entry::Blanks;
        }
        self.expected = if self.level.is_object { Expected::Name } else { Expected::Value };
    }

    #[inline]
    pub(super) fn colon(&mut self, at: usize, chunk: &mut Chunk<'_>) -> usize {
        if self.entry == Entry::Value {
            self.editor.hold_blanks(chunk.bytes, at, chunk.out);
            self.editor.hold_token(b':', at + 1);
        }
        self.expected = Expected::Value;
        at + 1
    }

    #[inline]
    fn value(&mut self, byte: u8, at: usize, chunk: &mut Chunk<'_>) -> At {
        let is_nested = matches!(byte, b'{' | b'[');
        if self.level.judges {
            self.begin_value(is_nested, at, chunk);
        }
        if byte == b'"' {
            return self.text(Text::default(), at + 1, chunk);
        }
        if is_nested {
            return self.open(byte, at, chunk);
        }
        if let Some(number) = Number::starting(byte) {
            return self.number(number, at + 1, chunk);
        }
        let literal = Literal::starting(byte).ok_or(Malformed::Unexpected)?;
        self.literal(literal, at + 1, chunk)
    }

    #[inline]
    fn text(&mut self, mut text: Text, at: usize, chunk: &mut Chunk<'_>) -> At {
        let end = text.scan(chunk.bytes, at)?;
        self.end_of(end, Token::Text(text), chunk)
    }

    #[inline]
    fn number(&mut self, mut number: Number, at: usize, chunk: &mut Chunk<'_>) -> At {
        let end = number.scan(chunk.bytes, at)?;
        self.end_of(end, Token::Number(number), chunk)
    }

    #[inline]
    fn literal(&mut self, mut literal: Literal, at: usize, chunk: &mut Chunk<'_>) -> At {
        let end = literal.scan(chunk.bytes, at)?;
        self.end_of(end, Token::Literal(literal), chunk)
    }

    #[inline]
    fn end_of(&mut self, end: Option<usize>, token: Token, chunk: &mut Chunk<'_>) -> At {
        let Some(end) = end else {
            self.token = token;
            return Ok(chunk.bytes.len());
        };
        self.end_value(end);
        if chunk.bytes.get(end) == Some(&b',')
            && self.expected == Expected::CommaOrEnd
            && !self.is_plain_here()
        {
            return self.comma(end, chunk);
        }
        Ok(end)
    }

    /// A value has ended, and with it its entry.
    #[inline]
    pub(super) fn end_value(&mut self, end: usize) -> usize {
        if self.is_dropping && self.level.is_looked_at {
            self.is_dropping = false;
            self.editor.skip_to(end);
        }
        self.expected = if self.outer.is_empty() { Expected::Nothing } else { Expected::CommaOrEnd };
        end
    }

    #[inline(always)]
    pub(super) fn open(&mut self, byte: u8, at: usize, chunk: &mut Chunk<'_>) -> At {
        if self.outer.len() >= MOST_LEVELS {
            return Err(Fault::TooDeep);
        }
        let is_object = byte == b'{';
        let mut inner = self.inner_level(is_object, chunk.rules);
        if self.entry == Entry::Value {
            inner.is_pending = true;
            inner.claim = self.entry_claim.take();
            inner.held_at = self.editor.entry_at();
            self.editor.hold_blanks(chunk.bytes, at, chunk.out);
            self.editor.hold_token(byte, at + 1);
        }
        self.entry = Entry::Settled;
        if inner.judges {
            self.editor.begin_entry(at + 1);
            self.entry = Entry::Blanks;
        }
        self.outer.push(std::mem::replace(&mut self.level, inner));
        self.expected = if is_object { Expected::FirstName } else { Expected::FirstElement };
        Ok(at + 1)
    }

    #[inline(always)]
    pub(super) fn close(&mut self, at: usize, chunk: &mut Chunk<'_>) -> usize {
        if self.entry == Entry::Blanks {
            self.end_empty(at, chunk);
        }
        if self.level.has_constants && !self.level.is_pending {
            self.write_constants(at, chunk);
        }
        let around = self.outer.pop().unwrap_or_else(|| Level::outside(chunk.rules.keeps_all));
        let closed = std::mem::replace(&mut self.level, around);
        if closed.is_pending {
            self.editor.cut_pending(closed.held_at);
            self.editor.skip_to(at + 1);
            chunk.changes.removed += 1;
        }
        self.end_value(at + 1)
    }

    /// The blanks in front of a first entry turn out to be all there is.
    fn end_empty(&mut self, at: usize, chunk: &mut Chunk<'_>) {
        self.entry = Entry::Settled;
        if !self.level.is_pending {
            self.editor.end_blanks(chunk.bytes, at, chunk.out);
            self.editor.keep(chunk.out);
        }
    }
}
