//! The canonical form of a request's path, and whether the request came with it.

use std::borrow::Cow;
use std::fmt::Write as _;

/// A path as patterns are matched on it; by default `/`, and not canonical.
///
/// Without query; percent-encoded unreserved characters decoded; dot segments resolved and empty segments merged
/// (RFC 3986, section 6.2.2); percent-encoding in upper case; bytes that no path may hold percent-encoded.
/// What is still encoded stays so: `%2F` never becomes a separator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanonicalPath<'a> {
    path: Cow<'a, str>,
    is_canonical: bool,
}

impl Default for CanonicalPath<'_> {
    fn default() -> Self {
        Self { path: Cow::Borrowed("/"), is_canonical: false }
    }
}

impl<'a> CanonicalPath<'a> {
    /// Brings the path of a request target, such as `/a/%7Eb/../c?q`, into its canonical form.
    #[must_use]
    pub fn of(target: &'a [u8]) -> Self {
        let raw = target.split(|byte| *byte == b'?').next().unwrap_or_default();
        match plain(raw) {
            Some(path) => Self { path: Cow::Borrowed(path), is_canonical: true },
            None => Self { path: Cow::Owned(resolved(raw)), is_canonical: is_unambiguous(raw) },
        }
    }

    /// The same, kept beyond the request target that it was made of.
    #[must_use]
    pub fn into_owned(self) -> CanonicalPath<'static> {
        CanonicalPath { path: Cow::Owned(self.path.into_owned()), is_canonical: self.is_canonical }
    }

    /// The canonical form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.path
    }

    /// The path as the most obliging server may read it: percent-encoding decoded however often it was applied, overlong
    /// UTF-8 too, tabs and line ends left out, `\\` for `/`, the parameters of segments (`;v=1`) cut off, and nothing after
    /// a NUL, `?` or `#`.
    ///
    /// `None` where the request came with its canonical path: then there is one reading. Where there are two, what a rule
    /// demands for either is demanded.
    #[must_use]
    pub fn loosest(&self) -> Option<CanonicalPath<'static>> {
        (!self.is_canonical).then(|| self.read_obligingly())
    }

    /// Apart, since nearly all requests come with their canonical path.
    #[cold]
    fn read_obligingly(&self) -> CanonicalPath<'static> {
        let mut bytes = self.path.as_bytes().to_vec();
        for _ in 0..DECODINGS {
            bytes = decoded(&bytes);
        }
        let bytes = without_overlong(&bytes);
        let bytes = bytes.split(|byte| matches!(byte, 0 | b'?' | b'#')).next().unwrap_or_default();
        let segments = bytes.split(|byte| matches!(byte, b'/' | b'\\'));
        let bare = segments.map(|segment| segment.split(|byte| *byte == b';').next().unwrap_or_default());
        let path = bare.collect::<Vec<_>>().join(&b'/');
        CanonicalPath { path: Cow::Owned(resolved(&path)), is_canonical: false }
    }

    /// Whether the request came in this form, so that no two readers of it can disagree.
    ///
    /// Where it is false, nothing may be granted because of the path.
    #[must_use]
    pub fn is_canonical(&self) -> bool {
        self.is_canonical
    }
}

/// A path is decoded by a proxy, a server and a framework at the most.
const DECODINGS: usize = 3;

/// Every `%XX` as the byte that it stands for.
fn decoded(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((byte, after)) = rest.split_first() {
        let (byte, tail) = encoded_byte(rest).unwrap_or((*byte, after));
        decoded.push(byte);
        rest = tail;
    }
    decoded
}

/// ASCII in more bytes than it needs as what it stands for, and nothing of tabs and line ends, which URL parsers of
/// browsers leave out.
fn without_overlong(bytes: &[u8]) -> Vec<u8> {
    let mut short = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        let (byte, tail) = overlong_ascii(rest).unwrap_or((*first, after));
        if !matches!(byte, b'\t' | b'\r' | b'\n') {
            short.push(byte);
        }
        rest = tail;
    }
    short
}

/// The ASCII character that two or three leading bytes stand for, against RFC 3629 (section 3), and what follows.
fn overlong_ascii(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let (high, low, tail) = match bytes {
        [high @ 0xc0..=0xc1, low @ 0x80..=0xbf, tail @ ..]
        | [0xe0, high @ 0x80..=0x81, low @ 0x80..=0xbf, tail @ ..] => (high, low, tail),
        _ => return None,
    };
    Some(((high & 1) << 6 | (low & 0x3f), tail))
}

