//! The headers that carry an identity, which therefore no client may send.

use std::rc::Rc;

use portcullis_http::Head;

/// The names of these headers.
///
/// `-` and `_` are one: CGI and its heirs (WSGI, Rack, PHP) read `X-User-Id` and `X_User_Id` as the same variable.
#[derive(Clone, Debug, Default)]
pub(crate) struct IdentityHeaders {
    names: Vec<Vec<u8>>,
    /// A bit for each length that a name has, to pass over most headers at a glance.
    lengths: u64,
}

impl IdentityHeaders {
    pub(crate) fn new<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        let mut headers = Self::default();
        for name in names {
            headers.lengths |= length_bit(name.len());
            headers.names.push(name.bytes().map(folded).collect());
        }
        headers
    }

    /// Whether a header of this name would be read as one of these.
    pub(crate) fn hold(&self, name: &[u8]) -> bool {
        self.lengths & length_bit(name.len()) != 0 && self.names.iter().any(|known| is_read_as(name, known))
    }

    /// Takes them off a request.
    pub(crate) fn strip(&self, request: &mut Head) {
        let spoofed = request.received().iter().map(|(name, _)| name).filter(|name| self.hold(name));
        let names: Vec<Rc<str>> =
            spoofed.filter_map(|name| std::str::from_utf8(name).ok()).map(Rc::from).collect();
        names.into_iter().for_each(|name| request.remove(name));
    }
}

fn length_bit(length: usize) -> u64 {
    1 << (length % 64)
}

fn folded(byte: u8) -> u8 {
    if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() }
}

fn is_read_as(name: &[u8], known: &[u8]) -> bool {
    name.len() == known.len() && name.iter().zip(known).all(|(byte, known)| folded(*byte) == *known)
}

#[cfg(test)]
mod tests {
    use super::IdentityHeaders;
    use portcullis_http::{Head, HeaderMap};

    #[test]
    fn every_spelling_of_an_identity_is_taken_off() {
        let headers = IdentityHeaders::new(["x-user-id", "x_role"].into_iter());
        let mut head = Head::new(HeaderMap::from_pairs(&[
            ("X-User-Id", "a"),
            ("x-user-id", "b"),
            ("x_user_id", "c"),
            ("x-user_id", "d"),
            ("x-role", "e"),
            ("x-user-id2", "f"),
            ("x-user", "g"),
            ("accept", "h"),
        ]));
        headers.strip(&mut head);
        let left = ["x-user-id", "x_user_id", "x-user_id", "x-role", "x-user-id2", "x-user", "accept"]
            .map(|name| head.all(name).count());
        assert_eq!(left, [0, 0, 0, 0, 1, 1, 1]);
    }

    #[test]
    fn a_request_without_any_is_not_changed() {
        let headers = IdentityHeaders::new(["x-user-id"].into_iter());
        let mut head =
            Head::new(HeaderMap::from_pairs(&[(&b"x-user-\xff\xff"[..], b"a"), (b"accept", b"b")]));
        headers.strip(&mut head);
        assert!(head.edits().is_empty());
    }
}
