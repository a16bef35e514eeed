//! The way from the outermost value to the place where the body is being read, as far as paths care.

use crate::rules::{NameRule, Paths, word_of};

use super::level::Claim;

/// The sets of selectors on every open level.
#[derive(Clone, Debug)]
pub(super) struct Way {
    words: usize,
    /// Level by level, the selectors that may match an entry.
    sets: Vec<u64>,
    /// Level by level, the selectors that matched the value that the level is.
    led_here: Vec<u64>,
    /// The selectors that match the present entry.
    matched: Vec<u64>,
    /// The set inside the present entry.
    inside: Vec<u64>,
}

impl Way {
    pub(super) fn new(paths: &Paths) -> Self {
        let words = paths.words();
        Self {
            words,
            sets: Vec::new(),
            led_here: Vec::new(),
            matched: vec![0; words],
            inside: paths.start().to_vec(),
        }
    }

    /// Back to in front of the outermost value.
    pub(super) fn reset(&mut self, paths: &Paths) {
        self.matched.fill(0);
        self.inside.copy_from_slice(paths.start());
    }

    /// Whether there are no paths at all.
    #[inline(always)]
    pub(super) fn is_nowhere(&self) -> bool {
        self.words == 0
    }

    /// The present entry is a member, of which `rule` speaks.
    #[inline]
    pub(super) fn match_member(&mut self, paths: &Paths, depth: usize, rule: Option<&NameRule>) {
        self.match_entry(paths, depth, |word| {
            rule.map_or(0, |rule| word_of(&rule.selectors, word)) | paths.of_any(word)
        });
    }

    /// The present entry is an element.
    #[inline]
    pub(super) fn match_element(&mut self, paths: &Paths, depth: usize, index: u64) {
        self.match_entry(paths, depth, |word| paths.of_index(index, word));
    }

    #[inline(always)]
    fn match_entry(&mut self, paths: &Paths, depth: usize, selectors: impl Fn(usize) -> u64) {
        let sets = self.sets.get(depth * self.words..).unwrap_or_default();
        let entry = self.matched.iter_mut().zip(&mut self.inside);
        for (word, (beside, (matched, inside))) in sets.iter().zip(entry).enumerate() {
            *matched = beside & selectors(word);
            *inside = paths.inside(*beside, *matched, word);
        }
    }

    /// The present entry becomes the level at `depth`.
    #[inline]
    pub(super) fn enter(&mut self, depth: usize) {
        if self.words == 0 {
            return;
        }
        for (levels, entry) in [(&mut self.sets, &self.inside), (&mut self.led_here, &self.matched)] {
            levels.resize(depth * self.words, 0);
            levels.extend_from_slice(entry);
        }
    }

    /// The selectors that match the present entry.
    #[inline]
    pub(super) fn matched(&self) -> &[u64] {
        &self.matched
    }

    /// The selectors that may match entries of the present entry.
    #[inline]
    pub(super) fn inside(&self) -> &[u64] {
        &self.inside
    }

    /// Whether a path leads on into the present entry.
    #[inline]
    pub(super) fn leads_on(&self) -> bool {
        self.inside.iter().any(|word| *word != 0)
    }

    /// The selectors that matched the level at `depth` itself.
    pub(super) fn led_to(&self, depth: usize) -> &[u64] {
        self.led_here.get(depth * self.words..(depth + 1) * self.words).unwrap_or_default()
    }
}

/// Which of the names that renamed members may have are taken, on every open level.
#[derive(Clone, Debug)]
pub(super) struct Claims {
    words: usize,
    /// Level by level and word by word, the names that are taken, and those that are taken by a renamed member.
    taken: Vec<[u64; 2]>,
}

const BITS: usize = 64;

impl Claims {
    pub(super) fn new(names: usize) -> Self {
        let words = names.div_ceil(BITS);
        Self { words, taken: Vec::new() }
    }

    /// A level begins, and those that were deeper are no more.
    #[inline]
    pub(super) fn clear(&mut self, depth: usize) {
        if self.words > 0 {
            self.taken.truncate(depth * self.words);
            self.taken.resize((depth + 1) * self.words, [0; 2]);
        }
    }

    /// Whether a member may have its name: the first stays, unless neither was renamed.
    pub(super) fn is_free(&self, depth: usize, claim: Claim) -> bool {
        let (word, mask) = self.place(depth, claim);
        let [taken, taken_by_renaming] = self.taken.get(word).copied().unwrap_or_default();
        mask & if claim.by_renaming { taken } else { taken_by_renaming } == 0
    }

    /// A member has its name.
    pub(super) fn take(&mut self, depth: usize, claim: Claim) {
        let (word, mask) = self.place(depth, claim);
        if let Some([taken, taken_by_renaming]) = self.taken.get_mut(word) {
            *taken |= mask;
            *taken_by_renaming |= if claim.by_renaming { mask } else { 0 };
        }
    }

    fn place(&self, depth: usize, claim: Claim) -> (usize, u64) {
        let name = usize::from(claim.name);
        (depth * self.words + name / BITS, 1 << (name % BITS))
    }
}