/// The path itself where it is canonical at first sight: most requests' paths are, and cost one walk.
fn plain(raw: &[u8]) -> Option<&str> {
    let mut previous = 0;
    for byte in raw {
        let starts_segment = previous == b'/';
        if !is_path_byte(*byte) || (starts_segment && (*byte == b'/' || *byte == b'.')) {
            return None;
        }
        previous = *byte;
    }
    std::str::from_utf8(raw).ok().filter(|path| path.starts_with('/'))
}

/// Unreserved characters, and the others that a segment may hold (RFC 3986, section 3.3); not `;`, whose meaning
/// servers disagree on.
fn is_path_byte(byte: u8) -> bool {
    is_unreserved(byte) || matches!(byte, b'/' | b'!' | b'$' | b'&'..=b',' | b':' | b'=' | b'@')
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn resolved(raw: &[u8]) -> String {
    let normal = normal_encoding(raw);
    let mut segments: Vec<&str> = Vec::new();
    let mut ends_in_directory = false;
    for segment in normal.split('/') {
        ends_in_directory = matches!(segment, "" | "." | "..");
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            name => segments.push(name),
        }
    }
    let mut path = String::with_capacity(normal.len() + 1);
    for segment in &segments {
        path.push('/');
        path.push_str(segment);
    }
    if ends_in_directory || segments.is_empty() {
        path.push('/');
    }
    path
}

/// Decodes what needs no encoding, encodes what does, and writes hexadecimal digits in upper case.
fn normal_encoding(raw: &[u8]) -> String {
    let mut normal = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((byte, after)) = rest.split_first() {
        let (decoded, tail) = match encoded_byte(rest) {
            Some((decoded, tail)) => (Some(decoded), tail),
            None => (None, after),
        };
        match decoded {
            Some(decoded) if is_unreserved(decoded) => normal.push(char::from(decoded)),
            Some(decoded) => push_encoded(&mut normal, decoded),
            None if is_path_byte(*byte) || *byte == b';' => normal.push(char::from(*byte)),
            None => push_encoded(&mut normal, *byte),
        }
        rest = tail;
    }
    normal
}

fn push_encoded(normal: &mut String, byte: u8) {
    // Writing to a String cannot fail.
    let _ = write!(normal, "%{byte:02X}");
}

/// The byte that a leading `%XX` stands for, and what follows it.
fn encoded_byte(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let [b'%', high, low, tail @ ..] = bytes else {
        return None;
    };
    let (high, low) = (char::from(*high).to_digit(16)?, char::from(*low).to_digit(16)?);
    Some((u8::try_from(high << 4 | low).ok()?, tail))
}

/// Whether every reader takes the path for the same segments. A trailing slash is no empty segment.
fn is_unambiguous(raw: &[u8]) -> bool {
    let Some(path) = raw.strip_prefix(b"/") else {
        return false;
    };
    let mut segments = path.split(|byte| *byte == b'/').peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        let is_dots = matches!(segment, b"." | b"..");
        if is_dots || (segment.is_empty() && !is_last) || !is_unambiguous_segment(segment) {
            return false;
        }
    }
    true
}

fn is_unambiguous_segment(segment: &[u8]) -> bool {
    let mut decoded = Vec::with_capacity(segment.len());
    let mut rest = segment;
    while let Some((byte, after)) = rest.split_first() {
        if *byte == b'%' {
            let Some((byte, tail)) = encoded_byte(rest) else {
                return false;
            };
            if is_unreserved(byte) || matches!(byte, b'%' | b'/' | b'\\' | b';' | b'?' | b'#') {
                return false;
            }
            decoded.push(byte);
            rest = tail;
        } else if is_path_byte(*byte) {
            decoded.push(*byte);
            rest = after;
        } else {
            return false;
        }
    }
    std::str::from_utf8(&decoded).is_ok_and(|text| !text.chars().any(char::is_control))
}

#[cfg(test)]
mod tests {
    use super::CanonicalPath;
    use proptest::prelude::*;

    fn check(raw: &str, canonical: &str, is_canonical: bool) {
        let path = CanonicalPath::of(raw.as_bytes());
        assert_eq!((path.as_str(), path.is_canonical()), (canonical, is_canonical), "{raw}");
    }

