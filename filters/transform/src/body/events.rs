//! Server-sent events (the HTML standard, section 9.2): the data of each event is one JSON text.
//!
//! An event's data may stand on several lines, which are joined by line breaks; the rewriter sees them so. What it
//! writes is laid out on data lines again. All other lines pass as they come.

mod layout;

use crate::json::blanks;
use crate::{Fault, Rewriter};

use layout::{DATA, Layout};

/// A stream of events.
#[derive(Clone, Debug)]
pub(super) struct Events {
    rewriter: Rewriter,
    line: Line,
    data: Data,
    layout: Layout,
    /// What a line feed means now.
    line_feed: LineFeed,
    written: Vec<u8>,
}

/// What is known of the present line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// So many bytes of the byte order mark that may begin the stream.
    Mark(usize),
    /// So many bytes of [`DATA`].
    Name(usize),
    /// A blank may follow, which is not of the data.
    Colon,
    /// The data.
    Data,
    /// A line of something else.
    Other,
}

/// What is known of the present event's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Data {
    /// Nothing but blanks.
    Blank,
    /// So many bytes of [`DONE`].
    Done(usize),
    /// A JSON text.
    Text,
}

/// What a line feed means. Behind a carriage return, which ends a line itself, it belongs to that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LineFeed {
    EndsLine,
    /// The carriage return has been written.
    IsWritten,
    /// The carriage return ended a data line, and is written with the next line.
    IsPending,
}

const MARK: &[u8] = b"\xef\xbb\xbf";
/// What services send behind the last event instead of JSON; it has no members that could leak.
const DONE: &[u8] = b"[DONE]";

impl Events {
    pub(super) fn new(rewriter: Rewriter) -> Self {
        Self {
            rewriter,
            line: Line::Mark(0),
            data: Data::Blank,
            layout: Layout::default(),
            line_feed: LineFeed::EndsLine,
            written: Vec::new(),
        }
    }

    pub(super) fn rewriter(&self) -> &Rewriter {
        &self.rewriter
    }

