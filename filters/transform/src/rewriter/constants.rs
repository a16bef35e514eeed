//! Constants, which end the objects that they are set in.

use crate::Rules;
use crate::rules::NameRule;

use super::Place;
use super::level::Claim;
use super::walk::Chunk;

impl Place {
    /// Whether this object gets a constant of the member's name, which then goes.
    pub(super) fn is_constant(&self, rule: Option<&NameRule>, rules: &Rules) -> bool {
        let named = rule.filter(|rule| self.level.has_constants && rule.is_constant);
        named.is_some_and(|rule| self.constant_name(&rule.name, rules))
    }

    /// The same for the name that a member would get.
    pub(super) fn is_claim_on_constant(&self, claim: Claim, rules: &Rules) -> bool {
        let new_name = rules.new_names.get(usize::from(claim.name)).filter(|_| self.level.has_constants);
        new_name.is_some_and(|new_name| self.constant_name(&new_name.name, rules))
    }

    /// Whether this object gets a constant of that name.
    fn constant_name(&self, name: &[u8], rules: &Rules) -> bool {
        let depth = self.outer.len();
        let led_here = self.way.led_to(depth);
        rules.constants.iter().any(|constant| &*constant.name == name && constant.is_of(led_here, depth == 1))
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
