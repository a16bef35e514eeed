//! Walking a checked value: its members, its items, its text.

use std::borrow::Cow;

use serde::Deserialize;

use super::Json;
use super::scan::Scan;

/// A member's name, as it stands with its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Name<'a>(&'a [u8]);

/// Text that is borrowed unless it has escapes.
#[derive(Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// The members of an object.
#[derive(Debug)]
pub(crate) struct Members<'a>(Elements<'a>);

/// The items of an array.
#[derive(Debug)]
pub(crate) struct Items<'a>(Elements<'a>);

impl<'a> Name<'a> {
    /// The name without quotes and escapes. Half a surrogate pair is no text: such a name stands for itself as it is
    /// spelled.
    pub(crate) fn text(self) -> Cow<'a, [u8]> {
        let inner = self.0.get(1..self.0.len().saturating_sub(1)).unwrap_or_default();
        if !inner.contains(&b'\\') {
            return Cow::Borrowed(inner);
        }
        serde_json::from_slice::<String>(self.0)
            .map_or(Cow::Borrowed(inner), |text| Cow::Owned(text.into_bytes()))
    }

    /// The name as it stands.
    pub(crate) fn bytes(self) -> &'a [u8] {
        self.0
    }
}

impl<'a> Members<'a> {
    pub(super) fn of(object: Json<'a>) -> Self {
        Self(Elements::of(object, object.is_object()))
    }
}

impl<'a> Items<'a> {
    pub(super) fn of(array: Json<'a>) -> Self {
        Self(Elements::of(array, array.is_array()))
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = (Name<'a>, Json<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.go_to_next()?;
        let name = self.0.scan.value()?;
        self.0.scan.space();
        self.0.scan.eats(b':');
        self.0.scan.space();
        Some((Name(name.0), self.0.scan.value()?))
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Json<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.go_to_next()?;
        self.0.scan.value()
    }
}

/// What members and items have in common: brackets around them, commas between them.
#[derive(Debug)]
struct Elements<'a> {
    scan: Scan<'a>,
}

impl<'a> Elements<'a> {
    fn of(container: Json<'a>, has_elements: bool) -> Self {
        let mut scan = Scan::new(if has_elements { container.0 } else { &[] });
        scan.at = 1;
        Self { scan }
    }

    fn go_to_next(&mut self) -> Option<()> {
        self.scan.space();
        if self.scan.eats(b',') {
            self.scan.space();
        }
        (!matches!(self.scan.peek()?, b'}' | b']')).then_some(())
    }
}

impl<'a> Scan<'a> {
    /// Steps over a value that is known to be right.
    fn value(&mut self) -> Option<Json<'a>> {
        let start = self.at;
        match self.peek()? {
            b'"' => self.string().ok()?,
            b'{' | b'[' => self.container()?,
            _ => self.plain(),
        }
        self.bytes.get(start..self.at).map(Json)
    }

    fn container(&mut self) -> Option<()> {
        let mut depth = 0_u32;
        loop {
            match self.peek()? {
                b'"' => {
                    self.string().ok()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Some(());
            }
        }
    }

    /// A number or a word ends where something else begins.
    fn plain(&mut self) {
        while self
            .peek()
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
        {
            self.at += 1;
        }
    }
}
