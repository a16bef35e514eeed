//! The head of a request or an answer: what came, and what filters change about it.

use std::ops::Deref;
use std::rc::Rc;

use crate::HeaderMap;
use crate::header_map::Values;

/// One change to a head: a header that is set to one value, or removed with all its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The header's name, in lower case.
    pub name: Name,
    /// The new value; `None` removes the header.
    pub value: Option<Rc<[u8]>>,
    /// Whether no line of this name came, as far as the head was read. The host need not look for what it replaces then, for
    /// which Envoy makes an index of all headers.
    pub is_new: bool,
}

/// A header's name in lower case: a word of the code, or one of the document that many requests share. Neither is
/// copied for a request.
#[derive(Clone, Debug, Eq)]
pub enum Name {
    /// A word of the code.
    Static(&'static str),
    /// A word of the document.
    Shared(Rc<str>),
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Static(name) => name,
            Self::Shared(name) => name,
        }
    }
}

impl From<&'static str> for Name {
    fn from(name: &'static str) -> Self {
        Self::Static(name)
    }
}

impl From<Rc<str>> for Name {
    fn from(name: Rc<str>) -> Self {
        Self::Shared(name)
    }
}

/// A head as the filters see it: later filters see the changes of earlier ones.
///
/// The changes are kept apart, so that the host is told each of them once, when all filters have had their say.
#[derive(Clone, Debug, Default)]
pub struct Head {
    received: HeaderMap,
    edits: Vec<Edit>,
}

/// As many changes as most requests get at the most.
const FEW: usize = 4;

impl Head {
    /// A head without changes.
    #[must_use]
    pub fn new(received: HeaderMap) -> Self {
        Self { received, edits: Vec::new() }
    }

    /// Takes in what was received, for a head that was changed before it was read. The changes stay.
    pub fn receive(&mut self, received: HeaderMap) {
        self.received = received;
    }

    /// The first value of the header `name` (lower case). Not copied to where one is asked for, as is [`Values::next`].
    #[must_use]
    #[inline(never)]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        match self.edit_of(name) {
            Some(edit) => edit.value.as_deref(),
            None => self.received.first(name),
        }
    }

    /// Every value of the header `name` (lower case), one for each line.
    #[must_use]
    pub fn all<'a, 'n>(&'a self, name: &'n str) -> Values<'a, 'n> {
        match self.edit_of(name) {
            Some(edit) => Values::edited(edit.value.as_deref()),
            None => self.received.all(name),
        }
    }

    /// Every line, with the changes: what came and stays, in its order, then what was set.
    pub fn lines(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let stays = |(name, _): &(&[u8], &[u8])| !self.edits.iter().any(|edit| edit.name.as_bytes() == *name);
        let set = self.edits.iter().filter_map(|edit| Some((edit.name.as_bytes(), edit.value.as_deref()?)));
        self.received.iter().filter(stays).chain(set)
    }

    /// Every line as it came, without the changes.
    #[must_use]
    pub fn received(&self) -> &HeaderMap {
        &self.received
    }

    /// Sets the header `name` (lower case) to one value, whatever lines it had.
    pub fn set(&mut self, name: impl Into<Name>, value: impl Into<Rc<[u8]>>) {
        self.change(name.into(), Some(value.into()));
    }

    /// Removes every line of the header `name` (lower case); nothing is noted where there is none.
    pub fn remove(&mut self, name: impl Into<Name>) {
        let name = name.into();
        if self.get(&name).is_some() {
            self.change(name, None);
        }
    }

    /// The changes, at most one for a name, in the order of their first mention.
    #[must_use]
    pub fn edits(&self) -> &[Edit] {
        &self.edits
    }

    /// Hands the changes over, to be told to the host; what they changed is no longer seen here.
    pub fn take_edits(&mut self) -> Vec<Edit> {
        std::mem::take(&mut self.edits)
    }

    /// The request's method; empty where there is none.
    #[must_use]
    pub fn method(&self) -> &[u8] {
        self.get(":method").unwrap_or_default()
    }

    /// The request's path with its query, as it stands; empty where there is none.
    #[must_use]
    pub fn path(&self) -> &[u8] {
        self.get(":path").unwrap_or_default()
    }

    /// The answer's status; `None` where it is absent or no number.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        std::str::from_utf8(self.get(":status")?).ok()?.parse().ok()
    }

    fn edit_of(&self, name: &str) -> Option<&Edit> {
        self.edits.iter().find(|edit| &*edit.name == name)
    }

    fn change(&mut self, name: Name, value: Option<Rc<[u8]>>) {
        if let Some(edit) = self.edits.iter_mut().find(|edit| edit.name == name) {
            edit.value = value;
        } else {
            // An answer's head may be changed before it is read: nobody knows then what is in it.
            let is_new = !self.received.is_empty() && self.received.first(&name).is_none();
            self.add(Edit { name, value, is_new });
        }
    }

    /// Room for a few comes with the first, so that most heads do without the code that lets a list grow.
    fn add(&mut self, edit: Edit) {
        if self.edits.is_empty() {
            self.edits = Vec::with_capacity(FEW);
        }
        self.edits.push(edit);
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::Head;
    use crate::HeaderMap;

    fn head() -> Head {
        Head::new(HeaderMap::from_pairs(&[(":path", "/a?b"), ("x-user", "spoofed"), ("x-user", "twice")]))
    }

    #[test]
    fn a_change_hides_every_line_of_its_name() {
        let mut head = head();
        head.set("x-user", &b"usr_1"[..]);
        assert_eq!(head.get("x-user"), Some(&b"usr_1"[..]));
        assert_eq!(head.all("x-user").count(), 1);
        head.remove("x-user");
        assert_eq!(head.get("x-user"), None);
        assert_eq!(head.all("x-user").count(), 0);
        assert_eq!(head.edits().len(), 1, "the host is told once");
    }

    #[test]
    fn lines_are_those_that_stay_and_those_that_were_set() {
        let mut head = head();
        assert!(head.lines().eq(head.received().iter()));
        head.set("x-user", &b"usr_1"[..]);
        head.remove(":path");
        assert_eq!(head.lines().collect::<Vec<_>>(), [(&b"x-user"[..], &b"usr_1"[..])]);
    }

    #[test]
    fn a_name_is_one_name_whoever_says_it() {
        let mut head = head();
        head.set("x-user", &b"usr_1"[..]);
        head.set(Rc::<str>::from("x-user"), &b"usr_2"[..]);
        assert_eq!((head.edits().len(), head.get("x-user")), (1, Some(&b"usr_2"[..])));
    }

    #[test]
    fn what_did_not_come_is_new() {
        let mut head = head();
        head.remove("x-user");
        head.set("x-user", &b"usr_1"[..]);
        head.set("x-role", &b"admin"[..]);
        assert_eq!(head.edits().iter().map(|edit| edit.is_new).collect::<Vec<_>>(), [false, true]);
        let mut unread = Head::default();
        unread.set("x-role", &b"admin"[..]);
        assert!(!unread.edits().first().is_some_and(|edit| edit.is_new));
    }

    #[test]
    fn what_is_not_there_is_not_removed() {
        let mut head = head();
        head.remove("authorization");
        assert!(head.edits().is_empty());
        assert_eq!(head.all("x-user").count(), 2);
    }

    #[test]
    fn absent_pseudo_headers_read_as_empty() {
        let empty = Head::default();
        assert_eq!((empty.method(), empty.path(), empty.status()), (&b""[..], &b""[..], None));
        let odd = Head::new(HeaderMap::from_pairs(&[(":status", "2x0")]));
        assert_eq!(odd.status(), None);
    }
}
