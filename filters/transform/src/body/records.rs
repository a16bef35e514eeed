//! JSON texts one after another: NDJSON, one on every line, and text sequences (RFC 7464), each behind a separator.

use crate::json::blanks;
use crate::{Fault, Rewriter};

/// A row of texts.
#[derive(Clone, Debug)]
pub(super) struct Records {
    rewriter: Rewriter,
    separator: u8,
    /// Whether nothing but blanks has come since the last separator.
    is_blank: bool,
}

impl Records {
    pub(super) fn lines(rewriter: Rewriter) -> Self {
        Self { rewriter, separator: b'\n', is_blank: true }
    }

    pub(super) fn sequence(rewriter: Rewriter) -> Self {
        Self { rewriter, separator: 0x1e, is_blank: true }
    }

    pub(super) fn withheld(&self) -> &[u8] {
        self.rewriter.withheld()
    }

    pub(super) fn rewriter(&self) -> &Rewriter {
        &self.rewriter
    }

    pub(super) fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        let mut rest = chunk;
        while let Some(at) = memchr::memchr(self.separator, rest) {
            let (record, behind) = rest.split_at_checked(at).unwrap_or((rest, &[]));
            self.part(record, out)?;
            self.finish()?;
            self.rewriter.restart();
            self.is_blank = true;
            out.push(self.separator);
            rest = behind.get(1..).unwrap_or_default();
        }
        self.part(rest, out)
    }

    /// Ends the last record.
    pub(super) fn finish(&mut self) -> Result<(), Fault> {
        if self.is_blank { Ok(()) } else { self.rewriter.finish() }
    }

    /// Blanks in front of a record, or alone between separators, are nobody's.
    fn part(&mut self, part: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        let blank = if self.is_blank { blanks::skip(part, 0) } else { 0 };
        let (blank, text) = part.split_at_checked(blank).unwrap_or((&[], part));
        out.extend_from_slice(blank);
        if text.is_empty() {
            return Ok(());
        }
        self.is_blank = false;
        self.rewriter.push(text, out)
    }
}
