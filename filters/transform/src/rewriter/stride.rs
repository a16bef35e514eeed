//! The usual way through a chunk, in long strides: from entry to entry, over tokens that lie in the chunk whole.
//!
//! It knows no more of the grammar than what nearly all of a body is made of, and stops in front of whatever else there
//! is: an error, an escape in a name, a token that the chunk's end cuts, an entry that waits for its value. For all
//! that there is [`Place::step`]. Here nothing is asked twice, what a byte means is told by the place in the code, and
//! the place is told of a token only where the stride ends.

use std::num::NonZeroUsize;

use crate::json::{Stops, blanks, usual};
use crate::{Fault, MOST_LEVELS, Rules};

use super::editor::MOST_BLANKS;
use super::level::Level;
use super::walk::{At, Chunk};
use super::{Entry, Expected, Place, Token};

/// What every entry asks about the innermost level.
#[derive(Clone, Copy)]
struct Here {
    /// The bracket that ends the level.
    end: u8,
    /// One bit for each length of a name that has to be judged.
    lengths: u64,
}

/// Where a member's name and its value are, and the mark in front of it.
#[derive(Clone, Copy)]
struct Name {
    mark: usize,
    at: usize,
    colon: usize,
    value: usize,
}

/// A bracket and the brace of its kind differ in this bit alone.
const BRACE: u8 = 0x20;

impl Here {
    #[inline(always)]
    fn is_object(self) -> bool {
        self.end == b'}'
    }

    #[inline(always)]
    fn judges(self, name: Name) -> bool {
        let length = name.colon.wrapping_sub(name.at + 2);
        self.lengths >> length.min(63) & 1 != 0
    }
}

impl Place {
    /// Goes on from the comma behind an entry, or from an opening bracket, as far as all is as usual.
    #[inline(always)]
    pub(super) fn stride(&mut self, at: usize, chunk: &mut Chunk<'_>) -> At {
        let mark = match self.expected {
            Expected::CommaOrEnd if chunk.bytes.get(at) == Some(&b',') => at,
            // Right behind the bracket, unless a token has come that the chunk's end cuts.
            Expected::FirstName | Expected::FirstElement if self.token == Token::None && at > 0 => at - 1,
            _ => return Ok(at),
        };
        let is_usual = self.is_plain_here() && self.editor.held().is_empty();
        if is_usual { self.stride_on(mark, chunk) } else { Ok(at) }
    }

    /// With an allow-list most entries wait for their values, elements that are judged have no names, and outside of
    /// the outermost value there are no entries.
    #[inline(always)]
    pub(super) fn is_plain_here(&self) -> bool {
        self.level.is_kept && !self.outer.is_empty() && (self.level.is_object || !self.level.judges)
    }

    #[inline(always)]
    fn here(&self, rules: &Rules) -> Here {
        let lengths = if !self.level.judges {
            0
        } else if self.level.has_entry && self.way.is_nowhere() {
            rules.names.lengths()
        } else {
            u64::MAX
        };
        Here { end: if self.level.is_object { b'}' } else { b']' }, lengths }
    }

    /// From entry to entry. An entry's mark is the comma or the opening bracket in front of it.
    #[inline(never)]
    fn stride_on(&mut self, mut mark: usize, chunk: &mut Chunk<'_>) -> At {
        let bytes = chunk.bytes;
        let mut stops = Stops::new(bytes, mark);
        let mut here = self.here(chunk.rules);
        loop {
            let Some(at) = behind_mark(mark, bytes, &mut stops) else {
                return Ok(self.leave_at_entry(mark, chunk));
            };
            let mut value = at;
            let mut end = None;
            if here.is_object() {
                let Some(colon) = usual::name(bytes, at, &mut stops) else {
                    return Ok(self.leave_at_entry(mark, chunk));
                };
                value = usual::skip_blank(bytes, colon + 1);
                let name = Name { mark, at, colon, value };
                if here.judges(name) {
                    end = self.judge_usual_name(name, stops, chunk)?;
                    here = self.here(chunk.rules);
                }
            }
            if let Some(end) = end {
                stops.seek(bytes, end.get());
            } else {
                let Some(&first) = bytes.get(value) else {
                    return Ok(self.leave_at_value(mark, value, chunk));
                };
                end = if first == b'"' {
                    usual::text(bytes, value, &mut stops)
                } else if first | BRACE != b'{' {
                    usual::scalar(bytes, value)
                } else if self.stride_in(first, value, chunk) {
                    here = self.here(chunk.rules);
                    let entry = blanks::skip(bytes, value + 1);
                    if bytes.get(entry) != Some(&here.end) && self.is_plain_here() {
                        mark = value;
                        continue;
                    }
                    if bytes.get(entry) != Some(&here.end) {
                        return Ok(value + 1);
                    }
                    NonZeroUsize::new(entry)
                } else {
                    None
                };
            }
            let Some(end) = end else { return Ok(self.leave_at_value(mark, value, chunk)) };
            mark = end.get();
            if bytes.get(mark) != Some(&b',') {
                mark = self.stride_out(mark, chunk);
                if bytes.get(mark) != Some(&b',') || !self.is_plain_here() {
                    return Ok(mark);
                }
                here = self.here(chunk.rules);
            }
        }
    }

