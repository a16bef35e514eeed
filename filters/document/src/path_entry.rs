//! Paths that a rule names, each on its own or with the methods that it is narrowed to.

use crate::{Fields, Methods, Mistakes, Node, PathPattern};

/// A pattern and the methods it is narrowed to.
#[derive(Clone, Debug)]
pub struct PathEntry {
    /// Where it stands in the document.
    pub at: String,
    /// The pattern.
    pub path: PathPattern,
    /// The methods.
    pub methods: Methods,
}

/// Reads a list of patterns and `{path, methods}`.
pub(crate) fn read_list(node: Option<Node<'_>>, mistakes: &mut Mistakes) -> Vec<PathEntry> {
    let items = node.and_then(|node| node.items(mistakes)).unwrap_or_default();
    let entries = items.iter().filter_map(|item| read(item, mistakes));
    entries.collect()
}

fn read(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<PathEntry> {
    if node.is_text() {
        return Some(PathEntry {
            at: node.path().to_owned(),
            path: read_pattern(node, mistakes)?,
            methods: Methods::any(),
        });
    }
    if !node.is_object() {
        return node.expected("a path pattern, or an object with path and methods", mistakes);
    }
    let mut fields = node.fields(mistakes)?;
    let entry = read_members(&mut fields, mistakes);
    fields.finish(mistakes);
    entry
}

/// Takes `path` and `methods` out of a rule.
pub(crate) fn read_members(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> Option<PathEntry> {
    let path = fields.required("path", mistakes);
    let path = path.and_then(|node| read_pattern(&node, mistakes));
    let methods = match fields.take("methods") {
        Some(node) => Methods::read(&node, mistakes),
        None => Some(Methods::any()),
    };
    Some(PathEntry { at: fields.path().to_owned(), path: path?, methods: methods? })
}

pub(crate) fn read_pattern(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<PathPattern> {
    let text = node.text(mistakes)?;
    match PathPattern::parse(&text) {
        Ok(pattern) => Some(pattern),
        Err(error) => {
            mistakes.wrong(node.path(), error.to_string());
            None
        }
    }
}
