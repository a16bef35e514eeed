//! Rules by path and method: the most specific one wins, whatever the order in which they were written.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use matchit::{Params, Router};

use crate::path_pattern::Segment;
use crate::{Methods, PathPattern};

/// Values by path pattern and method.
///
/// An exact pattern comes before one with single wildcards, that before `**`, and the longest `**` first. A pattern
/// whose methods leave a request out is passed over for the next. `matchit` finds the one of a kind; the kinds are kept apart, since
/// its own order is from segment to segment.
#[derive(Clone, Debug)]
pub struct PathTable<T> {
    values: Vec<T>,
    any_method: Kinds,
    by_method: Vec<(String, Kinds)>,
}

/// Two rules that hold the same requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// The pattern that was there first, as written.
    pub with: String,
}

/// What a look-up finds.
#[derive(Debug)]
pub struct Found<'t, 'p, T> {
    /// The rule's value.
    pub value: &'t T,
    captures: Params<'t, 'p>,
}

/// A rule to be entered.
#[derive(Clone, Debug)]
struct Entry {
    pattern: PathPattern,
    methods: Methods,
}

/// Collects rules, and refuses those that hold the same requests as an earlier one.
#[derive(Clone, Debug)]
pub struct PathRules<T> {
    entries: Vec<Entry>,
    values: Vec<T>,
    /// The entries of each shape, so that a thousand rules are not each compared with all.
    by_shape: HashMap<String, Vec<usize>>,
}

/// The three kinds of patterns, each found by a radix tree; a kind that no pattern is of is not asked.
#[derive(Clone, Debug, Default)]
struct Kinds {
    exact: Option<Router<usize>>,
    one_segment: Option<Router<usize>>,
    /// By the number of segments before `**`, longest first.
    below: BTreeMap<Reverse<usize>, Router<usize>>,
}

impl<T> Default for PathRules<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), values: Vec::new(), by_shape: HashMap::new() }
    }
}

impl<T> PathRules<T> {
    /// Enters a rule; a clash leaves it out.
    pub fn insert(&mut self, pattern: PathPattern, methods: Methods, value: T) -> Result<(), Clash> {
        let alike = self.by_shape.entry(pattern.shape()).or_default();
        let mut entries = alike.iter().filter_map(|at| self.entries.get(*at));
        if let Some(twin) = entries.find(|entry| entry.methods.overlap(&methods)) {
            return Err(Clash { with: twin.pattern.as_str().to_owned() });
        }
        alike.push(self.entries.len());
        self.entries.push(Entry { pattern, methods });
        self.values.push(value);
        Ok(())
    }

    /// The table that answers requests.
    #[must_use]
    pub fn build(self) -> PathTable<T> {
        let mut by_method: Vec<(String, Kinds)> = Vec::new();
        for name in self.entries.iter().flat_map(|entry| entry.methods.names()) {
            if !by_method.iter().any(|(known, _)| known == name) {
                by_method.push((name.to_owned(), self.kinds(Some(name))));
            }
        }
        PathTable { any_method: self.kinds(None), by_method, values: self.values }
    }

    /// The rules that hold requests of `method`; those that name it go in first, so that they win.
    fn kinds(&self, method: Option<&str>) -> Kinds {
        let mut kinds = Kinds::default();
        let numbered = || self.entries.iter().enumerate();
        for (at, entry) in numbered().filter(|(_, entry)| method.is_some_and(|m| entry.methods.name(m))) {
            kinds.insert(&entry.pattern, at);
        }
        for (at, entry) in numbered().filter(|(_, entry)| entry.methods.is_any()) {
            kinds.insert(&entry.pattern, at);
        }
        kinds
    }
}

impl<T> PathTable<T> {
    /// The most specific rule for a canonical path and a method.
    #[must_use]
    pub fn find<'t, 'p>(&'t self, path: &'p str, method: &[u8]) -> Option<Found<'t, 'p, T>> {
        if self.values.is_empty() {
            return None;
        }
        let of_method = self.by_method.iter().find(|(name, _)| name.as_bytes() == method);
        let kinds = of_method.map_or(&self.any_method, |(_, kinds)| kinds);
        let (at, captures) = kinds.find(path)?;
        Some(Found { value: self.values.get(at)?, captures })
    }

    /// Every rule's value, in the order of entry.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.values.iter()
    }
}

impl<T> Found<'_, '_, T> {
    /// The segment that `{name}` captured, still percent-encoded, where `position` counts the pattern's wildcards
    /// from 0, those without a name too.
    #[must_use]
    pub fn capture(&self, position: usize) -> Option<&str> {
        self.captures.iter().nth(position).map(|(_, value)| value)
    }
}

impl Kinds {
    /// A pattern that is there already keeps its place.
    fn insert(&mut self, pattern: &PathPattern, at: usize) {
        let router = if pattern.holds_everything_below() {
            self.below.entry(Reverse(pattern.segments().len())).or_default()
        } else if pattern.segments().iter().all(|segment| matches!(segment, Segment::Literal(_))) {
            self.exact.get_or_insert_default()
        } else {
            self.one_segment.get_or_insert_default()
        };
        // The one error left is that of a twin which names the method.
        let _ = router.insert(pattern.for_matchit(), at);
    }

