//! What a token must hold so that its bearer may use a path.

use super::{ClaimPath, PathEntry};
use crate::{Fields, Mistakes, Node, path_entry};

/// A rule of `require`.
#[derive(Clone, Debug)]
pub struct Requirement {
    /// The requests that it is for.
    pub entry: PathEntry,
    /// Claims that must all hold.
    pub claims: Vec<ClaimRequirement>,
    /// Scopes that must all be granted.
    pub scopes: Vec<String>,
}

/// A claim and the values of which it must have one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimRequirement {
    /// The claim.
    pub claim: ClaimPath,
    /// The values; at least one.
    pub any_of: Vec<ClaimValue>,
}

/// A value that a claim is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimValue {
    /// A text.
    Text(String),
    /// `true`, `false` or a number, in the spelling that the token must have too.
    Literal(String),
}

/// Reads `require`.
pub(super) fn read_list(node: Option<Node<'_>>, mistakes: &mut Mistakes) -> Vec<Requirement> {
    let items = node.and_then(|node| node.items(mistakes)).unwrap_or_default();
    let rules = items.iter().filter_map(|item| read(item, mistakes));
    rules.collect()
}

fn read(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Requirement> {
    let mut fields = node.fields(mistakes)?;
    let entry = path_entry::read_members(&mut fields, mistakes);
    let claims = read_claims(&mut fields, mistakes);
    let scopes = read_scopes(&mut fields, mistakes);
    if claims.is_none() && scopes.is_none() {
        node.expected::<()>("claims or scopes to require", mistakes);
    }
    fields.finish(mistakes);
    Some(Requirement {
        entry: entry?,
        claims: claims.unwrap_or_default(),
        scopes: scopes.unwrap_or_default(),
    })
}

fn read_claims(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> Option<Vec<ClaimRequirement>> {
    let node = fields.take("claims")?;
    let claims = if node.is_array() {
        let items = node.items(mistakes).unwrap_or_default();
        items.iter().filter_map(|item| read_claim_item(item, mistakes)).collect()
    } else {
        read_claim_map(&node, mistakes)
    };
    if matches!(node.json(), "{}" | "[]") {
        node.expected::<()>("at least one claim", mistakes);
    }
    Some(claims)
}

/// `{role: admin, plan: [pro, team]}`.
fn read_claim_map(node: &Node<'_>, mistakes: &mut Mistakes) -> Vec<ClaimRequirement> {
    let Some(mut fields) = node.fields(mistakes) else {
        return Vec::new();
    };
    let mut claims = Vec::new();
    for (name, node) in fields.take_rest() {
        let any_of = read_values(&node, mistakes);
        let Some(claim) = ClaimPath::dotted(&name) else {
            mistakes.wrong(node.path(), "no claim's name; a list of {claim, any_of} takes any");
            continue;
        };
        claims.push(ClaimRequirement { claim, any_of });
    }
    claims
}

/// `{claim: ["https://example.com/roles"], any_of: [admin]}`, for names that are no dotted names.
fn read_claim_item(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<ClaimRequirement> {
    let mut fields = node.fields(mistakes)?;
    let claim = fields.required("claim", mistakes);
    let claim = claim.and_then(|node| ClaimPath::read(&node, mistakes));
    let any_of = fields.required("any_of", mistakes);
    let any_of = any_of.map(|node| read_values(&node, mistakes));
    fields.finish(mistakes);
    Some(ClaimRequirement { claim: claim?, any_of: any_of? })
}

fn read_values(node: &Node<'_>, mistakes: &mut Mistakes) -> Vec<ClaimValue> {
    let items = if node.is_array() { node.items(mistakes).unwrap_or_default() } else { vec![node.clone()] };
    if items.is_empty() {
        node.expected::<()>("at least one value", mistakes);
    }
    items.iter().filter_map(|item| read_scalar(item, mistakes)).collect()
}

fn read_scalar(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<ClaimValue> {
    if node.is_text() {
        return node.text(mistakes).map(ClaimValue::Text);
    }
    let is_composed = node.is_object() || node.is_array() || node.json() == "null";
    if is_composed {
        return node.expected("text, a number, true or false", mistakes);
    }
    Some(ClaimValue::Literal(node.json().to_owned()))
}

/// A scope's name holds what a challenge can quote (RFC 6749, section 3.3).
fn read_scopes(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> Option<Vec<String>> {
    let node = fields.take("scopes")?;
    let items = node.items(mistakes).unwrap_or_default();
    if items.is_empty() && node.is_array() {
        node.expected::<()>("at least one scope", mistakes);
    }
    let scopes = items.iter().filter_map(|item| {
        let scope = item.text(mistakes)?;
        let is_scope_token = |byte: u8| matches!(byte, b'!' | b'#'..=b'[' | b']'..=b'~');
        if !scope.is_empty() && scope.bytes().all(is_scope_token) {
            return Some(scope);
        }
        item.expected("a scope's name", mistakes)
    });
    Some(scopes.collect())
}
