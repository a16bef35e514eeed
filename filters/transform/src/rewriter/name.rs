//! Names of members: read, or held back until they have ended.

use crate::json::{Text, text_run};
use crate::rules::NameRule;
use crate::{Fault, Rules};

use super::judge::Span;
use super::walk::Chunk;
use super::{Entry, Expected, Place, Token};

/// A name up to this length is held back until it has ended; a longer one only if a rule's name can be spelled so.
const LONG_NAME: usize = 4096;

impl Place {
    /// A name begins at its quote.
    #[inline]
    pub(super) fn name(&mut self, at: usize, chunk: &mut Chunk<'_>) -> Result<usize, Fault> {
        if !self.level.judges {
            return self.ignore_name(Text::default(), at + 1, chunk);
        }
        self.editor.end_blanks(chunk.bytes, at, chunk.out);
        let stop = text_run(chunk.bytes, at + 1);
        if chunk.bytes.get(stop) != Some(&b'"') {
            return self.odd_name(at, stop, chunk);
        }
        let raw = chunk.bytes.get(at + 1..stop).unwrap_or_default();
        self.end_name(raw, false, Some(at), stop + 1, chunk)
    }

    /// A name that has escapes or that the chunk's end cuts.
    fn odd_name(&mut self, at: usize, stop: usize, chunk: &mut Chunk<'_>) -> Result<usize, Fault> {
        let mut text = Text::default();
        if let Some(end) = text.scan(chunk.bytes, stop)? {
            let raw = chunk.bytes.get(at + 1..end - 1).unwrap_or_default();
            return self.end_name(raw, true, Some(at), end, chunk);
        }
        self.token = Token::Name(text);
        self.entry = Entry::Name;
        self.editor.hold(chunk.bytes, at, chunk.out);
        self.editor.begin_held_name();
        Ok(chunk.bytes.len())
    }

    /// Goes on with a name that the last chunk's end has cut.
    pub(super) fn resume_name(&mut self, mut text: Text, chunk: &mut Chunk<'_>) -> Result<usize, Fault> {
        if self.entry != Entry::Name {
            return self.ignore_name(text, 0, chunk);
        }
        let Some(end) = text.scan(chunk.bytes, 0)? else {
            self.token = Token::Name(text);
            return Ok(chunk.bytes.len());
        };
        self.editor.hold(chunk.bytes, end, chunk.out);
        let quoted = self.editor.held_name().to_vec();
        let raw = if let [_, raw @ .., _] = &*quoted { raw } else { &[] };
        self.end_name(raw, raw.contains(&b'\\'), None, end, chunk)
    }

    /// A name of which nothing more must be known.
    fn ignore_name(&mut self, mut text: Text, at: usize, chunk: &Chunk<'_>) -> Result<usize, Fault> {
        match text.scan(chunk.bytes, at)? {
            Some(end) => {
                self.expected = Expected::Colon;
                Ok(end)
            }
            None => {
                self.token = Token::Name(text);
                Ok(chunk.bytes.len())
            }
        }
    }

    /// The chunk ends in a name. When it is too long for any rule, it is judged without its end.
    pub(super) fn hold_name(&mut self, chunk: &mut Chunk<'_>) -> Result<(), Fault> {
        let end = chunk.bytes.len();
        self.editor.hold(chunk.bytes, end, chunk.out);
        let quoted = self.editor.held_name().len();
        if is_long(quoted.saturating_sub(1), chunk.rules) {
            self.judge_member(None, Span { start: None, end, is_long: true }, chunk)?;
        }
        Ok(())
    }

    #[inline]
    pub(super) fn end_name(
        &mut self,
        raw: &[u8],
        is_escaped: bool,
        start: Option<usize>,
        end: usize,
        chunk: &mut Chunk<'_>,
    ) -> Result<usize, Fault> {
        self.expected = Expected::Colon;
        let rule = chunk.rules.names.find(raw, is_escaped);
        self.end_known_name(rule, raw.len(), start, end, chunk)?;
        if chunk.bytes.get(end) == Some(&b':') { Ok(self.colon(end, chunk)) } else { Ok(end) }
    }

    /// A name has ended of which `rule` speaks.
    #[inline]
    pub(super) fn end_known_name(
        &mut self,
        rule: Option<&NameRule>,
        length: usize,
        start: Option<usize>,
        end: usize,
        chunk: &mut Chunk<'_>,
    ) -> Result<(), Fault> {
        if rule.is_none() && self.level.is_kept && self.way.is_nowhere() {
            self.entry_is_kept = true;
            self.stay(chunk);
            return Ok(());
        }
        let is_long = is_long(length, chunk.rules);
        self.judge_member(rule, Span { start, end, is_long }, chunk)
    }
}

fn is_long(name: usize, rules: &Rules) -> bool {
    name > LONG_NAME.max(rules.names.longest_spelling())
}
