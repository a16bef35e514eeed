//! Who a request comes from, as far as authentication found out.

use std::rc::Rc;

/// The claims of a verified token that other sections of the document ask for, as text.
///
/// Only the claims that the document names are kept, so that remembering an identity costs what the document
/// asks for and not what a token holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    claims: Rc<[(Rc<str>, Rc<str>)]>,
}

impl Identity {
    /// An identity with these claims, as pairs of the name that the document uses and the claim's text.
    #[must_use]
    pub fn new(claims: impl Into<Rc<[(Rc<str>, Rc<str>)]>>) -> Self {
        Self { claims: claims.into() }
    }

    /// The text of the claim that the document calls `name` (dotted where it walks into objects).
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<&str> {
        self.claims.iter().find(|(known, _)| &**known == name).map(|(_, text)| &**text)
    }
}
