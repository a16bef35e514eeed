//! Tokens in a cookie (RFC 6265, section 4.2.1).

use std::borrow::Cow;

use portcullis_http::Head;

use super::Held;

pub(super) const HEADER: &str = "cookie";

/// What the cookies of this name hold; HTTP/2 may have split them over several lines (RFC 9113, section 8.2.3). Apart from
/// the code for headers, where nearly all tokens are, as is taking them off.
#[inline(never)]
pub(super) fn held<'h>(name: &'h str, request: &'h Head) -> Held<'h> {
    let pairs = request.all(HEADER).flat_map(pairs);
    Held::one_of(pairs.filter_map(|pair| value_of(pair, name).map(Cow::Borrowed)))
}

/// Takes the cookies of this name off; the others stay as they were, on one line.
#[inline(never)]
pub(super) fn remove(name: &str, request: &mut Head) {
    let others = request.all(HEADER).flat_map(pairs).filter(|pair| value_of(pair, name).is_none());
    let kept = others.filter(|pair| !pair.is_empty()).collect::<Vec<_>>().join(&b"; "[..]);
    if kept.is_empty() {
        request.remove(HEADER);
    } else {
        request.set(HEADER, kept);
    }
}

fn pairs(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| *byte == b';').map(<[u8]>::trim_ascii)
}

/// The value without the quotes that it may stand in.
fn value_of<'p>(pair: &'p [u8], name: &str) -> Option<&'p [u8]> {
    let value = pair.strip_prefix(name.as_bytes())?.trim_ascii_start();
    let value = value.strip_prefix(b"=")?.trim_ascii_start();
    let unquoted = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    Some(unquoted.unwrap_or(value))
}
