//! One JSON value: checked once, then walked and copied as the bytes it is.
//!
//! Nothing is parsed into a tree and written again: numbers keep their spelling, objects their order, strings their
//! escapes. [`Json::check`] reads a service's bytes to the end before any of them is trusted; what walks a [`Json`]
//! afterwards relies on that.

mod check;
mod block;
mod grammar;
mod scan;
mod walk;

use std::borrow::Cow;

pub(crate) use walk::{Items, Members};

/// The text of one JSON value (RFC 8259) that was checked, without white space around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Json<'a>(&'a [u8]);

/// Why bytes are not one JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotJson {
    /// There is nothing, or only white space.
    Empty,
    /// The bytes are no UTF-8.
    NotUtf8,
    /// The first value is broken or cut off; a byte order mark is the start of no value.
    Malformed,
    /// The value is nested deeper than [`DEEPEST`].
    TooDeep,
    /// Something stands behind the value.
    MoreThanOne,
}

/// Arrays and objects may stand in one another up to here: what most parsers accept, and what fits the bits of a word.
pub const DEEPEST: u32 = u128::BITS;

/// A value that is text, a number or a boolean, written as text.
pub(crate) type Scalar<'a> = Cow<'a, str>;

impl<'a> Json<'a> {
    /// Reads `bytes` to their end: one value, and white space around it.
    pub(crate) fn check(bytes: &'a [u8]) -> Result<Self, NotJson> {
        check::one_value(bytes).map(Self)
    }

    /// Takes bytes for a value that was checked before; others make the walk over it end early, and no more.
    pub(crate) fn of_checked(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The value's bytes.
    pub(crate) fn bytes(self) -> &'a [u8] {
        self.0
    }

    pub(crate) fn is_object(self) -> bool {
        self.0.first() == Some(&b'{')
    }

    pub(crate) fn is_array(self) -> bool {
        self.0.first() == Some(&b'[')
    }

    /// The members of an object, in order; none where it is something else.
    pub(crate) fn members(self) -> Members<'a> {
        Members::of(self)
    }

    /// The items of an array, in order; none where it is something else.
    pub(crate) fn items(self) -> Items<'a> {
        Items::of(self)
    }

    /// The first member called `name`.
    pub(crate) fn member(self, name: &str) -> Option<Self> {
        self.members().find(|(known, _)| *known.text() == *name.as_bytes()).map(|(_, value)| value)
    }

    /// The item number `index`, counted from 0.
    pub(crate) fn item(self, index: usize) -> Option<Self> {
        self.items().nth(index)
    }

    /// A text without its quotes and escapes, a number as it is spelled, `true` or `false`; `None` for `null`, which
    /// stands for absence, for objects and arrays, and for a text with half a surrogate pair, which is no Unicode.
    pub(crate) fn scalar(self) -> Option<Scalar<'a>> {
        match self.0.first()? {
            b'{' | b'[' | b'n' => None,
            b'"' => serde_json::from_slice::<walk::Text<'a>>(self.0).ok().map(|text| text.0),
            _ => std::str::from_utf8(self.0).ok().map(Cow::Borrowed),
        }
    }

    /// Where the value stands in `whole`, of which it is a part.
    pub(crate) fn range_in(self, whole: &[u8]) -> std::ops::Range<usize> {
        let start = self.0.as_ptr().addr().saturating_sub(whole.as_ptr().addr());
        start..start.saturating_add(self.0.len())
    }
}

#[cfg(test)]
pub(crate) mod tests;
