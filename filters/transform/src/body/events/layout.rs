//! Data, laid out on data lines.

/// What data lines begin with.
pub(super) const DATA: &[u8] = b"data:";

/// The data lines of the output.
///
/// A line is ended only when it is known what follows it: its data may go on behind data that has not been decided yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    /// What ended the last data line.
    pub(super) line_end: &'static [u8],
    /// Whether the present data line has a blank behind its colon.
    pub(super) has_blank: bool,
    /// Whether a data line has been begun and not ended.
    is_line_open: bool,
}

impl Layout {
    /// Writes data. A line break in it, which can only come from between two data lines, is laid out as one.
    pub(super) fn write(&mut self, data: &[u8], out: &mut Vec<u8>) {
        for (at, line) in data.split(|byte| *byte == b'\n').enumerate() {
            if at > 0 {
                self.end_line(out);
            }
            if !line.is_empty() {
                self.begin_line(out);
                out.extend_from_slice(line);
            }
        }
    }

    /// Begins a data line, unless one is open.
    pub(super) fn begin_line(&mut self, out: &mut Vec<u8>) {
        if !self.is_line_open {
            out.extend_from_slice(DATA);
            if self.has_blank {
                out.push(b' ');
            }
            self.is_line_open = true;
        }
    }

    /// Ends the data line that is open, if one is.
    pub(super) fn end_line(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.is_line_open) {
            out.extend_from_slice(self.line_end);
        }
    }

    /// The end of the line that is open.
    pub(super) fn line_end_withheld(&self) -> &'static [u8] {
        if self.is_line_open { self.line_end } else { b"" }
    }
}
