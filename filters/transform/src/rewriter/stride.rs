//! The usual way through a chunk, in long strides: from entry to entry, over tokens that lie in the chunk whole.
//!
//! It knows no more of the grammar than what nearly all of a body is made of, and stops in front of whatever else there
//! is: an error, an escape in a name, a token that the chunk's end cuts, an entry that waits for its value. For all
//! that there is [`Place::step`]. Here nothing is asked twice, and what a byte means is told by the place in the code.

use crate::Fault;
use crate::json::{Stops, blanks, usual};

use super::editor::MOST_BLANKS;
use super::walk::{At, Chunk};
use super::{Entry, Expected, Place};

/// Where a stride has led.
enum Next {
    /// In front of what usually comes next.
    Usual(usize),
    /// In front of something else.
    Other(usize),
}

impl Place {
    /// Goes on from a value as far as all is as usual.
    #[inline(always)]
    pub(super) fn stride(&mut self, at: usize, chunk: &mut Chunk<'_>) -> At {
        if self.expected != Expected::Value || self.entry != Entry::Settled || !self.is_plain_here() {
            return Ok(at);
        }
        let mut at = blanks::skip(chunk.bytes, at);
        let mut stops = Stops::new(chunk.bytes, at);
        loop {
            at = match self.stride_over_value(at, &mut stops, chunk)? {
                Next::Usual(entry) => entry,
                Next::Other(at) => return Ok(at),
            };
            if self.level.is_object {
                at = match self.stride_over_name(at, &mut stops, chunk)? {
                    Next::Usual(value) => value,
                    Next::Other(at) => return Ok(at),
                };
            } else if self.level.judges {
                return Ok(at);
            }
        }
    }

    /// With an allow-list most entries wait for their values; outside of the outermost value there are no entries.
    #[inline(always)]
    fn is_plain_here(&self) -> bool {
        self.level.is_kept && !self.outer.is_empty()
    }

    /// From a value to the next entry: into it, or behind it and the comma that follows.
    #[inline(always)]
    fn stride_over_value(
        &mut self,
        at: usize,
        stops: &mut Stops<'_>,
        chunk: &mut Chunk<'_>,
    ) -> Result<Next, Fault> {
        let end = match chunk.bytes.get(at) {
            Some(b'"') => usual::text(chunk.bytes, at, stops),
            Some(byte @ (b'{' | b'[')) => {
                let entry = blanks::skip(chunk.bytes, self.open(*byte, at, chunk)?);
                if !self.is_end_at(entry, chunk.bytes) {
                    return Ok(Next::Usual(entry));
                }
                Some(self.close(entry, chunk))
            }
            _ => usual::scalar(chunk.bytes, at),
        };
        let Some(end) = end else { return Ok(Next::Other(at)) };
        self.end_value(end);
        Ok(self.stride_to_entry(end, chunk))
    }

    /// From the end of a value to the next entry.
    #[inline(always)]
    fn stride_to_entry(&mut self, mut at: usize, chunk: &mut Chunk<'_>) -> Next {
        loop {
            match chunk.bytes.get(at) {
                Some(b',') if !self.outer.is_empty() => break,
                Some(b'}' | b']') if self.is_end_at(at, chunk.bytes) => at = self.close(at, chunk),
                Some(b'\n' | b' ') => at = blanks::skip(chunk.bytes, at),
                _ => return Next::Other(at),
            }
        }
        self.begin_next(at);
        let entry = blanks::skip(chunk.bytes, at + 1);
        // Such a run of blanks is cut.
        if entry - at > MOST_BLANKS { Next::Other(entry) } else { Next::Usual(entry) }
    }

    /// Whether the innermost level ends here, if there is one.
    #[inline(always)]
    fn is_end_at(&self, at: usize, bytes: &[u8]) -> bool {
        let bracket = if self.level.is_object { b'}' } else { b']' };
        bytes.get(at) == Some(&bracket) && !self.outer.is_empty()
    }

    /// From a name to its value.
    #[inline(always)]
    fn stride_over_name(
        &mut self,
        at: usize,
        stops: &mut Stops<'_>,
        chunk: &mut Chunk<'_>,
    ) -> Result<Next, Fault> {
        let Some(colon) = usual::name(chunk.bytes, at, stops) else { return Ok(Next::Other(at)) };
        if self.level.judges {
            let raw = chunk.bytes.get(at + 1..colon - 1).unwrap_or_default();
            if chunk.rules.names.may_hold(raw.len()) || !self.keeps_unnamed() {
                self.judge_usual_name(raw, at, colon, chunk)?;
                if self.entry == Entry::Value {
                    return Ok(Next::Other(colon + 1));
                }
            }
            self.entry = Entry::Settled;
        }
        self.expected = Expected::Value;
        Ok(Next::Usual(usual::skip_blank(chunk.bytes, colon + 1)))
    }

    /// Whether a member that no rule names stays, and nothing has to be done about it.
    #[inline(always)]
    fn keeps_unnamed(&self) -> bool {
        self.level.is_kept
            && self.level.has_entry
            && self.way.is_nowhere()
            && self.editor.held().is_empty()
            && self.entry_claim.is_none()
    }

    #[inline(never)]
    fn judge_usual_name(
        &mut self,
        raw: &[u8],
        at: usize,
        colon: usize,
        chunk: &mut Chunk<'_>,
    ) -> Result<(), Fault> {
        if self.keeps_unnamed() {
            match chunk.rules.names.find(raw, false) {
                None => return Ok(()),
                Some(rule) if rule.is_removed => {
                    self.go(chunk);
                    return Ok(());
                }
                Some(_) => {}
            }
        }
        self.editor.end_blanks(chunk.bytes, at, chunk.out);
        self.end_name(raw, false, Some(at), colon, chunk)?;
        Ok(())
    }
}
