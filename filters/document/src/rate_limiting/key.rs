//! What requests are counted by.

use crate::{Mistakes, Node, header_name};

/// One part of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyPart {
    /// The client's address, as Envoy sees it.
    ClientIp,
    /// A header, in lower case.
    Header(String),
    /// A cookie.
    Cookie(String),
    /// A query parameter.
    Query(String),
    /// A claim of the verified token, dotted where it walks into objects.
    Claim(String),
    /// The canonical path.
    Path,
    /// Nothing: all requests of the rule have one bucket.
    Shared,
}

pub(super) const FORMS: &str =
    "client_ip, header:NAME, cookie:NAME, query:NAME, claim:NAME, path, shared, or a list of these";

impl KeyPart {
    /// The key of a rule that names none.
    pub(super) fn defaults() -> Vec<Self> {
        vec![Self::ClientIp]
    }

    /// Reads a key: one part, or a list of several.
    pub(super) fn read_all(node: &Node<'_>, mistakes: &mut Mistakes) -> Vec<Self> {
        if !node.is_array() {
            return Self::read(node, mistakes).into_iter().collect();
        }
        let items = node.items(mistakes).unwrap_or_default();
        if items.is_empty() {
            node.expected::<()>("at least one part of a key", mistakes);
        }
        let mut parts: Vec<Self> = Vec::new();
        for item in &items {
            let Some(part) = Self::read(item, mistakes) else { continue };
            if parts.contains(&part) {
                mistakes.wrong(item.path(), "this part of the key is named twice");
            }
            parts.push(part);
        }
        parts
    }

    fn read(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let written: Option<String> = serde_json::from_str(node.json()).ok();
        match written.as_deref().and_then(Self::parse) {
            Some(part) => Some(part.hinted(node, mistakes)),
            None => node.expected(FORMS, mistakes),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (form, name) = match text.split_once(':') {
            Some((form, name)) => (form, Some(name).filter(|name| !name.is_empty())),
            None => (text, Some("")),
        };
        let is_token = |name: &&str| header_name::is_token(name);
        match (form, name?) {
            ("client_ip", "") => Some(Self::ClientIp),
            ("path", "") => Some(Self::Path),
            ("shared", "") => Some(Self::Shared),
            ("header", _) => name.filter(is_token).map(Self::header),
            ("cookie", _) => name.filter(is_token).map(|name| Self::Cookie(name.to_owned())),
            ("query", name) if !name.is_empty() => Some(Self::Query(name.to_owned())),
            ("claim", name) if !name.is_empty() => Some(Self::Claim(name.to_owned())),
            _ => None,
        }
    }

    /// Envoy keeps the header that HTTP/1 calls `Host` under HTTP/2's name.
    fn header(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        Self::Header(if name == "host" { ":authority".to_owned() } else { name })
    }

    fn hinted(self, node: &Node<'_>, mistakes: &mut Mistakes) -> Self {
        if self == Self::Header("x-forwarded-for".to_owned()) {
            mistakes.warn(
                node.path(),
                "clients write this header as they like; client_ip is the address that Envoy trusts",
            );
        }
        self
    }
}
