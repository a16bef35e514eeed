//! The branches of a module, and how often each went which way.

use anyhow::Result;
use wasmparser::{Operator, Parser, Payload, TypeRef};

use crate::rehearsal::ROUNDS;

/// Whether it is one of the instructions that a hint can be for.
pub(crate) fn is_branch(operator: &Operator<'_>) -> bool {
    matches!(operator, Operator::If { .. } | Operator::BrIf { .. })
}

/// How often a branch was come to, and how often its condition held.
///
/// Tallies stand in the order of the module's code: for each function one for being entered, which always holds, then
/// one for each of its branches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) asked: u64,
    pub(crate) held: u64,
}

/// A branch that was come to less often, not once in a round of the rehearsal, was no part of ordinary traffic, and no hint is
/// worth its bytes.
const OFTEN: u64 = ROUNDS;
/// What happens once in so many times is unlikely.
const RARE: u64 = 20;

impl Tally {
    pub(crate) fn count(&mut self, holds: bool) {
        self.asked = self.asked.saturating_add(1);
        self.held = self.held.saturating_add(u64::from(holds));
    }

    pub(crate) fn is_often(self) -> bool {
        self.asked >= OFTEN
    }

    /// Whether the condition is likely to hold; `None` where it can go either way.
    pub(crate) fn likely(self) -> Option<bool> {
        let is_rare = |times: u64| times.saturating_mul(RARE) < self.asked;
        if !self.is_often() {
            None
        } else if is_rare(self.held) {
            Some(false)
        } else {
            is_rare(self.asked.saturating_sub(self.held)).then_some(true)
        }
    }
}

/// How many functions a module imports: their numbers come before those of its own.
pub(crate) fn imported_functions(wasm: &[u8]) -> Result<u32> {
    let mut imported = 0;
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::ImportSection(imports) = payload? {
            for import in imports.into_imports() {
                imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
            }
        }
    }
    Ok(imported)
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn a_branch_is_likely_or_unlikely_or_neither() {
        let likely = |asked, held| Tally { asked, held }.likely();
        let table = [
            (59, 0, None),
            (60, 0, Some(false)),
            (100, 4, Some(false)),
            (100, 5, None),
            (100, 95, None),
            (100, 96, Some(true)),
            (100, 100, Some(true)),
        ];
        for (asked, held, expected) in table {
            assert_eq!(likely(asked, held), expected, "{held} of {asked}");
        }
    }
}
