//! Who a request comes from, as far as authentication found out.

use std::rc::Rc;

/// A claim: its name as the document has it, and its text.
type Claim = (Rc<str>, Rc<str>);

/// The claims of a verified token that other sections of the document ask for, as text.
///
/// Only the claims that the document names are kept, so that remembering an identity costs what the document
/// asks for and not what a token holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// `None` where there would be none in it, which most documents ask for.
    claims: Option<Rc<[Claim]>>,
}

impl Identity {
    /// An identity with these claims, as pairs of the name that the document uses and the claim's text.
    #[must_use]
    pub fn new(claims: impl Into<Vec<Claim>>) -> Self {
        let claims = claims.into();
        Self { claims: (!claims.is_empty()).then(|| claims.into()) }
    }

    /// The text of the claim that the document calls `name` (dotted where it walks into objects).
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<&str> {
        self.claims.as_deref()?.iter().find(|(known, _)| &**known == name).map(|(_, text)| &**text)
    }
}
