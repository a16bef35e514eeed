//! One array or object that is open around the place where the body is being read.

use crate::rules::NewNameId;

/// An open array or object.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Level {
    pub(super) is_object: bool,
    /// Whether rules can apply inside.
    pub(super) is_looked_at: bool,
    /// Whether its entries are judged one by one: those of every object that is looked at, and of an array where paths
    /// lead on or an allow-list must be met.
    pub(super) judges: bool,
    /// Whether all of it stays unless it is removed: there is no allow-list, or it is on it.
    pub(super) is_kept: bool,
    /// Whether it waits, unwritten, for something inside that is on the allow-list.
    pub(super) is_pending: bool,
    /// Whether an entry has been written.
    pub(super) has_entry: bool,
    /// Whether constants are set in it.
    pub(super) has_constants: bool,
    /// The claim that its own name makes in the object around it, made once it is written.
    pub(super) claim: Option<Claim>,
    /// Where its entry begins among the bytes that are held back, while it is pending.
    pub(super) held_at: usize,
    /// The number of elements judged so far.
    pub(super) index: u64,
}

/// A member takes a name that renamed members may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) name: NewNameId,
    pub(super) by_renaming: bool,
}

impl Level {
    /// What lies around the outermost value: that one always stays, and all of it unless there is an allow-list.
    pub(super) fn outside(is_kept: bool) -> Self {
        Self { is_looked_at: true, is_kept, ..Self::default() }
    }

    /// A level in which no rule applies.
    pub(super) fn ignored(is_object: bool) -> Self {
        Self { is_object, is_kept: true, ..Self::default() }
    }
}
