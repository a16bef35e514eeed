//! Claims that the document names, and the headers they become.

use crate::{Mistakes, Node, header_name};

/// The way to a claim, step by step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimPath(Vec<ClaimStep>);

/// One step into a token's claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimStep {
    /// The member of an object.
    Member(String),
    /// The item of an array, counted from 0.
    Item(usize),
}

/// A claim and the header that carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimHeader {
    /// Where it stands in the document.
    pub at: String,
    /// The claim.
    pub claim: ClaimPath,
    /// The header, in lower case.
    pub header: String,
}

impl ClaimPath {
    /// A dotted name walks into objects; `None` where a step is empty.
    #[must_use]
    pub fn dotted(name: &str) -> Option<Self> {
        let steps: Vec<_> = name.split('.').map(|step| ClaimStep::Member(step.to_owned())).collect();
        let has_empty = name.split('.').any(str::is_empty);
        (!has_empty).then_some(Self(steps))
    }

    /// The steps; at least one.
    #[must_use]
    pub fn steps(&self) -> &[ClaimStep] {
        &self.0
    }

    /// Reads a dotted name, or a list that is taken literally.
    pub(super) fn read(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        if node.is_array() {
            return Self::read_literal(node, mistakes);
        }
        let name = node.text(mistakes)?;
        match Self::dotted(&name) {
            Some(path) => Some(path),
            None => node.expected("a claim's name", mistakes),
        }
    }

    fn read_literal(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let items = node.items(mistakes)?;
        let steps: Vec<_> = items.iter().filter_map(|item| read_step(item, mistakes)).collect();
        match steps.first() {
            Some(ClaimStep::Member(_)) => Some(Self(steps)),
            _ => node.expected("a list that begins with a claim's name", mistakes),
        }
    }
}

fn read_step(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<ClaimStep> {
    if node.is_text() {
        return node.text(mistakes).map(ClaimStep::Member);
    }
    match node.json().parse() {
        Ok(item) => Some(ClaimStep::Item(item)),
        Err(_) => node.expected("a member's name, or an item's number", mistakes),
    }
}

/// `claims_to_headers` where the document has none.
#[must_use]
pub fn default_claim_headers() -> Vec<ClaimHeader> {
    let header = |claim: &str, header: &str| ClaimHeader {
        at: "auth.claims_to_headers".to_owned(),
        claim: ClaimPath(vec![ClaimStep::Member(claim.to_owned())]),
        header: header.to_owned(),
    };
    vec![header("sub", "x-user-id"), header("role", "x-user-role")]
}

/// Reads `claims_to_headers`: a map of dotted names to headers, or a list of `{claim, header}`.
pub(super) fn read_headers(node: &Node<'_>, mistakes: &mut Mistakes) -> Vec<ClaimHeader> {
    let headers =
        if node.is_array() { read_header_list(node, mistakes) } else { read_header_map(node, mistakes) };
    for (at, later) in headers.iter().enumerate() {
        if let Some(first) = headers.iter().take(at).find(|first| first.header == later.header) {
            mistakes.add(later.at.as_str(), crate::Fault::Twice { first: first.at.clone() });
        }
    }
    headers
}

fn read_header_map(node: &Node<'_>, mistakes: &mut Mistakes) -> Vec<ClaimHeader> {
    if !node.is_object() {
        node.expected::<()>("a map of claims to headers, or a list of {claim, header}", mistakes);
        return Vec::new();
    }
    let Some(mut fields) = node.fields(mistakes) else {
        return Vec::new();
    };
    let mut headers = Vec::new();
    for (name, node) in fields.take_rest() {
        let header = header_name::read(&node, mistakes);
        let Some(claim) = ClaimPath::dotted(&name) else {
            mistakes.wrong(node.path(), "no claim's name; a list of {claim, header} takes any");
            continue;
        };
        headers.extend(header.map(|header| ClaimHeader { at: node.path().to_owned(), claim, header }));
    }
    headers
}

fn read_header_list(node: &Node<'_>, mistakes: &mut Mistakes) -> Vec<ClaimHeader> {
    let items = node.items(mistakes).unwrap_or_default();
    let headers = items.iter().filter_map(|item| read_header_item(item, mistakes));
    headers.collect()
}

fn read_header_item(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<ClaimHeader> {
    let mut fields = node.fields(mistakes)?;
    let claim = fields.required("claim", mistakes);
    let claim = claim.and_then(|node| ClaimPath::read(&node, mistakes));
    let header = fields.required("header", mistakes);
    let header = header.and_then(|node| header_name::read(&node, mistakes));
    fields.finish(mistakes);
    Some(ClaimHeader { at: node.path().to_owned(), claim: claim?, header: header? })
}
