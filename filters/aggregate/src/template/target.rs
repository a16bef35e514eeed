//! What a template's own text may say in a path and query, and what a filled one must not.

use percent_encoding::percent_decode;

/// Whether a segment of the path is `.` or `..` for any server: also for one that takes `%2F`, `\` or `%5C` for a
/// separator, or cuts a segment off at `;`.
pub(super) fn has_dot_segment(target: &[u8]) -> bool {
    let path = target.split(|byte| *byte == b'?').next().unwrap_or_default();
    path.split(|byte| *byte == b'/').any(|segment| {
        let decoded: std::borrow::Cow<'_, [u8]> = percent_decode(segment).into();
        let mut names = decoded.split(|byte| matches!(byte, b'/' | b'\\'));
        names.any(|name| matches!(name.split(|byte| *byte == b';').next(), Some(b"." | b"..")))
    })
}

/// The first character of a template's text that cannot stand in a path or query (RFC 3986, sections 3.3 and 3.4);
/// brackets are let through in a query, where servers want them as they are.
pub(super) fn first_illegal(text: &str, in_query: bool) -> Option<char> {
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let stands = match c {
            '%' => {
                let mut hex = rest.clone();
                hex.next().is_some_and(|c| c.is_ascii_hexdigit())
                    && hex.next().is_some_and(|c| c.is_ascii_hexdigit())
            }
            '[' | ']' | '?' => in_query,
            _ => c.is_ascii_alphanumeric() || "/-._~!$&'()*+,;=:@".contains(c),
        };
        if !stands {
            return Some(c);
        }
    }
    None
}
