//! Tokens in a header, after a scheme or alone.

use std::borrow::Cow;

use portcullis_http::Head;

use super::Held;

/// What the header holds.
///
/// With a scheme, `credentials = scheme 1*SP token` (RFC 6750, section 2.1), the scheme in any case; a value of another
/// scheme is none of ours. Commas are what Envoy joins repeated headers with, and no token holds one.
pub(super) fn held<'h>(name: &'h str, scheme: Option<&str>, request: &'h Head) -> Held<'h> {
    let mut lines = request.all(name);
    let Some(value) = lines.next() else {
        return Held::Nothing;
    };
    if lines.next().is_some() {
        return Held::Several;
    }
    match scheme {
        Some(scheme) => after_scheme(value, scheme.as_bytes()),
        None if value.contains(&b',') => Held::Several,
        None => Held::one_of(std::iter::once(Cow::Borrowed(value))),
    }
}

fn after_scheme<'h>(value: &'h [u8], scheme: &[u8]) -> Held<'h> {
    if value.contains(&b',') {
        let ours = |piece: &[u8]| credentials(piece.trim_ascii(), scheme).is_some();
        let has_ours = value.split(|byte| *byte == b',').any(ours);
        return if has_ours { Held::Several } else { Held::Nothing };
    }
    let token = credentials(value, scheme).map(without_spaces);
    Held::one_of(token.map(Cow::Borrowed).into_iter())
}

/// What follows the scheme, spaces and all; `None` where the scheme is another.
///
/// A tab is no space, but whoever writes one after the scheme means a token, and gets told that it is none.
fn credentials<'v>(value: &'v [u8], scheme: &[u8]) -> Option<&'v [u8]> {
    let (head, rest) = value.split_at_checked(scheme.len())?;
    let ends = rest.first().is_none_or(|byte| matches!(byte, b' ' | b'\t'));
    (ends && head.eq_ignore_ascii_case(scheme)).then_some(rest)
}

fn without_spaces(value: &[u8]) -> &[u8] {
    let spaces = value.iter().take_while(|byte| **byte == b' ').count();
    value.get(spaces..).unwrap_or_default()
}
