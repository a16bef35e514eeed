//! Headers of a part's call: those that the document sets, and those of the client that it hands on.

use super::TextAt;
use crate::{Fault, Mistakes, Node, header_name};

/// What frames a message or belongs to one connection (RFC 9110, section 7.6.1), and what the answer's form hangs on.
const NOT_TO_BE_SET: &[&str] = &[
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Headers by which Envoy itself is told how to make a call, its time limit among them.
const ENVOYS_OWN: &str = "x-envoy-";

/// Reads a map of header names, in lower case, to texts.
pub(super) fn read_set(node: &Node<'_>, mistakes: &mut Mistakes) -> Vec<(String, TextAt)> {
    let members = node.fields(mistakes).map(|mut fields| fields.take_rest()).unwrap_or_default();
    let mut headers: Vec<(String, TextAt)> = Vec::new();
    for (name, value) in members {
        let Some(value) = TextAt::read(&value, mistakes) else { continue };
        let Some(name) = of_call(&name, &value.at, mistakes) else { continue };
        match headers.iter().find(|(known, _)| *known == name) {
            Some((_, first)) => mistakes.add(value.at, Fault::Twice { first: first.at.clone() }),
            None => headers.push((name, value)),
        }
    }
    headers
}

/// Reads a list of header names, in lower case. The host is the upstream's, never the client's.
pub(super) fn read_forwarded(node: &Node<'_>, mistakes: &mut Mistakes) -> Vec<String> {
    let mut names = Vec::new();
    for item in node.items(mistakes).unwrap_or_default() {
        let Some(name) = item.text(mistakes) else { continue };
        let Some(name) = of_call(&name, item.path(), mistakes) else { continue };
        if name == "host" {
            mistakes.wrong(item.path(), "a part's call names the host of its upstream");
        } else if names.contains(&name) {
            mistakes.wrong(item.path(), "stands twice");
        } else {
            names.push(name);
        }
    }
    names
}

fn of_call(name: &str, at: &str, mistakes: &mut Mistakes) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    if !header_name::is_token(name) {
        mistakes.wrong(at, format!("{name:?} is no header's name"));
    } else if NOT_TO_BE_SET.contains(&&*lower) || lower.starts_with(ENVOYS_OWN) {
        mistakes.wrong(at, format!("{name:?} is set by the gateway itself"));
    } else {
        return Some(lower);
    }
    None
}
