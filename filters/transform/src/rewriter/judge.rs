//! What becomes of an entry: a member, once its name is known; an element, once its value begins.

use crate::json::Text;
use crate::json::text_run;
use crate::rules::{NameRule, NewNameId};
use crate::{Fault, Rules};

use super::level::{Claim, Level};
use super::walk::Chunk;
use super::{Entry, Expected, Place, Token};

/// A name up to this length is held back until it has ended; a longer one only if a rule's name can be spelled so.
const LONG_NAME: usize = 4096;

/// What becomes of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Goes,
    Stays(Option<NewNameId>),
    /// It stays if something in its value stays.
    Waits(Option<NewNameId>),
}

/// Where a name stands: from its quote on in this chunk, or in what is held back; and where it ends in this chunk.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: Option<usize>,
    end: usize,
    is_long: bool,
}

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
    fn end_name(
        &mut self,
        raw: &[u8],
        is_escaped: bool,
        start: Option<usize>,
        end: usize,
        chunk: &mut Chunk<'_>,
    ) -> Result<usize, Fault> {
        self.expected = Expected::Colon;
        let rule = chunk.rules.names.find(raw, is_escaped);
        if rule.is_none() && self.level.is_kept && self.way.is_nowhere() {
            self.entry_is_kept = true;
            self.stay(chunk);
        } else {
            let is_long = is_long(raw.len(), chunk.rules);
            self.judge_member(rule, Span { start, end, is_long }, chunk)?;
        }
        if chunk.bytes.get(end) == Some(&b':') { Ok(self.colon(end, chunk)) } else { Ok(end) }
    }

    fn judge_member(
        &mut self,
        rule: Option<&NameRule>,
        span: Span,
        chunk: &mut Chunk<'_>,
    ) -> Result<(), Fault> {
        let depth = self.outer.len();
        self.way.match_member(&chunk.rules.paths, depth, rule);
        match self.verdict(rule, chunk.rules) {
            Verdict::Goes => self.go(chunk),
            Verdict::Stays(None) => self.stay(chunk),
            Verdict::Stays(Some(new_name)) => self.stay_as(new_name, span, chunk),
            Verdict::Waits(_) if span.is_long => return Err(Fault::NameTooLong),
            Verdict::Waits(new_name) => self.wait(new_name, span, chunk),
        }
        Ok(())
    }

    /// A value begins in a level that judges: an element is judged, and of a member that waits only an array or object
    /// can hold something.
    #[inline]
    pub(super) fn begin_value(&mut self, is_nested: bool, at: usize, chunk: &mut Chunk<'_>) {
        if !self.level.is_object {
            self.judge_element(at, chunk);
        }
        if self.entry == Entry::Value && !is_nested {
            self.go(chunk);
        }
    }

    fn judge_element(&mut self, at: usize, chunk: &mut Chunk<'_>) {
        self.editor.end_blanks(chunk.bytes, at, chunk.out);
        self.way.match_element(&chunk.rules.paths, self.outer.len(), self.level.index);
        self.level.index += 1;
        match self.verdict(None, chunk.rules) {
            Verdict::Goes => self.go(chunk),
            Verdict::Stays(_) => self.stay(chunk),
            Verdict::Waits(_) => self.wait(None, Span { start: None, end: at, is_long: false }, chunk),
        }
    }

    fn verdict(&mut self, rule: Option<&NameRule>, rules: &Rules) -> Verdict {
        let matched = self.way.matched();
        let is_removed = rule.is_some_and(|rule| rule.is_removed) || rules.remove(matched);
        let is_kept = self.level.is_kept || rule.is_some_and(|rule| rule.is_kept) || rules.keep(matched);
        if is_removed
            || self.is_constant(rule, rules)
            || !(is_kept || rules.may_keep_below(self.way.inside()))
        {
            return Verdict::Goes;
        }
        let new_name = rules.new_name(matched).or(rule.and_then(|rule| rule.renamed));
        let claim = claim(rule, new_name);
        if claim.is_some_and(|claim| {
            !self.claims.is_free(self.outer.len(), claim) || self.is_claim_on_constant(claim, rules)
        }) {
            return Verdict::Goes;
        }
        self.entry_is_kept = is_kept;
        self.entry_claim = claim;
        if is_kept { Verdict::Stays(new_name) } else { Verdict::Waits(new_name) }
    }

    fn is_constant(&self, rule: Option<&NameRule>, rules: &Rules) -> bool {
        let named = rule.filter(|rule| self.level.has_constants && rule.is_constant);
        named.is_some_and(|rule| self.constant_name(&rule.name, rules))
    }

    fn is_claim_on_constant(&self, claim: Claim, rules: &Rules) -> bool {
        let new_name = rules.new_names.get(usize::from(claim.name)).filter(|_| self.level.has_constants);
        new_name.is_some_and(|new_name| self.constant_name(&new_name.name, rules))
    }

    /// Whether this object gets a constant of that name.
    fn constant_name(&self, name: &[u8], rules: &Rules) -> bool {
        let depth = self.outer.len();
        let led_here = self.way.led_to(depth);
        rules.constants.iter().any(|constant| &*constant.name == name && constant.is_of(led_here, depth == 1))
    }

    /// The present entry goes.
    fn go(&mut self, chunk: &mut Chunk<'_>) {
        self.editor.cut(chunk.bytes, chunk.out);
        self.entry = Entry::Settled;
        self.entry_claim = None;
        self.is_dropping = true;
        chunk.changes.removed += 1;
    }

    /// The present entry stays as it is.
    #[inline]
    fn stay(&mut self, chunk: &mut Chunk<'_>) {
        if !self.level.has_entry {
            self.write_first(chunk);
        }
        if let Some(claim) = self.entry_claim.take() {
            self.claim(self.outer.len(), claim, chunk);
        }
        self.editor.keep(chunk.out);
        self.entry = Entry::Settled;
    }

    fn stay_as(&mut self, new_name: NewNameId, span: Span, chunk: &mut Chunk<'_>) {
        let written = chunk.rules.new_names.get(usize::from(new_name)).map(|new_name| &*new_name.written);
        if !self.level.has_entry {
            self.write_first(chunk);
        }
        self.editor.rename(chunk.bytes, span.start, span.end, written.unwrap_or_default(), chunk.out);
        self.stay(chunk);
    }

    /// The present entry waits for its value.
    fn wait(&mut self, new_name: Option<NewNameId>, span: Span, chunk: &mut Chunk<'_>) {
        let new_name = new_name.and_then(|id| chunk.rules.new_names.get(usize::from(id)));
        let written = new_name.map(|new_name| &*new_name.written);
        self.editor.hold_name(chunk.bytes, span.start, span.end, written, chunk.out);
        if !self.level.has_entry {
            self.editor.drop_comma(chunk.bytes, chunk.out);
        }
        self.entry = Entry::Value;
    }

    /// The level's first entry that stays has no comma in front of it, and brings with it what waited for it.
    fn write_first(&mut self, chunk: &mut Chunk<'_>) {
        self.editor.drop_comma(chunk.bytes, chunk.out);
        self.level.has_entry = true;
        let mut was_pending = std::mem::take(&mut self.level.is_pending);
        let mut claim = self.level.claim.take();
        for depth in (0..self.outer.len()).rev() {
            let Some(level) = self.outer.get_mut(depth).filter(|_| was_pending) else { break };
            level.has_entry = true;
            was_pending = std::mem::take(&mut level.is_pending);
            let next = level.claim.take();
            if let Some(claim) = std::mem::replace(&mut claim, next) {
                self.claim(depth, claim, chunk);
            }
        }
    }

    fn claim(&mut self, depth: usize, claim: Claim, chunk: &mut Chunk<'_>) {
        self.claims.take(depth, claim);
        chunk.changes.renamed += u64::from(claim.by_renaming);
    }

    /// The level of the value that begins.
    #[inline]
    pub(super) fn inner_level(&mut self, is_object: bool, rules: &Rules) -> Level {
        if self.is_dropping || !self.level.is_looked_at {
            return Level::ignored(is_object);
        }
        let is_kept = if self.level.judges { self.entry_is_kept } else { self.level.is_kept };
        let matched = self.way.matched();
        let is_outermost = self.outer.is_empty();
        let has_constants =
            is_object && rules.constants.iter().any(|constant| constant.is_of(matched, is_outermost));
        let is_looked_at = rules.looks_everywhere || has_constants || !is_kept || self.way.leads_on();
        let judges = is_looked_at && (is_object || !is_kept || !self.way.is_nowhere());
        let depth = self.outer.len() + 1;
        self.way.enter(depth);
        self.claims.clear(depth);
        Level { is_object, is_looked_at, judges, is_kept, has_constants, ..Level::default() }
    }

    /// Sets the constants of the object that ends, each name once.
    pub(super) fn write_constants(&mut self, at: usize, chunk: &mut Chunk<'_>) {
        self.editor.write_to(chunk.bytes, at, chunk.out);
        let depth = self.outer.len();
        let led_here = self.way.led_to(depth);
        let mut set: Vec<&[u8]> = Vec::new();
        for constant in chunk.rules.constants.iter().filter(|constant| constant.is_of(led_here, depth == 1)) {
            if set.contains(&&*constant.name) {
                continue;
            }
            if self.level.has_entry || !set.is_empty() {
                chunk.out.push(b',');
            }
            chunk.out.extend_from_slice(&constant.written);
            set.push(&constant.name);
        }
        chunk.changes.set += u64::try_from(set.len()).unwrap_or_default();
    }
}

fn claim(rule: Option<&NameRule>, new_name: Option<NewNameId>) -> Option<Claim> {
    let renamed = new_name.map(|name| Claim { name, by_renaming: true });
    let original = || rule?.taken_by.map(|name| Claim { name, by_renaming: false });
    renamed.or_else(original)
}

fn is_long(name: usize, rules: &Rules) -> bool {
    name > LONG_NAME.max(rules.names.longest_spelling())
}
