//! The streaming rewriter: one JSON text in, chunk by chunk, the same text without what rules take away out.
//!
//! It checks the text as it goes (RFC 8259) and remembers the open arrays and objects, at most [`MOST_LEVELS`] of them,
//! and what cannot be decided yet: the blanks in front of a member and its name. Where the chunks are cut makes no
//! difference to what leaves.
//!
//! Reading order: [`walk`] is the grammar, [`stride`] its short cut for what most bodies are made of; [`name`] reads
//! names, [`judge`] decides what becomes of an entry, [`editor`] moves the bytes.

mod walk;
mod stride;
mod name;
mod judge;
mod constants;
mod way;
mod level;
mod editor;

use std::rc::Rc;

use crate::json::{Literal, Number, Text, Utf8};
use crate::{Fault, Malformed, Rules};

use editor::Editor;
use level::{Claim, Level};
use way::{Claims, Way};

/// Arrays and objects nest at most this deep. Each open level costs memory, and this is where other JSON readers of
/// this language stop too.
pub const MOST_LEVELS: usize = 128;

/// Most bodies nest no deeper.
const USUAL_LEVELS: usize = 8;

/// Rewrites JSON texts.
#[derive(Clone, Debug)]
pub struct Rewriter {
    rules: Rc<Rules>,
    place: Place,
    changes: Changes,
}

/// How much has been changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Members and elements that went.
    pub removed: u64,
    /// Members that got a new name.
    pub renamed: u64,
    /// Constants that were set.
    pub set: u64,
}

/// Where in the text a rewriter is.
#[derive(Clone, Debug)]
struct Place {
    expected: Expected,
    token: Token,
    entry: Entry,
    /// Whether the present entry stays as a whole, unless something in it is removed.
    entry_is_kept: bool,
    /// The name that the present entry will have, if renamed members may have it.
    entry_claim: Option<Claim>,
    /// Whether the present entry of the innermost level that is looked at goes.
    is_dropping: bool,
    level: Level,
    outer: Vec<Level>,
    way: Way,
    claims: Claims,
    editor: Editor,
    utf8: Utf8,
}

/// What may come next, between tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Value,
    FirstElement,
    FirstName,
    Name,
    Colon,
    CommaOrEnd,
    Nothing,
}

/// The token that a chunk's end has cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    None,
    Name(Text),
    Text(Text),
    Number(Number),
    Literal(Literal),
}

/// What is known of the present entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    /// It stays or goes; or there are no entries here that could go.
    Settled,
    /// It has begun with its comma or blanks.
    Blanks,
    /// Its name is being read.
    Name,
    /// It stays if something in its value stays.
    Value,
}

impl Rewriter {
    /// A rewriter in front of a text.
    #[must_use]
    pub fn new(rules: Rc<Rules>) -> Self {
        let place = Place::new(&rules);
        Self { rules, place, changes: Changes::default() }
    }

    /// Takes the next chunk and appends to `out` what leaves.
    ///
    /// After a fault the rewriter is of no more use, and what has left must not count as complete.
    pub fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        self.place.utf8.push(chunk)?;
        out.reserve(chunk.len());
        self.place.push(&self.rules, chunk, out, &mut self.changes)
    }

    /// Ends the text; nothing is left to leave.
    pub fn finish(&mut self) -> Result<(), Fault> {
        self.place.utf8.finish()?;
        self.place.finish()
    }

    /// Starts over with a new text.
    pub fn restart(&mut self) {
        self.place.restart(&self.rules);
    }

    /// What has been read and not yet written because it is undecided.
    pub(crate) fn withheld(&self) -> &[u8] {
        self.place.editor.held()
    }

    /// What has been changed, in all texts together.
    #[must_use]
    pub fn changes(&self) -> Changes {
        self.changes
    }
}

impl Place {
    fn new(rules: &Rules) -> Self {
        Self {
            expected: Expected::Value,
            token: Token::None,
            entry: Entry::Settled,
            entry_is_kept: rules.keeps_all,
            entry_claim: None,
            is_dropping: false,
            level: Level::outside(rules.keeps_all),
            outer: Vec::with_capacity(USUAL_LEVELS),
            way: Way::new(&rules.paths),
            claims: Claims::new(rules.new_names.len()),
            editor: Editor::default(),
            utf8: Utf8::default(),
        }
    }

    fn restart(&mut self, rules: &Rules) {
        self.expected = Expected::Value;
        self.token = Token::None;
        self.entry = Entry::Settled;
        self.entry_is_kept = rules.keeps_all;
        self.entry_claim = None;
        self.is_dropping = false;
        self.level = Level::outside(rules.keeps_all);
        self.outer.clear();
        self.way.reset(&rules.paths);
        self.editor.reset();
        self.utf8 = Utf8::default();
    }

    fn finish(&mut self) -> Result<(), Fault> {
        match (self.expected, self.token) {
            (Expected::Nothing, Token::None) => Ok(()),
            (Expected::Value, Token::Number(number)) if self.outer.is_empty() && number.is_whole() => Ok(()),
            (Expected::Value, Token::None) if self.outer.is_empty() => Err(Malformed::Empty.into()),
            _ => Err(Malformed::Unfinished.into()),
        }
    }
}