    /// A stride ends in front of a value.
    #[cold]
    fn leave_at_value(&mut self, mark: usize, at: usize, chunk: &Chunk<'_>) -> usize {
        if !self.level.is_object {
            return self.leave_at_entry(mark, chunk);
        }
        self.expected = Expected::Value;
        at
    }

    /// A stride ends in front of the entry behind `mark`.
    #[cold]
    fn leave_at_entry(&mut self, mark: usize, chunk: &Chunk<'_>) -> usize {
        if chunk.bytes.get(mark) == Some(&b',') {
            self.expected = Expected::CommaOrEnd;
            return mark;
        }
        self.expected = if self.level.is_object { Expected::FirstName } else { Expected::FirstElement };
        mark + 1
    }

    /// An array or object begins, unless it nests too deep. Where no rule can apply inside, little has to be known of it.
    #[inline(never)]
    fn stride_in(&mut self, bracket: u8, at: usize, chunk: &mut Chunk<'_>) -> bool {
        if self.outer.len() >= MOST_LEVELS {
            return false;
        }
        let is_object = bracket == b'{';
        let inner = if self.is_dropping || !self.level.is_looked_at {
            Level::ignored(is_object)
        } else if !is_object && self.way.is_nowhere() {
            Level { is_looked_at: chunk.rules.looks_everywhere, is_kept: true, ..Level::default() }
        } else {
            return self.open(bracket, at, chunk).is_ok();
        };
        self.entry = Entry::Settled;
        self.outer.push(std::mem::replace(&mut self.level, inner));
        true
    }

    /// Behind a value, and behind all arrays and objects that end with it.
    #[inline(never)]
    fn stride_out(&mut self, mut at: usize, chunk: &mut Chunk<'_>) -> usize {
        self.expected = Expected::CommaOrEnd;
        while self.is_plain_here() {
            let end = self.here(chunk.rules).end;
            if chunk.bytes.get(at) == Some(&end) {
                at = self.close(at, chunk);
            } else if blanks::is_blank_at(chunk.bytes, at) {
                at = blanks::skip_run(chunk.bytes, at);
            } else {
                break;
            }
        }
        at
    }

    /// Judges a member whose name has no escapes, in a level that is kept. Answers the end of its value, if that goes and
    /// is no array or object.
    #[inline(never)]
    fn judge_usual_name(
        &mut self,
        name: Name,
        mut stops: Stops,
        chunk: &mut Chunk<'_>,
    ) -> Result<Option<NonZeroUsize>, Fault> {
        let raw = chunk.bytes.get(name.at + 1..name.colon - 1).unwrap_or_default();
        let rule = chunk.rules.names.find(raw, false);
        let is_first = chunk.bytes.get(name.mark) != Some(&b',');
        if rule.is_none() && self.way.is_nowhere() && (is_first || self.level.has_entry) {
            self.level.has_entry = true;
            self.entry = Entry::Settled;
            return Ok(None);
        }
        self.editor.begin_entry(name.mark + usize::from(is_first));
        if rule.is_some_and(|rule| rule.is_removed) && self.way.is_nowhere() {
            self.go(chunk);
        } else {
            self.end_known_name(rule, raw.len(), Some(name.at), name.colon, chunk)?;
        }
        if !self.is_dropping {
            return Ok(None);
        }
        let end = usual::text_or_scalar(chunk.bytes, name.value, &mut stops);
        if let Some(end) = end {
            self.end_value(end.get());
        }
        Ok(end)
    }
}

/// Behind the mark and the blanks that follow, unless they are so many that they are cut.
#[inline(always)]
fn behind_mark(mark: usize, bytes: &[u8], stops: &mut Stops) -> Option<usize> {
    if !blanks::is_blank_at(bytes, mark + 1) {
        return Some(mark + 1);
    }
    let at = blanks::skip_run(bytes, mark + 1);
    stops.seek(bytes, at);
    (at - mark <= MOST_BLANKS).then_some(at)
}
