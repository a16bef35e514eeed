//! Which part goes where in the answer.

use portcullis_http::json_text;

/// The members of an object that the answer is made of, in the order of the document.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    members: Vec<Member>,
}

/// A member whose name the document gives.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// The name; empty for parts whose members go to the top level.
    pub(crate) name: Box<str>,
    /// The name as JSON, with the colon behind it.
    pub(crate) key: Box<str>,
    /// Its value.
    pub(crate) slot: Slot,
}

/// A value in the answer.
#[derive(Clone, Debug)]
pub(crate) enum Slot {
    /// A part.
    Part(usize),
    /// The items of several parts.
    Joined(Vec<usize>),
    /// An object that dotted names build.
    Group(Layout),
    /// No value, but the members of this part; at the top level only.
    Spread(usize),
}

/// Another part stands where this one should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Occupied {
    /// The first part that stands there.
    pub(crate) by: usize,
}

impl Layout {
    /// The members.
    pub(crate) fn members(&self) -> &[Member] {
        &self.members
    }

    /// Whether names are known only when the parts are there.
    pub(crate) fn spreads(&self) -> bool {
        self.members.iter().any(|member| matches!(member.slot, Slot::Spread(_)))
    }

    /// Spreads a part's members at this level.
    pub(crate) fn spread(&mut self, part: usize) {
        self.members.push(Member::new("", Slot::Spread(part)));
    }

    /// Places a part under a name, step by step; `joins` where it may share the place with others that do.
    pub(crate) fn place(&mut self, steps: &[&str], part: usize, joins: bool) -> Result<(), Occupied> {
        let Some((first, rest)) = steps.split_first() else {
            return Ok(());
        };
        if let Some(member) = self.members.iter_mut().find(|member| *member.name == **first) {
            return member.slot.take_in(rest, part, joins);
        }
        let slot = Slot::around(rest, part, joins);
        self.members.push(Member::new(first, slot));
        Ok(())
    }
}

impl Member {
    fn new(name: &str, slot: Slot) -> Self {
        let key = format!("{}:", json_text(name)).into();
        Self { name: name.into(), key, slot }
    }
}

impl Slot {
    fn around(steps: &[&str], part: usize, joins: bool) -> Self {
        match steps.split_first() {
            None if joins => Self::Joined(vec![part]),
            None => Self::Part(part),
            Some((first, rest)) => {
                let members = vec![Member::new(first, Self::around(rest, part, joins))];
                Self::Group(Layout { members })
            }
        }
    }

    fn take_in(&mut self, steps: &[&str], part: usize, joins: bool) -> Result<(), Occupied> {
        match self {
            Self::Group(layout) if !steps.is_empty() => layout.place(steps, part, joins),
            Self::Joined(parts) if steps.is_empty() && joins => {
                parts.push(part);
                Ok(())
            }
            taken => Err(Occupied { by: taken.first_part().unwrap_or(part) }),
        }
    }

    /// The first part that stands in it.
    pub(crate) fn first_part(&self) -> Option<usize> {
        match self {
            Self::Part(part) | Self::Spread(part) => Some(*part),
            Self::Joined(parts) => parts.first().copied(),
            Self::Group(layout) => layout.members.first().and_then(|member| member.slot.first_part()),
        }
    }
}
