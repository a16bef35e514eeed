//! The statuses of answers that a rule is narrowed to.

use crate::{Mistakes, Node};

/// Any status, or those listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statuses {
    /// First and last of each listed range; `None` is any status.
    only: Option<Vec<(u16, u16)>>,
}

const WHAT: &str = "a status such as 200, or a class such as \"2xx\"";

impl Statuses {
    /// Every status.
    #[must_use]
    pub fn any() -> Self {
        Self { only: None }
    }

    /// Reads one status or class, or a list of them, which must hold at least one.
    pub(super) fn read(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        if !node.is_array() {
            return read_one(node, mistakes).map(|range| Self { only: Some(vec![range]) });
        }
        let items = node.items(mistakes)?;
        if items.is_empty() {
            return node.expected("at least one status", mistakes);
        }
        let ranges = items.iter().filter_map(|item| read_one(item, mistakes)).collect();
        Some(Self { only: Some(ranges) })
    }

    /// Whether it holds every status.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.only.is_none()
    }

    /// Whether two rules of one path clash: both for any status, or both naming one. A rule that names a status is more
    /// specific than one for any.
    #[must_use]
    pub fn overlap(&self, other: &Self) -> bool {
        match (&self.only, &other.only) {
            (None, None) => true,
            (Some(a), Some(b)) => {
                a.iter().any(|(first, last)| b.iter().any(|(f, l)| first <= l && f <= last))
            }
            _ => false,
        }
    }

    /// Whether answers of this status are held.
    #[must_use]
    pub fn hold(&self, status: u16) -> bool {
        let ranges = self.only.as_deref();
        ranges.is_none_or(|ranges| ranges.iter().any(|(first, last)| (*first..=*last).contains(&status)))
    }
}

fn read_one(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<(u16, u16)> {
    let class = |digit: u8| {
        let first = u16::from(digit - b'0') * 100;
        (first, first + 99)
    };
    match node.json().as_bytes() {
        [b'"', digit @ b'1'..=b'5', b'x', b'x', b'"'] => Some(class(*digit)),
        [b'1'..=b'5', _, _] => match node.json().parse() {
            Ok(status) => Some((status, status)),
            Err(_) => node.expected(WHAT, mistakes),
        },
        _ => node.expected(WHAT, mistakes),
    }
}
