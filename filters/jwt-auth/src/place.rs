//! Where the token stands in a request, and taking it off there.

mod cookie;
mod header;
mod query;

use std::borrow::Cow;
use std::rc::Rc;

use portcullis_document::auth::TokenPlace;
use portcullis_http::Head;

/// The places where tokens are looked for.
#[derive(Clone, Debug)]
pub(crate) struct Places(Vec<Place>);

/// One place.
#[derive(Clone, Debug)]
enum Place {
    Header { name: Rc<str>, scheme: Option<String> },
    Cookie(String),
    Query(String),
}

/// What one place holds.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Held<'h> {
    Nothing,
    Token(Cow<'h, [u8]>),
    /// More than one, or the place itself more than once.
    Several,
}

/// A token and the place it was found in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found<'h> {
    pub(crate) token: Cow<'h, [u8]>,
    pub(crate) place: usize,
}

/// More than one token came (RFC 6750, section 2): which one counts would be anyone's guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SeveralTokens;

impl Places {
    pub(crate) fn new(places: &[TokenPlace]) -> Self {
        Self(places.iter().map(Place::new).collect())
    }

    /// The headers that it reads tokens from, so that no claim goes there.
    pub(crate) fn headers(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|place| match place {
            Place::Header { name, .. } => name,
            Place::Cookie(_) => cookie::HEADER,
            Place::Query(_) => query::HEADER,
        })
    }

    /// The request's only token, if it has one.
    pub(crate) fn find<'h>(&'h self, request: &'h Head) -> Result<Option<Found<'h>>, SeveralTokens> {
        let mut found = None;
        for (number, place) in self.0.iter().enumerate() {
            match place.held(request) {
                Held::Nothing => {}
                Held::Token(token) if found.is_none() => found = Some(Found { token, place: number }),
                Held::Token(_) | Held::Several => return Err(SeveralTokens),
            }
        }
        Ok(found)
    }

    /// Whether what was found is more than one token, joined into one line. Asked only about what has turned out to be no
    /// token, since it takes a look at every byte.
    pub(crate) fn are_several(&self, found: &Found<'_>) -> bool {
        matches!(self.0.get(found.place), Some(Place::Header { .. })) && header::is_joined(&found.token)
    }

    /// Takes the token off the place where it was found.
    pub(crate) fn remove(&self, place: usize, request: &mut Head) {
        match self.0.get(place) {
            Some(Place::Header { name, .. }) => request.remove(Rc::clone(name)),
            Some(Place::Cookie(name)) => cookie::remove(name, request),
            Some(Place::Query(name)) => query::remove(name, request),
            None => {}
        }
    }
}

impl Place {
    fn new(place: &TokenPlace) -> Self {
        match place {
            TokenPlace::Header { name, scheme } => {
                Self::Header { name: name.as_str().into(), scheme: scheme.clone() }
            }
            TokenPlace::Cookie(name) => Self::Cookie(name.clone()),
            TokenPlace::Query(name) => Self::Query(name.clone()),
        }
    }

    fn held<'h>(&'h self, request: &'h Head) -> Held<'h> {
        match self {
            Self::Header { name, scheme } => header::held(name, scheme.as_deref(), request),
            Self::Cookie(name) => cookie::held(name, request),
            Self::Query(name) => query::held(name, request),
        }
    }
}

impl<'h> Held<'h> {
    /// One token out of what may be none, one or more; an empty one is none.
    fn one_of(tokens: impl Iterator<Item = Cow<'h, [u8]>>) -> Self {
        let mut tokens = tokens.filter(|token| !token.is_empty());
        match (tokens.next(), tokens.next()) {
            (None, _) => Self::Nothing,
            (Some(token), None) => Self::Token(token),
            (Some(_), Some(_)) => Self::Several,
        }
    }
}

#[cfg(test)]
mod tests;
