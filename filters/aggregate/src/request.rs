//! What a part's call takes from the request that it helps to answer.

use std::borrow::Cow;

use percent_encoding::percent_decode;
use portcullis_http::{Head, Identity};

use crate::template::Source;

/// The request that is being answered, as the filters before left it.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Its headers.
    pub head: &'a Head,
    /// Who it comes from.
    pub identity: Option<&'a Identity>,
}

impl<'a> Request<'a> {
    /// The value of a source other than captures and parts, which the request alone does not know.
    pub(crate) fn value(&self, source: &Source) -> Option<Cow<'a, [u8]>> {
        match source {
            Source::Query(name) => query_parameter(self.head.path(), name),
            Source::Header(name) => self.head.get(name).map(Cow::Borrowed),
            Source::Claim(name) => self.identity?.claim(name).map(|text| Cow::Borrowed(text.as_bytes())),
            Source::Capture(_) | Source::Part { .. } => None,
        }
    }
}

/// The decoded value of the first query parameter whose decoded name is `name`; empty for one without `=`.
fn query_parameter<'a>(target: &'a [u8], name: &str) -> Option<Cow<'a, [u8]>> {
    let start = target.iter().position(|byte| *byte == b'?')?;
    let query = target.get(start + 1..)?;
    let parameters = query.split(|byte| *byte == b'&').filter(|parameter| !parameter.is_empty());
    parameters
        .map(name_and_value)
        .find_map(|(known, value)| (*decoded(known) == *name.as_bytes()).then(|| decoded(value)))
}

fn name_and_value(parameter: &[u8]) -> (&[u8], &[u8]) {
    let end = parameter.iter().position(|byte| *byte == b'=').unwrap_or(parameter.len());
    let (name, value) = parameter.split_at_checked(end).unwrap_or((parameter, b""));
    (name, value.strip_prefix(b"=").unwrap_or(value))
}

/// Form encoding: `+` is a space, `%XX` a byte.
fn decoded(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'+') {
        return percent_decode(text).into();
    }
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    Cow::Owned(percent_decode(&spaced).collect())
}

#[cfg(test)]
mod tests {
    use super::query_parameter;

    #[test]
    fn the_first_parameter_of_a_name_is_found_and_decoded() {
        let table: [(&str, &str, Option<&[u8]>); 13] = [
            ("/a", "q", None),
            ("/a?", "q", None),
            ("/a?q", "q", Some(b"")),
            ("/a?q=", "q", Some(b"")),
            ("/a?q=1&q=2", "q", Some(b"1")),
            ("/a?qq=1&&q=2", "q", Some(b"2")),
            ("/a?q=a+b%20c%2Bd", "q", Some(b"a b c+d")),
            ("/a?q=a=b", "q", Some(b"a=b")),
            ("/a?%71=1", "q", Some(b"1")),
            ("/a?a+b=1", "a b", Some(b"1")),
            ("/a?q=%ff%00%zz", "q", Some(b"\xff\x00%zz")),
            ("/a?q=a?b#c", "q", Some(b"a?b#c")),
            ("/a?=1", "", Some(b"1")),
        ];
        for (target, name, value) in table {
            assert_eq!(query_parameter(target.as_bytes(), name).as_deref(), value, "{target}");
        }
    }
}
