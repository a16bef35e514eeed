//! Which token may follow which (RFC 8259, sections 2 to 5).

use super::{DEEPEST, NotJson};

/// What has been read of a value, as far as it decides on what may come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grammar {
    expected: Expected,
    /// The arrays and objects that are open, a bit for each, an object's set: the stack cannot grow, whatever the body says.
    objects: u128,
    depth: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Value,
    /// The first item of an array, or its end.
    ValueOrEnd,
    Name,
    /// The first member of an object, or its end.
    NameOrEnd,
    Colon,
    /// A comma, or the end of what is open.
    CommaOrEnd,
    /// Nothing: the value is complete.
    Nothing,
}

impl Grammar {
    pub(super) fn new() -> Self {
        Self { expected: Expected::Value, objects: 0, depth: 0 }
    }

    /// Whether the value is complete.
    pub(super) fn is_complete(&self) -> bool {
        self.expected == Expected::Nothing
    }

    /// A string has begun.
    #[inline(always)]
    pub(super) fn string(&mut self) -> Result<(), NotJson> {
        match self.expected {
            Expected::Name | Expected::NameOrEnd => {
                self.expected = Expected::Colon;
                Ok(())
            }
            _ => self.scalar(),
        }
    }

    /// A string, number or word has begun.
    #[inline(always)]
    pub(super) fn scalar(&mut self) -> Result<(), NotJson> {
        self.begin_value()?;
        self.end_value();
        Ok(())
    }

    /// A bracket, brace, comma or colon has come.
    #[inline(always)]
    pub(super) fn operator(&mut self, byte: u8) -> Result<(), NotJson> {
        match (byte, self.expected) {
            (b':', Expected::Colon) => self.expected = Expected::Value,
            (b',', Expected::CommaOrEnd) if self.is_in_object() => self.expected = Expected::Name,
            (b',', Expected::CommaOrEnd) => self.expected = Expected::Value,
            (b'{', _) => self.open(1)?,
            (b'[', _) => self.open(0)?,
            (b'}', Expected::NameOrEnd) | (b']', Expected::ValueOrEnd) => self.close(),
            (b'}', Expected::CommaOrEnd) if self.is_in_object() => self.close(),
            (b']', Expected::CommaOrEnd) if !self.is_in_object() => self.close(),
            _ => return Err(self.unexpected()),
        }
        Ok(())
    }

    #[inline(always)]
    fn begin_value(&self) -> Result<(), NotJson> {
        match self.expected {
            Expected::Value | Expected::ValueOrEnd => Ok(()),
            _ => Err(self.unexpected()),
        }
    }

    #[inline(always)]
    fn end_value(&mut self) {
        self.expected = if self.depth == 0 { Expected::Nothing } else { Expected::CommaOrEnd };
    }

    #[inline(always)]
    fn open(&mut self, object: u128) -> Result<(), NotJson> {
        self.begin_value()?;
        if self.depth == DEEPEST {
            return Err(NotJson::TooDeep);
        }
        self.depth += 1;
        self.objects = self.objects << 1 | object;
        self.expected = if object == 1 { Expected::NameOrEnd } else { Expected::ValueOrEnd };
        Ok(())
    }

    #[inline(always)]
    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.objects >>= 1;
        self.end_value();
    }

    #[inline(always)]
    fn is_in_object(&self) -> bool {
        self.objects & 1 == 1
    }

    #[cold]
    fn unexpected(&self) -> NotJson {
        if self.is_complete() { NotJson::MoreThanOne } else { NotJson::Malformed }
    }
}