    fn find<'t, 'p>(&'t self, path: &'p str) -> Option<(usize, Params<'t, 'p>)> {
        let at = |router: &'t Option<Router<usize>>| router.as_ref()?.at(path).ok();
        let found = at(&self.exact).or_else(|| at(&self.one_segment)).or_else(|| {
            let mut below = self.below.iter();
            below.find_map(|(Reverse(depth), router)| router.at(first_segments(path, *depth)?).ok())
        })?;
        Some((*found.value, found.params))
    }
}

/// The path up to the end of its segment number `depth`; `None` where it has fewer.
fn first_segments(path: &str, depth: usize) -> Option<&str> {
    if depth == 0 {
        return Some("/");
    }
    let mut slashes = path.match_indices('/').map(|(at, _)| at);
    let first = slashes.nth(depth - 1)?;
    match slashes.next() {
        Some(end) => path.get(..end),
        None => Some(path).filter(|path| first + 1 < path.len()),
    }
}

impl PathPattern {
    /// The pattern in matchit's words, its wildcards numbered so that differing names are no conflict.
    fn for_matchit(&self) -> String {
        let segments = self.segments().iter().enumerate().map(|(at, segment)| match segment {
            Segment::Literal(text) => format!("/{text}"),
            Segment::Any(_) => format!("/{{{at}}}"),
        });
        let route: String = segments.collect();
        if route.is_empty() { "/".to_owned() } else { route }
    }

    /// What the pattern looks like without the names of its captures: patterns of one shape hold the same paths.
    #[must_use]
    pub fn shape(&self) -> String {
        let below = if self.holds_everything_below() { "/**" } else { "" };
        self.for_matchit() + below
    }
}

#[cfg(test)]
mod tests {
    use super::{Clash, PathRules, PathTable};
    use crate::{Methods, PathPattern};

    fn table(patterns: &[&'static str]) -> PathTable<&'static str> {
        let mut rules = PathRules::default();
        for pattern in patterns {
            rules.insert(PathPattern::parse(pattern).unwrap(), Methods::any(), *pattern).unwrap();
        }
        rules.build()
    }

    #[test]
    fn the_most_specific_pattern_wins_whatever_the_order() {
        let mut patterns = ["/**", "/a/**", "/a/{x}", "/a/b", "/a/b/**", "/{y}/b/**", "/a/*/c", "/a/b/c/d"];
        let cases = [
            ("/", "/**"),
            ("/z", "/**"),
            ("/a", "/a/**"),
            ("/a/", "/a/**"),
            ("/a/b", "/a/b"),
            ("/a/z", "/a/{x}"),
            ("/a/b/", "/a/b/**"),
            ("/a/b/c", "/a/*/c"),
            ("/a/b/z", "/a/b/**"),
            ("/z/b/c", "/{y}/b/**"),
            ("/a/z/z", "/a/**"),
            ("/a/b/c/d", "/a/b/c/d"),
        ];
        for _ in 0..2 {
            let table = table(&patterns);
            for (path, pattern) in cases {
                assert_eq!(table.find(path, b"GET").map(|found| *found.value), Some(pattern), "{path}");
            }
            patterns.reverse();
        }
    }

    #[test]
    fn everything_below_is_found_longest_first() {
        let table = table(&["/a/**", "/{x}/b/**"]);
        assert_eq!(*table.find("/a/b/c", b"GET").unwrap().value, "/{x}/b/**");
        assert_eq!(*table.find("/a/c", b"GET").unwrap().value, "/a/**");
        assert!(table.find("/b", b"GET").is_none());
    }

    #[test]
    fn a_trailing_slash_is_another_path() {
        let table = table(&["/a/b", "/c/*"]);
        for path in ["/a/b/", "/a", "/a/b/c", "/c", "/c/", "/c/d/"] {
            assert!(table.find(path, b"GET").is_none(), "{path}");
        }
    }

    #[test]
    fn captures_are_found_by_position() {
        let table = table(&["/{kind}/*/{id}/**"]);
        let found = table.find("/users/x/7%20/more/of/it", b"GET").unwrap();
        assert_eq!([0, 1, 2, 3].map(|at| found.capture(at)), [Some("users"), Some("x"), Some("7%20"), None]);
    }

    #[test]
    fn methods_narrow_and_leave_the_rest_to_the_next() {
        let mut rules = PathRules::default();
        let methods = |names: &[&str]| Methods::only(names.iter().map(|name| (*name).to_owned()));
        let mut insert = |pattern: &str, methods, value| {
            rules.insert(PathPattern::parse(pattern).unwrap(), methods, value)
        };
        assert_eq!(insert("/a/{x}", methods(&["POST"]), 1), Ok(()));
        assert_eq!(insert("/a/**", Methods::any(), 2), Ok(()));
        assert_eq!(insert("/a/{y}", methods(&["GET", "PUT"]), 3), Ok(()));
        assert_eq!(insert("/a/{z}", Methods::any(), 4), Ok(()));
        assert_eq!(insert("/a/{x}", methods(&["PUT"]), 5), Err(Clash { with: "/a/{y}".to_owned() }));
        assert_eq!(insert("/a/{x}", Methods::any(), 6), Err(Clash { with: "/a/{z}".to_owned() }));
        let table = rules.build();
        let found = |path, method: &[u8]| table.find(path, method).map(|found| *found.value);
        assert_eq!(
            [found("/a/b", b"POST"), found("/a/b", b"GET"), found("/a/b", b"PURGE")],
            [Some(1), Some(3), Some(4)]
        );
        assert_eq!(found("/a/b/c", b"POST"), Some(2));
    }
}
