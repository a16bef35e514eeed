//! What leaves and what does not, as runs of bytes.
//!
//! Bytes that stay leave in runs, straight from the chunk. From the blanks in front of an entry (with their comma) until
//! it is decided whether the entry stays, nothing leaves: the bytes lie in the chunk, and when the chunk ends first
//! they are held back. Held back, too, are the beginnings of values of which it is not known yet whether they hold
//! something that stays.

/// Blanks in front of one token are held back up to here; longer runs are cut to this length.
pub(super) const MOST_BLANKS: usize = 1024;

/// The bytes that have been read and not yet written.
#[derive(Clone, Debug, Default)]
pub(super) struct Editor {
    held: Vec<u8>,
    /// Where the present entry begins in `held`, once some of it is there.
    entry_at: usize,
    /// Where its name begins in `held`, once some of it is there.
    name_at: usize,
    /// How many bytes of the present run of blanks are held.
    blanks: usize,
    /// The chunk's bytes before this place have been written or dropped.
    done: usize,
    /// The chunk's bytes from this place on are undecided, while an entry is.
    entry: usize,
}

impl Editor {
    /// A new chunk begins.
    #[inline]
    pub(super) fn begin_chunk(&mut self) {
        self.done = 0;
        self.entry = 0;
    }

    /// A new body begins.
    pub(super) fn reset(&mut self) {
        self.held.clear();
    }

    /// An entry begins, with its comma or the blanks behind the opening bracket.
    #[inline(always)]
    pub(super) fn begin_entry(&mut self, at: usize) {
        self.entry = at;
        self.entry_at = self.held.len();
        self.blanks = 0;
    }

    /// The entry's name or value begins; blanks in front of it that are too many are cut.
    #[inline(always)]
    pub(super) fn end_blanks(&mut self, chunk: &[u8], at: usize, out: &mut Vec<u8>) {
        if at - self.entry + self.blanks > MOST_BLANKS {
            self.hold_blanks(chunk, at, out);
        }
    }

    /// Everything up to `at` leaves.
    #[inline]
    pub(super) fn write_to(&mut self, chunk: &[u8], at: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(chunk.get(self.done..at).unwrap_or_default());
        self.done = at;
    }

    /// Nothing between what has been written and `at` leaves.
    #[inline]
    pub(super) fn skip_to(&mut self, at: usize) {
        self.done = at;
        self.entry = at;
    }

    /// What is undecided up to `at` is held back.
    pub(super) fn hold(&mut self, chunk: &[u8], at: usize, out: &mut Vec<u8>) {
        self.write_to(chunk, self.entry, out);
        self.held.extend_from_slice(chunk.get(self.entry..at).unwrap_or_default());
        self.skip_to(at);
    }

    /// The blanks up to `at` are held back, as many as may be.
    pub(super) fn hold_blanks(&mut self, chunk: &[u8], at: usize, out: &mut Vec<u8>) {
        let room = MOST_BLANKS.saturating_sub(self.blanks);
        let held = (at - self.entry).min(room);
        self.hold(chunk, self.entry + held, out);
        self.blanks += held;
        self.skip_to(at);
    }

    /// One token behind held blanks is held back with them; the blanks behind it are counted anew.
    pub(super) fn hold_token(&mut self, token: u8, behind: usize) {
        self.held.push(token);
        self.blanks = 0;
        self.skip_to(behind);
    }

    /// The name begins here in the held bytes.
    pub(super) fn begin_held_name(&mut self) {
        self.name_at = self.held.len();
    }

    /// The held part of the name.
    pub(super) fn held_name(&self) -> &[u8] {
        self.held.get(self.name_at..).unwrap_or_default()
    }

    /// The comma in front of the entry goes: nothing stands before it any more.
    pub(super) fn drop_comma(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        if let Some(first) = self.held.get(self.entry_at) {
            if *first == b',' {
                self.held.remove(self.entry_at);
                self.name_at = self.name_at.saturating_sub(1);
            }
        } else if chunk.get(self.entry) == Some(&b',') {
            self.write_to(chunk, self.entry, out);
            self.skip_to(self.entry + 1);
        }
    }

    /// The entry stays, and with it whatever was waiting for it.
    #[inline]
    pub(super) fn keep(&mut self, out: &mut Vec<u8>) {
        if !self.held.is_empty() {
            out.extend_from_slice(&self.held);
            self.held.clear();
        }
    }

    /// The entry goes, as far as it has been read.
    pub(super) fn cut(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        self.write_to(chunk, self.entry, out);
        self.held.truncate(self.entry_at);
    }

    /// A pending value goes, from its entry on.
    pub(super) fn cut_pending(&mut self, held_at: usize) {
        self.held.truncate(held_at);
    }

    /// The bytes that are held back.
    pub(super) fn held(&self) -> &[u8] {
        &self.held
    }

    /// The place in the held bytes where the present entry begins.
    pub(super) fn entry_at(&self) -> usize {
        self.entry_at
    }

    /// The entry stays under a new name. Its own ends before `end`; it began at `start` in the chunk, or is held.
    pub(super) fn rename(
        &mut self,
        chunk: &[u8],
        start: Option<usize>,
        end: usize,
        name: &[u8],
        out: &mut Vec<u8>,
    ) {
        match start {
            Some(start) => {
                self.keep(out);
                self.write_to(chunk, start, out);
            }
            None => {
                self.held.truncate(self.name_at);
                self.keep(out);
            }
        }
        out.extend_from_slice(name);
        self.skip_to(end);
    }

    /// The entry is held back, under a new name if it gets one.
    pub(super) fn hold_name(
        &mut self,
        chunk: &[u8],
        start: Option<usize>,
        end: usize,
        name: Option<&[u8]>,
        out: &mut Vec<u8>,
    ) {
        match (start, name) {
            (_, None) => self.hold(chunk, end, out),
            (Some(start), Some(_)) => self.hold(chunk, start, out),
            (None, Some(_)) => self.held.truncate(self.name_at),
        }
        self.held.extend_from_slice(name.unwrap_or_default());
        self.blanks = 0;
        self.skip_to(end);
    }
}
