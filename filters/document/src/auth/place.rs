//! Where a token may stand in a request.

use crate::{Fields, Mistakes, Node, header_name};

/// A place for a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenPlace {
    /// A header; with a scheme before the token, or the token alone.
    Header {
        /// The name, in lower case.
        name: String,
        /// The scheme, as written; requests may write it in any case.
        scheme: Option<String>,
    },
    /// A cookie of this name.
    Cookie(String),
    /// A query parameter of this name.
    Query(String),
}

impl TokenPlace {
    /// `Authorization: Bearer` (RFC 6750, section 2.1).
    #[must_use]
    pub fn bearer() -> Self {
        Self::Header { name: AUTHORIZATION.to_owned(), scheme: Some("Bearer".to_owned()) }
    }
}

/// Its values always begin with a scheme (RFC 9110, section 11.6.2), so none given means `Bearer`.
const AUTHORIZATION: &str = "authorization";

/// Reads `from`; where it is absent, tokens are bearer tokens.
pub(super) fn read_list(node: Option<Node<'_>>, mistakes: &mut Mistakes) -> Vec<TokenPlace> {
    let Some(node) = node else {
        return vec![TokenPlace::bearer()];
    };
    let items = node.items(mistakes).unwrap_or_default();
    if items.is_empty() && node.is_array() {
        node.expected::<()>("at least one place", mistakes);
    }
    let mut places: Vec<TokenPlace> = Vec::new();
    for item in &items {
        let Some(place) = read(item, mistakes) else {
            continue;
        };
        if places.iter().any(|earlier| earlier.is_like(&place)) {
            mistakes.wrong(item.path(), "this place is named twice");
        }
        places.push(place);
    }
    places
}

fn read(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<TokenPlace> {
    let mut fields = node.fields(mistakes)?;
    let header = fields.take("header");
    let cookie = fields.take("cookie");
    let query = fields.take("query");
    let place = match (header, cookie, query) {
        (Some(header), None, None) => read_header(&header, &mut fields, mistakes),
        (None, Some(cookie), None) => read_cookie(&cookie, mistakes),
        (None, None, Some(query)) => read_query(&query, mistakes),
        _ => node.expected("one of header, cookie and query", mistakes),
    };
    fields.finish(mistakes);
    place
}

fn read_header(node: &Node<'_>, fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> Option<TokenPlace> {
    let name = header_name::read_any(node, mistakes);
    let scheme = fields.take("scheme").and_then(|node| {
        let scheme = node.text(mistakes)?;
        if header_name::is_token(&scheme) {
            return Some(scheme);
        }
        node.expected("an authentication scheme such as \"Bearer\"", mistakes)
    });
    let name = name?;
    let scheme = scheme.or_else(|| (name == AUTHORIZATION).then(|| "Bearer".to_owned()));
    Some(TokenPlace::Header { name, scheme })
}

fn read_cookie(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<TokenPlace> {
    let name = node.text(mistakes)?;
    if header_name::is_token(&name) {
        return Some(TokenPlace::Cookie(name));
    }
    node.expected("a cookie's name", mistakes)
}

fn read_query(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<TokenPlace> {
    let name = node.text(mistakes)?;
    if !name.is_empty() {
        return Some(TokenPlace::Query(name));
    }
    node.expected("a query parameter's name", mistakes)
}

impl TokenPlace {
    /// One header with two schemes is one place for two kinds of tokens, and fine.
    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Header { name: a, scheme: x }, Self::Header { name: b, scheme: y }) => {
                let schemes = x.as_deref().zip(y.as_deref());
                a == b && schemes.is_none_or(|(x, y)| x.eq_ignore_ascii_case(y))
            }
            _ => self == other,
        }
    }
}
