//! What becomes of an entry: a member, once its name is known; an element, once its value begins.

use crate::rules::{NameRule, NewNameId};
use crate::{Fault, Rules};

use super::level::{Claim, Level};
use super::walk::Chunk;
use super::{Entry, Place};

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
pub(super) struct Span {
    pub(super) start: Option<usize>,
    pub(super) end: usize,
    pub(super) is_long: bool,
}

impl Place {
    pub(super) fn judge_member(
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

    /// The present entry goes.
    #[inline]
    pub(super) fn go(&mut self, chunk: &mut Chunk<'_>) {
        self.editor.cut(chunk.bytes, chunk.out);
        self.entry = Entry::Settled;
        self.entry_claim = None;
        self.is_dropping = true;
        chunk.changes.removed += 1;
    }

    /// The present entry stays as it is.
    #[inline]
    pub(super) fn stay(&mut self, chunk: &mut Chunk<'_>) {
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
}

fn claim(rule: Option<&NameRule>, new_name: Option<NewNameId>) -> Option<Claim> {
    let renamed = new_name.map(|name| Claim { name, by_renaming: true });
    let original = || rule?.taken_by.map(|name| Claim { name, by_renaming: false });
    renamed.or_else(original)
}