    pub(super) fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        let mut rest = chunk;
        while let Some((byte, behind)) = rest.split_first() {
            rest = match (*byte, self.line) {
                (b'\n' | b'\r', _) => {
                    self.end_line(*byte, out)?;
                    behind
                }
                (_, Line::Data) => self.data(rest, out)?,
                (_, Line::Other) => self.other(rest, out),
                (byte, _) => self.begin_line(byte, rest, out)?,
            };
        }
        Ok(())
    }

    /// Ends the stream. An event that was not ended is dropped by whoever reads it, so its text need not be whole.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        if self.data == Data::Done(DONE.len()) {
            self.layout.write(DONE, out);
        }
        out.extend(self.line_withheld());
    }

    /// What has been read and not yet written, as far as it has not gone for good.
    pub(super) fn withheld(&self) -> Vec<u8> {
        let done = match self.data {
            Data::Done(seen) if seen < DONE.len() => DONE.get(..seen).unwrap_or_default(),
            Data::Done(_) | Data::Blank | Data::Text => b"",
        };
        [self.rewriter.withheld(), done, &*self.line_withheld()].concat()
    }

    /// The same, of what is no data.
    fn line_withheld(&self) -> Vec<u8> {
        let line_end = if self.line == Line::Data { b"" } else { self.layout.line_end_withheld() };
        let name = match self.line {
            Line::Name(seen) => DATA.get(..seen).unwrap_or_default(),
            Line::Colon => DATA,
            Line::Mark(_) | Line::Data | Line::Other => b"",
        };
        [line_end, name].concat()
    }

    /// A byte of a line whose kind is not known yet; answers what is left of `rest`.
    fn begin_line<'r>(&mut self, byte: u8, rest: &'r [u8], out: &mut Vec<u8>) -> Result<&'r [u8], Fault> {
        self.line_feed = LineFeed::EndsLine;
        let behind = rest.get(1..).unwrap_or_default();
        match self.line {
            Line::Mark(seen) if MARK.get(seen) == Some(&byte) => {
                out.push(byte);
                self.line = if seen + 1 < MARK.len() { Line::Mark(seen + 1) } else { Line::Name(0) };
                Ok(behind)
            }
            Line::Mark(0) => {
                self.line = Line::Name(0);
                Ok(rest)
            }
            Line::Name(seen) if DATA.get(seen) == Some(&byte) => {
                self.line = if seen + 1 < DATA.len() { Line::Name(seen + 1) } else { Line::Colon };
                Ok(behind)
            }
            Line::Colon => {
                self.begin_data(byte == b' ', out)?;
                Ok(if byte == b' ' { behind } else { rest })
            }
            Line::Name(seen) => {
                self.write_name(seen, out);
                self.line = Line::Other;
                Ok(rest)
            }
            Line::Mark(_) | Line::Data | Line::Other => {
                self.line = Line::Other;
                Ok(rest)
            }
        }
    }

    fn other<'r>(&mut self, rest: &'r [u8], out: &mut Vec<u8>) -> &'r [u8] {
        let (part, behind) = split_line(rest);
        out.extend_from_slice(part);
        behind
    }

    fn begin_data(&mut self, has_blank: bool, out: &mut Vec<u8>) -> Result<(), Fault> {
        self.line = Line::Data;
        self.layout.has_blank = has_blank;
        match self.data {
            Data::Text => return self.rewrite(b"\n", out),
            // Two lines with nothing on the first, or with something behind the sentinel.
            Data::Blank => self.layout.end_line(out),
            Data::Done(seen) => {
                self.data = Data::Text;
                self.rewrite(DONE.get(..seen).unwrap_or_default(), out)?;
                return self.rewrite(b"\n", out);
            }
        }
        Ok(())
    }

    /// Goes on with a data line; answers the rest from its end on.
    fn data<'r>(&mut self, rest: &'r [u8], out: &mut Vec<u8>) -> Result<&'r [u8], Fault> {
        let (part, behind) = split_line(rest);
        let text = self.lead(part, out)?;
        if !text.is_empty() {
            self.rewrite(text, out)?;
        }
        Ok(behind)
    }

    /// Takes off a data line what is no JSON: blanks in front of it, and the sentinel, as far as it goes.
    fn lead<'p>(&mut self, part: &'p [u8], out: &mut Vec<u8>) -> Result<&'p [u8], Fault> {
        let mut text = part;
        if self.data == Data::Blank {
            let (blank, behind) = part.split_at_checked(blanks::skip(part, 0)).unwrap_or((&[], part));
            self.layout.write(blank, out);
            text = behind;
            if !text.is_empty() {
                self.data = Data::Done(0);
            }
        }
        while let Data::Done(seen) = self.data {
            let Some((byte, behind)) = text.split_first() else { break };
            if DONE.get(seen) != Some(byte) {
                self.data = Data::Text;
                self.rewrite(DONE.get(..seen).unwrap_or_default(), out)?;
                break;
            }
            self.data = Data::Done(seen + 1);
            text = behind;
        }
        Ok(text)
    }

    fn end_line(&mut self, byte: u8, out: &mut Vec<u8>) -> Result<(), Fault> {
        let line_feed = std::mem::replace(&mut self.line_feed, LineFeed::EndsLine);
        match (byte, line_feed) {
            (b'\n', LineFeed::IsWritten) => out.push(byte),
            (b'\n', LineFeed::IsPending) => self.layout.line_end = b"\r\n",
            (b'\n', LineFeed::EndsLine) => {
                self.end_known_line(b"\n", out)?;
            }
            _ => self.line_feed = self.end_known_line(b"\r", out)?,
        }
        Ok(())
    }

    /// Ends the present line; answers where its end has gone.
    fn end_known_line(&mut self, end: &'static [u8], out: &mut Vec<u8>) -> Result<LineFeed, Fault> {
        if self.line == Line::Colon {
            self.begin_data(false, out)?;
        }
        match std::mem::replace(&mut self.line, Line::Name(0)) {
            Line::Data | Line::Colon => {
                if self.data == Data::Blank {
                    self.layout.begin_line(out);
                }
                self.layout.line_end = end;
                return Ok(LineFeed::IsPending);
            }
            Line::Name(0) | Line::Mark(0) => self.end_event(out)?,
            Line::Name(seen) => self.write_name(seen, out),
            Line::Mark(_) | Line::Other => {}
        }
        out.extend_from_slice(end);
        Ok(LineFeed::IsWritten)
    }

    /// What has been seen of `data:` turns out to be the name of something else.
    fn write_name(&mut self, seen: usize, out: &mut Vec<u8>) {
        self.layout.end_line(out);
        out.extend_from_slice(DATA.get(..seen).unwrap_or_default());
    }

    fn end_event(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        match std::mem::replace(&mut self.data, Data::Blank) {
            Data::Blank => {}
            Data::Done(seen) if seen == DONE.len() => self.layout.write(DONE, out),
            Data::Done(seen) => {
                self.rewrite(DONE.get(..seen).unwrap_or_default(), out)?;
                self.end_text()?;
            }
            Data::Text => self.end_text()?,
        }
        self.layout.end_line(out);
        Ok(())
    }

    fn end_text(&mut self) -> Result<(), Fault> {
        self.rewriter.finish()?;
        self.rewriter.restart();
        Ok(())
    }

    fn rewrite(&mut self, text: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        let mut written = std::mem::take(&mut self.written);
        let result = self.rewriter.push(text, &mut written);
        self.layout.write(&written, out);
        written.clear();
        self.written = written;
        result
    }
}

/// The bytes before the next end of a line, and the rest from it on.
fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = memchr::memchr2(b'\n', b'\r', bytes).unwrap_or(bytes.len());
    bytes.split_at_checked(end).unwrap_or((bytes, &[]))
}
