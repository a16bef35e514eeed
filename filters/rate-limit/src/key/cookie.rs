//! Cookies by name (RFC 6265, section 5.4).

use std::borrow::Cow;

use portcullis_http::Head;

/// The values of the cookies called `name`, without their quotes.
pub(super) fn values<'a>(head: &'a Head, name: &'a str) -> impl Iterator<Item = Cow<'a, [u8]>> {
    let pairs = head.all("cookie").flat_map(|line| line.split(|byte| *byte == b';'));
    pairs.filter_map(move |pair| value(pair, name))
}

fn value<'a>(pair: &'a [u8], name: &str) -> Option<Cow<'a, [u8]>> {
    let rest = pair.trim_ascii_start().strip_prefix(name.as_bytes())?;
    let value = rest.trim_ascii_start().strip_prefix(b"=")?.trim_ascii();
    let unquoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
    Some(Cow::Borrowed(unquoted.unwrap_or(value)))
}
