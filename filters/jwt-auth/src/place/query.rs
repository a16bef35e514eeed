//! Tokens in the query (RFC 6750, section 2.3).

use std::borrow::Cow;

use percent_encoding::percent_decode;
use portcullis_http::Head;

use super::Held;

pub(super) const HEADER: &str = ":path";

/// What the parameters of this name hold, however the name is spelled. Apart from the code for headers, where nearly
/// all tokens are, as is taking them off.
#[inline(never)]
pub(super) fn held<'h>(name: &'h str, request: &'h Head) -> Held<'h> {
    let (_, query) = parts(request.path());
    let parameters = parameters(query).filter(|parameter| is_named(parameter, name));
    Held::one_of(parameters.map(|parameter| percent_decode(value_of(parameter)).into()))
}

/// Takes the parameters of this name off; the others stay byte for byte.
#[inline(never)]
pub(super) fn remove(name: &str, request: &mut Head) {
    let (path, query) = parts(request.path());
    let others: Vec<_> = parameters(query).filter(|parameter| !is_named(parameter, name)).collect();
    let mut target = path.to_vec();
    if !others.is_empty() {
        target.push(b'?');
        target.extend(others.join(&b'&'));
    }
    request.set(HEADER, target);
}

/// The path, and the query if there is one.
fn parts(target: &[u8]) -> (&[u8], Option<&[u8]>) {
    let at = target.iter().position(|byte| *byte == b'?').unwrap_or(target.len());
    let (path, query) = target.split_at_checked(at).unwrap_or((target, &[]));
    (path, query.strip_prefix(b"?"))
}

fn parameters(query: Option<&[u8]>) -> impl Iterator<Item = &[u8]> {
    query.into_iter().flat_map(|query| query.split(|byte| *byte == b'&'))
}

fn is_named(parameter: &[u8], name: &str) -> bool {
    let spelled = parameter.split(|byte| *byte == b'=').next().unwrap_or_default();
    let decoded: Cow<'_, [u8]> = percent_decode(spelled).into();
    *decoded == *name.as_bytes()
}

fn value_of(parameter: &[u8]) -> &[u8] {
    let at = parameter.iter().position(|byte| *byte == b'=');
    at.and_then(|at| parameter.get(at + 1..)).unwrap_or_default()
}
