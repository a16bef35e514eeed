//! Headers as Envoy keeps them: an ordered list, names in lower case, values any bytes.

use std::fmt;

/// Those of the headers that Envoy has a place of its own for that matter to an HTTP API: a second one is joined to the first.
const INLINE: &[&str] = &[
    ":authority",
    ":method",
    ":path",
    ":scheme",
    ":status",
    "accept-encoding",
    "authorization",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "etag",
    "grpc-message",
    "grpc-status",
    "origin",
    "te",
    "transfer-encoding",
    "user-agent",
    "via",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-request-id",
];

/// More than Envoy takes from a guest in one map.
const TOO_MANY: usize = 1025;

/// An ordered map of headers, in which a name may stand more than once.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct HeaderMap {
    entries: Vec<(String, Vec<u8>)>,
}

impl HeaderMap {
    /// The first value of `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The first value of `name`, for assertions: bytes that are no text are shown as such.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(|value| String::from_utf8_lossy(value).into_owned())
    }

    /// Every value of `name`, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.iter().filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Every header, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.entries.iter().map(|(name, value)| (name.as_str(), value.as_slice()))
    }

    /// How many headers there are, repeated ones counted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds a header after the others, or, if it is one of those that Envoy knows by name, joins it to the one that is there.
    pub fn add(&mut self, name: &str, value: &[u8]) {
        let name = name.to_ascii_lowercase();
        let known = INLINE.contains(&name.as_str());
        match self.entries.iter_mut().find(|(key, _)| known && *key == name) {
            Some((_, held)) => *held = [held, value].join(&b','),
            None if name.starts_with(':') => {
                self.entries.insert(self.pseudo_headers(), (name, value.to_vec()));
            }
            None => self.entries.push((name, value.to_vec())),
        }
    }

    /// Pseudo-headers stand before all others.
    fn pseudo_headers(&self) -> usize {
        self.entries.iter().take_while(|(name, _)| name.starts_with(':')).count()
    }

    /// Takes every header of that name away and puts this one at the end.
    pub fn set(&mut self, name: &str, value: &[u8]) {
        self.remove(name);
        self.add(name, value);
    }

    /// Takes every header of that name away.
    pub fn remove(&mut self, name: &str) {
        self.entries.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
    }

    /// The encoding of maps in the ABI: a count, the sizes, then the texts, each with a nought at its end.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        if self.is_empty() {
            return Vec::new();
        }
        let mut out = word(self.len()).to_vec();
        for (name, value) in self.iter() {
            out.extend(word(name.len()));
            out.extend(word(value.len()));
        }
        for (name, value) in self.iter() {
            out.extend(name.as_bytes());
            out.push(0);
            out.extend(value);
            out.push(0);
        }
        out
    }

    /// The reverse of [`encode`](Self::encode). What is too short for its own sizes, or has more than 1024 headers, is an empty map, as in
    /// Envoy.
    #[must_use]
    pub fn decode(encoded: &[u8]) -> Self {
        decode(encoded).unwrap_or_default()
    }
}

/// As the reader of a failed test wants it.
impl fmt::Debug for HeaderMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.iter().map(|(name, value)| (name, String::from_utf8_lossy(value))))
            .finish()
    }
}

fn decode(encoded: &[u8]) -> Option<HeaderMap> {
    let (count, rest) = take_word(encoded)?;
    if count >= TOO_MANY {
        return None;
    }
    let (mut sizes, mut texts) = rest.split_at_checked(count.checked_mul(8)?)?;
    let mut map = HeaderMap::default();
    for _ in 0..count {
        let (name_size, rest) = take_word(sizes)?;
        let (value_size, rest) = take_word(rest)?;
        sizes = rest;
        let (name, rest) = take_text(texts, name_size)?;
        let (value, rest) = take_text(rest, value_size)?;
        texts = rest;
        map.add(&String::from_utf8_lossy(name), value);
    }
    Some(map)
}

fn word(size: usize) -> [u8; 4] {
    u32::try_from(size).unwrap_or(u32::MAX).to_le_bytes()
}

fn take_word(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (word, rest) = bytes.split_first_chunk::<4>()?;
    Some((usize::try_from(u32::from_le_bytes(*word)).ok()?, rest))
}

fn take_text(bytes: &[u8], size: usize) -> Option<(&[u8], &[u8])> {
    let (text, rest) = bytes.split_at_checked(size)?;
    Some((text, rest.get(1..)?))
}

impl<Name: AsRef<str>, Value: AsRef<[u8]>> FromIterator<(Name, Value)> for HeaderMap {
    fn from_iter<I: IntoIterator<Item = (Name, Value)>>(pairs: I) -> Self {
        let mut map = Self::default();
        for (name, value) in pairs {
            map.add(name.as_ref(), value.as_ref());
        }
        map
    }
}

#[cfg(test)]
mod tests {
    use super::HeaderMap;

    fn map(pairs: &[(&str, &str)]) -> HeaderMap {
        pairs.iter().copied().collect()
    }

    #[test]
    fn names_are_lower_case_and_found_in_any_case() {
        let map = map(&[("X-Dup", "a"), ("x-dup", "b")]);
        assert_eq!(map.get("X-DUP"), Some(b"a".as_slice()));
        assert_eq!(map.all("x-dup").count(), 2);
        assert_eq!(map.iter().next(), Some(("x-dup", b"a".as_slice())));
    }

    #[test]
    fn a_header_that_is_set_is_the_last_and_the_only_one() {
        let mut edited =
            map(&[(":path", "/"), (":method", "GET"), ("x-dup", "a"), ("x-dup", "b"), ("x-up", "1")]);
        edited.set("X-Dup", b"c");
        edited.set(":path", b"/new");
        assert_eq!(edited, map(&[(":method", "GET"), (":path", "/new"), ("x-up", "1"), ("x-dup", "c")]));
    }

    #[test]
    fn a_second_header_that_envoy_knows_by_name_is_joined_to_the_first() {
        let map = map(&[("authorization", "a"), ("Authorization", "b"), ("cookie", "a"), ("cookie", "b")]);
        assert_eq!(map.text("authorization").as_deref(), Some("a,b"));
        assert_eq!(map.all("cookie").count(), 2);
    }

    #[test]
    fn more_than_1024_headers_are_none() {
        let many =
            |count: usize| (0..count).map(|at| (format!("x-{at}"), "v")).collect::<HeaderMap>().encode();
        assert_eq!(HeaderMap::decode(&many(1024)).len(), 1024);
        assert_eq!(HeaderMap::decode(&many(1025)).len(), 0);
    }

    #[test]
    fn a_map_survives_its_encoding() {
        for pairs in [&[][..], &[("a", "")], &[("a", "1"), ("a", "2"), (":path", "/x")]] {
            assert_eq!(HeaderMap::decode(&map(pairs).encode()), map(pairs));
        }
    }

    #[test]
    fn a_broken_encoding_is_an_empty_map() {
        let whole = map(&[("name", "value")]).encode();
        for cut in 0..whole.len() {
            assert_eq!(HeaderMap::decode(&whole[..cut]), HeaderMap::default(), "cut at {cut}");
        }
        assert_eq!(HeaderMap::decode(&[0xff; 64]), HeaderMap::default());
    }
}
