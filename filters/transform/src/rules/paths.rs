//! Paths of rules, followed all at once.
//!
//! A path is a row of selectors, and each selector is one bit. A set of bits says which selectors may match next; it
//! is all there is to know of the way into the body, so a level of nesting costs a few words, whatever the paths.
//! The bits of a path lie in one word, so that a step is a mask and a shift.

use std::collections::BTreeMap;

use portcullis_document::Step;

/// One selector of a path, with what must lie between it and the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selector {
    step: Step,
    /// Any number of levels may lie in between.
    descends: bool,
}

/// The selectors of all paths.
#[derive(Clone, Debug, Default)]
pub(crate) struct Paths {
    words: usize,
    used_of_last: usize,
    first: Vec<u64>,
    last: Vec<u64>,
    descending: Vec<u64>,
    each: Vec<u64>,
    indexes: BTreeMap<u64, Vec<u64>>,
    names: BTreeMap<String, Vec<u64>>,
}

const BITS: usize = 64;

impl Paths {
    /// Enters a path and answers the bit of its last selector; `None` for `$`, which has none, and for a path of more
    /// selectors than a word has bits, which no document that was read holds.
    pub(super) fn add(&mut self, path: &[Step]) -> Option<Bit> {
        let selectors = selectors(path);
        let first = self.room_for(selectors.len())?;
        for (place, selector) in selectors.iter().enumerate() {
            self.enter(first.after(place), selector);
        }
        set(&mut self.first, first);
        let last = first.after(selectors.len() - 1);
        set(&mut self.last, last);
        Some(last)
    }

    fn room_for(&mut self, selectors: usize) -> Option<Bit> {
        if selectors == 0 || selectors > BITS {
            return None;
        }
        if self.words == 0 || self.used_of_last + selectors > BITS {
            self.words += 1;
            self.used_of_last = 0;
        }
        let bit = Bit { word: self.words - 1, at: self.used_of_last };
        self.used_of_last += selectors;
        Some(bit)
    }

    fn enter(&mut self, bit: Bit, selector: &Selector) {
        if selector.descends {
            set(&mut self.descending, bit);
        }
        match &selector.step {
            Step::Name(name) => set(self.names.entry(name.clone()).or_default(), bit),
            Step::Index(index) => set(self.indexes.entry(*index).or_default(), bit),
            Step::Each | Step::Descend => set(&mut self.each, bit),
        }
    }

    /// How many words a set has.
    pub(crate) fn words(&self) -> usize {
        self.words
    }

    /// The set at the outermost value.
    pub(crate) fn start(&self) -> &[u64] {
        &self.first
    }

    /// The names that selectors speak of, each with their bits.
    pub(super) fn take_names(&mut self) -> BTreeMap<String, Vec<u64>> {
        std::mem::take(&mut self.names)
    }

    /// The selectors that match word `word` of an element's index.
    #[inline]
    pub(crate) fn of_index(&self, index: u64, word: usize) -> u64 {
        self.indexes.get(&index).map_or(0, |bits| word_of(bits, word)) | self.of_any(word)
    }

    /// The selectors that match any member or element.
    #[inline]
    pub(crate) fn of_any(&self, word: usize) -> u64 {
        word_of(&self.each, word)
    }

    /// The set inside a value, from the set beside it and the selectors that match it.
    #[inline]
    pub(crate) fn inside(&self, beside: u64, matched: u64, word: usize) -> u64 {
        beside & word_of(&self.descending, word) | (matched & !word_of(&self.last, word)) << 1
    }
}

/// The selectors of a path: `..` says of the step behind it that it may be taken further down.
fn selectors(path: &[Step]) -> Vec<Selector> {
    let mut selectors = Vec::new();
    let mut descends = false;
    for step in path {
        if *step == Step::Descend {
            descends = true;
        } else {
            selectors.push(Selector { step: step.clone(), descends });
            descends = false;
        }
    }
    selectors
}

/// The place of a selector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bit {
    pub(super) word: usize,
    at: usize,
}

impl Bit {
    fn after(self, places: usize) -> Self {
        Self { word: self.word, at: self.at + places }
    }

    pub(super) fn mask(self) -> u64 {
        1 << (self.at % BITS)
    }
}

pub(super) fn set(bits: &mut Vec<u64>, bit: Bit) {
    if bits.len() <= bit.word {
        bits.resize(bit.word + 1, 0);
    }
    if let Some(word) = bits.get_mut(bit.word) {
        *word |= bit.mask();
    }
}

/// A word of a set, which need not have it.
#[inline(always)]
pub(crate) fn word_of(bits: &[u64], word: usize) -> u64 {
    bits.get(word).copied().unwrap_or_default()
}