    #[test]
    fn canonical_paths_stay_as_they_are() {
        let paths =
            ["/", "/a", "/a/b", "/a/b/", "/a.b/c~.d", "/a:b@c,d=e+(f)!$&'*", "/%20", "/caf%C3%A9", "/a%40b"];
        for path in paths {
            check(path, path, true);
        }
        check("/caf%c3%a9", "/caf%C3%A9", true);
        check("/a?b=/../c", "/a", true);
    }

    #[test]
    fn ambiguity_is_resolved_and_told() {
        let table = [
            ("", "/"),
            ("*", "/*"),
            ("a/b", "/a/b"),
            ("//api/health", "/api/health"),
            ("/a//b", "/a/b"),
            ("/a/./b", "/a/b"),
            ("/a/../b", "/b"),
            ("/a/b/..", "/a/"),
            ("/a/.", "/a/"),
            ("/..", "/"),
            ("/a/%2e%2E/b", "/b"),
            ("/a/.%2e", "/"),
            ("/api/health/..%2fusers", "/api/health/..%2Fusers"),
            ("/%61pi", "/api"),
            ("/a;x=1", "/a;x=1"),
            ("/a%3Bx", "/a%3Bx"),
            ("/a\\b", "/a%5Cb"),
            ("/a%5cb", "/a%5Cb"),
            ("/a%252e", "/a%252e"),
            ("/a%00", "/a%00"),
            ("/a%0A", "/a%0A"),
            ("/a%C2%85", "/a%C2%85"),
            ("/a%", "/a%25"),
            ("/a%2", "/a%252"),
            ("/a%zz", "/a%25zz"),
            ("/a%ff", "/a%FF"),
            ("/a%3f", "/a%3F"),
            ("/a#b", "/a%23b"),
            ("/a b", "/a%20b"),
            ("/caf\u{e9}", "/caf%C3%A9"),
            ("/a\"<>^`{|}", "/a%22%3C%3E%5E%60%7B%7C%7D"),
        ];
        for (raw, canonical) in table {
            check(raw, canonical, false);
        }
    }

    #[test]
    fn the_loosest_reading_is_that_of_the_most_obliging_server() {
        let table = [
            ("/adm;a/x", "/adm/x"),
            ("/adm%2fx", "/adm/x"),
            ("/adm%252Fx", "/adm/x"),
            ("/adm\\x", "/adm/x"),
            ("/adm%5cx", "/adm/x"),
            ("/api/health/..%2fusers", "/api/users"),
            ("/adm%3Ba/x;b=1", "/adm/x"),
            ("/adm%00/x", "/adm"),
            ("/adm%3f/x", "/adm"),
            ("/adm%23x", "/adm"),
            ("/adm%253Fx", "/adm"),
            ("/adm%0d%0a/x", "/adm/x"),
            ("/ad%09m/x", "/adm/x"),
            ("/adm%c0%afx", "/adm/x"),
            ("/adm%e0%80%afx", "/adm/x"),
            ("/a/%c0%ae%c0%ae/adm", "/adm"),
            ("/%c1%a1dm/x", "/adm/x"),
            ("/adm%c3%a9%ff", "/adm%C3%A9%FF"),
            ("//adm/x", "/adm/x"),
        ];
        for (raw, loosest) in table {
            let path = CanonicalPath::of(raw.as_bytes()).loosest().unwrap();
            assert_eq!(path.as_str(), loosest, "{raw}");
        }
        assert_eq!(CanonicalPath::of(b"/adm/x%20").loosest(), None);
    }

    proptest! {
        #[test]
        fn any_bytes_have_a_loosest_reading(raw in proptest::collection::vec(any::<u8>(), 0..40)) {
            let path = CanonicalPath::of(&raw);
            prop_assert!(path.loosest().is_none_or(|loosest| loosest.as_str().starts_with('/')));
        }

        #[test]
        fn any_bytes_have_a_canonical_form_that_is_stable(raw in proptest::collection::vec(any::<u8>(), 0..40)) {
            let once = CanonicalPath::of(&raw).as_str().to_owned();
            prop_assert!(once.starts_with('/'));
            let again = CanonicalPath::of(once.as_bytes());
            prop_assert_eq!(again.as_str(), once.as_str());
        }

        #[test]
        fn a_canonical_path_differs_from_its_form_in_the_case_of_hex_alone(raw in "/([a-c./%;]|%2[eEfF]|%41|%c3%a9){0,12}") {
            let path = CanonicalPath::of(raw.as_bytes());
            if path.is_canonical() {
                prop_assert_eq!(path.as_str().to_ascii_lowercase(), raw.to_ascii_lowercase());
            }
        }
    }
}
