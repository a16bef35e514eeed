//! Query parameters by name, as forms encode them.

use std::borrow::Cow;

use percent_encoding::percent_decode;

/// The decoded values of the parameters called `name` of a request target.
pub(super) fn values<'a>(target: &'a [u8], name: &'a str) -> impl Iterator<Item = Cow<'a, [u8]>> {
    let mut halves = target.splitn(2, |byte| *byte == b'?');
    let query = halves.nth(1).unwrap_or_default();
    query.split(|byte| *byte == b'&').filter_map(move |pair| value(pair, name))
}

fn value<'a>(pair: &'a [u8], name: &str) -> Option<Cow<'a, [u8]>> {
    let mut halves = pair.splitn(2, |byte| *byte == b'=');
    let is_named = decoded(halves.next()?).as_ref() == name.as_bytes();
    is_named.then(|| decoded(halves.next().unwrap_or_default()))
}

fn decoded(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'+') {
        return percent_decode(text).into();
    }
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    Cow::Owned(percent_decode(&spaced).collect())
}
