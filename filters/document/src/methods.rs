//! The request methods that a rule is narrowed to.

use crate::{Mistakes, Node};

/// Any method, or those named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Methods {
    only: Vec<String>,
}

impl Methods {
    /// Every method.
    #[must_use]
    pub fn any() -> Self {
        Self::default()
    }

    /// The named methods; none named means any.
    pub fn only(names: impl IntoIterator<Item = String>) -> Self {
        Self { only: names.into_iter().collect() }
    }

    /// Reads a list of methods, which must name at least one. Methods are case-sensitive (RFC 9110, section 9.1).
    pub fn read(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let items = node.items(mistakes)?;
        if items.is_empty() {
            return node.expected("at least one method", mistakes);
        }
        let names = items.iter().filter_map(|item| read_one(item, mistakes)).collect();
        Some(Self { only: names })
    }

    /// Whether it holds every method.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.only.is_empty()
    }

    /// Whether a request with this method is held.
    #[must_use]
    pub fn hold(&self, method: &[u8]) -> bool {
        self.is_any() || self.only.iter().any(|name| name.as_bytes() == method)
    }

    pub(crate) fn name(&self, method: &str) -> bool {
        self.only.iter().any(|name| name == method)
    }

    /// The methods named; none where it holds every method.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.only.iter().map(String::as_str)
    }

    /// The methods named, in the order of the alphabet: for what must not change when a list is written in another order.
    #[must_use]
    pub fn in_order(&self) -> Vec<&str> {
        let mut sorted: Vec<&str> = Vec::new();
        for name in self.names() {
            // A handful at most, for which the library's sort is 5 KB of a module.
            sorted.insert(sorted.partition_point(|known| *known < name), name);
        }
        sorted
    }

    /// Whether two rules of one pattern clash: both for any method, or both naming one. A rule that names a method is more
    /// specific than one for any.
    #[must_use]
    pub fn overlap(&self, other: &Self) -> bool {
        (self.is_any() && other.is_any()) || self.only.iter().any(|name| other.name(name))
    }
}

fn read_one(item: &Node<'_>, mistakes: &mut Mistakes) -> Option<String> {
    let name = item.text(mistakes)?;
    let is_method = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-');
    if is_method {
        Some(name)
    } else {
        item.expected("a method in capital letters, such as \"GET\"", mistakes)
    }
}

#[cfg(test)]
mod tests {
    use super::Methods;

    #[test]
    fn the_order_of_a_list_does_not_matter() {
        for names in [["GET", "PUT", "DELETE"], ["PUT", "DELETE", "GET"], ["DELETE", "GET", "PUT"]] {
            assert_eq!(Methods::only(names.map(str::to_owned)).in_order(), ["DELETE", "GET", "PUT"]);
        }
        assert!(Methods::any().in_order().is_empty());
    }
}
