//! Writing the answer: the parts' bytes, copied to where the layout has them.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::json::Json;
use crate::layout::{Layout, Member, Slot};

/// A written answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stitched {
    /// One JSON object.
    pub(crate) body: Vec<u8>,
    /// The parts that lost a member at the top level, because one of its name was there.
    pub(crate) clashed: Vec<usize>,
}

/// Writes the answer; `value` says what stands for a part, `None` where it is left out.
///
/// Of members that clash at the top level the first one stays. There is no other place where members can clash that
/// is not seen in the document.
pub(crate) fn stitch<'a>(layout: &'a Layout, value: &dyn Fn(usize) -> Option<Json<'a>>) -> Stitched {
    let mut writing =
        Writing { value, seen: layout.spreads().then(BTreeSet::new), written: Stitched::default() };
    writing.written.body.reserve(writing.size_of(layout));
    writing.top(layout);
    writing.written
}

struct Writing<'a, 'v> {
    value: &'v dyn Fn(usize) -> Option<Json<'a>>,
    /// The names at the top level, where they may clash. A tree, since a service can send a hundred thousand of them.
    seen: Option<BTreeSet<Cow<'a, [u8]>>>,
    written: Stitched,
}

impl<'a> Writing<'a, '_> {
    fn top(&mut self, layout: &'a Layout) {
        self.push(b"{");
        for member in layout.members() {
            match &member.slot {
                Slot::Spread(part) => self.spread(*part),
                slot if !self.is_there(slot) => {}
                _ if self.is_new(Cow::Borrowed(member.name.as_bytes())) => self.member(member),
                slot => self.written.clashed.extend(slot.first_part()),
            }
        }
        self.push(b"}");
    }

    fn spread(&mut self, part: usize) {
        let Some(object) = (self.value)(part) else { return };
        for (name, value) in object.members() {
            if self.is_new(name.text()) {
                self.element(name.bytes());
                self.push(b":");
                self.push(value.bytes());
            } else if self.written.clashed.last() != Some(&part) {
                self.written.clashed.push(part);
            }
        }
    }

    fn is_new(&mut self, name: Cow<'a, [u8]>) -> bool {
        self.seen.as_mut().is_none_or(|seen| seen.insert(name))
    }

    fn group(&mut self, layout: &'a Layout) {
        self.push(b"{");
        for member in layout.members() {
            if self.is_there(&member.slot) {
                self.member(member);
            }
        }
        self.push(b"}");
    }

    fn member(&mut self, member: &'a Member) {
        self.element(member.key.as_bytes());
        self.slot(&member.slot);
    }

    fn slot(&mut self, slot: &'a Slot) {
        match slot {
            Slot::Group(layout) => self.group(layout),
            Slot::Joined(parts) => self.joined(parts),
            Slot::Part(part) | Slot::Spread(part) => {
                if let Some(value) = (self.value)(*part) {
                    self.push(value.bytes());
                }
            }
        }
    }

    fn joined(&mut self, parts: &[usize]) {
        self.push(b"[");
        for array in parts.iter().filter_map(|part| (self.value)(*part)) {
            for item in array.items() {
                self.element(item.bytes());
            }
        }
        self.push(b"]");
    }

    /// Appends what begins a member or item, with a comma in front of all but the first.
    fn element(&mut self, start: &[u8]) {
        if !matches!(self.written.body.last(), Some(b'{' | b'[')) {
            self.push(b",");
        }
        self.push(start);
    }

    fn push(&mut self, bytes: &[u8]) {
        self.written.body.extend_from_slice(bytes);
    }

    fn is_there(&self, slot: &Slot) -> bool {
        match slot {
            Slot::Part(part) | Slot::Spread(part) => (self.value)(*part).is_some(),
            Slot::Joined(parts) => parts.iter().any(|part| (self.value)(*part).is_some()),
            Slot::Group(layout) => layout.members().iter().any(|member| self.is_there(&member.slot)),
        }
    }

    /// The bytes that the answer takes at most.
    fn size_of(&self, layout: &Layout) -> usize {
        let member = |member: &Member| member.key.len() + 1 + self.size_of_slot(&member.slot);
        layout.members().iter().map(member).fold(2, usize::saturating_add)
    }

    fn size_of_slot(&self, slot: &Slot) -> usize {
        let size =
            |part: &usize| (self.value)(*part).map_or(0, |value| value.bytes().len().saturating_add(1));
        match slot {
            Slot::Part(part) | Slot::Spread(part) => size(part),
            Slot::Joined(parts) => parts.iter().map(size).fold(2, usize::saturating_add),
            Slot::Group(layout) => self.size_of(layout),
        }
    }
}

#[cfg(test)]
mod tests;
