//! Tokens in a header, after a scheme or alone.

use std::borrow::Cow;

use portcullis_http::Head;

use super::Held;
use crate::bytes;

/// What the header holds.
///
/// With a scheme, `credentials = scheme 1*SP token` (RFC 6750, section 2.1), the scheme in any case; a value of another
/// scheme is none of ours.
pub(super) fn held<'h>(name: &'h str, scheme: Option<&str>, request: &'h Head) -> Held<'h> {
    let mut lines = request.all(name);
    let Some(value) = lines.next() else {
        return Held::Nothing;
    };
    if lines.next().is_some() {
        return Held::Several;
    }
    let token = match scheme.map(|scheme| scheme.as_bytes()) {
        None => value,
        Some(scheme) => match credentials(value, scheme) {
            Some(rest) => without_spaces(rest),
            None => return of_other_scheme(value, scheme),
        },
    };
    if token.is_empty() { Held::Nothing } else { Held::Token(Cow::Borrowed(token)) }
}

/// Another scheme's line may have ours behind a comma.
#[cold]
fn of_other_scheme<'h>(value: &[u8], scheme: &[u8]) -> Held<'h> {
    if is_joined(value) && holds_ours(value, scheme) { Held::Several } else { Held::Nothing }
}

/// Commas are what Envoy joins repeated headers with, and no token holds one.
pub(super) fn is_joined(value: &[u8]) -> bool {
    bytes::position(b',', value).is_some()
}

fn holds_ours(value: &[u8], scheme: &[u8]) -> bool {
    let mut pieces = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    pieces.any(|piece| credentials(piece, scheme).is_some())
}

/// What follows the scheme, spaces and all; `None` where the scheme is another.
///
/// A tab is no space, but whoever writes one after the scheme means a token, and gets told that it is none.
fn credentials<'v>(value: &'v [u8], scheme: &[u8]) -> Option<&'v [u8]> {
    let (head, rest) = value.split_at_checked(scheme.len())?;
    let ends = rest.first().is_none_or(|byte| matches!(byte, b' ' | b'\t'));
    // Nearly all write it as the document does, and spare the loop over both cases.
    let is_ours = head == scheme || head.eq_ignore_ascii_case(scheme);
    (ends && is_ours).then_some(rest)
}

fn without_spaces(value: &[u8]) -> &[u8] {
    let spaces = value.iter().take_while(|byte| **byte == b' ').count();
    value.get(spaces..).unwrap_or_default()
}
