//! A key in words, for a rate limit service.

use std::borrow::Cow;

use portcullis_document::rate_limiting::{KeyPart, OnMissingKey};

use super::address::ClientAddress;
use super::{Key, Subject, value};
use crate::hash::{KeyHasher, Secret};

/// The parts of a key, each with its name and its value.
pub(crate) type Described<'a> = Vec<(String, Cow<'a, [u8]>)>;

/// A value that is longer is sent as its beginning and a hash: a service keeps what clients write.
const LONGEST: usize = 256;
const BEGINNING: usize = 64;

impl Key {
    /// By what a request is counted; of a key that is missing, what stands in its place.
    pub(crate) fn describe<'a>(&'a self, subject: &Subject<'a>) -> Described<'a> {
        let complete = self.words(&self.parts, subject);
        let fall_back = || match self.on_missing {
            OnMissingKey::ClientIp => self.words(&[KeyPart::ClientIp], subject),
            OnMissingKey::Shared | OnMissingKey::Skip | OnMissingKey::Reject => None,
        };
        complete.or_else(fall_back).unwrap_or_default()
    }

    fn words<'a>(&self, parts: &'a [KeyPart], subject: &Subject<'a>) -> Option<Described<'a>> {
        let mut words = Vec::with_capacity(parts.len());
        for part in parts {
            let value = match part {
                KeyPart::Shared => continue,
                KeyPart::ClientIp => {
                    let text = (subject.address)()?;
                    Cow::Owned(ClientAddress::parse(&text).text(self.ipv6_prefix).into_owned())
                }
                _ => value(part, subject)?,
            };
            words.push((name(part), readable(shortened(value))));
        }
        Some(words)
    }
}

/// As the document spells it, save for the address, for which Envoy's descriptors have a name.
fn name(part: &KeyPart) -> String {
    match part {
        KeyPart::ClientIp => "remote_address".to_owned(),
        KeyPart::Header(name) => format!("header:{name}"),
        KeyPart::Cookie(name) => format!("cookie:{name}"),
        KeyPart::Query(name) => format!("query:{name}"),
        KeyPart::Claim(name) => format!("claim:{name}"),
        KeyPart::Path => "path".to_owned(),
        KeyPart::Shared => "shared".to_owned(),
    }
}

fn shortened(value: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    if value.len() <= LONGEST {
        return value;
    }
    let mut hasher = KeyHasher::new(&Secret([0; 16]));
    hasher.part(&value);
    let digits = format!("...{:032x}", u128::from_be_bytes(hasher.digest()));
    [value.get(..BEGINNING).unwrap_or_default(), digits.as_bytes()].concat().into()
}

/// A text of a message is UTF-8, and a question that no service can read would be one that it never answers: what is not
/// is percent-encoded.
fn readable(value: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    const ODD: &percent_encoding::AsciiSet = &percent_encoding::CONTROLS.add(b'%');
    if std::str::from_utf8(&value).is_ok() {
        return value;
    }
    percent_encoding::percent_encode(&value, ODD).to_string().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::{Key, Subject};
    use portcullis_document::rate_limiting::{KeyPart, OnMissingKey};
    use portcullis_http::{Head, HeaderMap};

    fn described(parts: &[KeyPart], on_missing: OnMissingKey, headers: &[(&str, &[u8])]) -> String {
        let head = Head::new(HeaderMap::from_pairs(headers));
        let address = || Some(b"192.0.2.7:40022".to_vec());
        let subject = Subject { head: &head, path: "/a", identity: None, address: &address };
        let key = Key::new(parts.to_vec(), on_missing, 64);
        let words = key.describe(&subject);
        let words = words.iter().map(|(name, value)| format!("{name}={}", String::from_utf8_lossy(value)));
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_part_has_its_name_and_its_value() {
        let header = || KeyPart::Header("x".to_owned());
        let parts = [
            KeyPart::ClientIp,
            header(),
            KeyPart::Cookie("c".to_owned()),
            KeyPart::Query("q".to_owned()),
            KeyPart::Path,
            KeyPart::Shared,
        ];
        let headers: [(&str, &[u8]); 3] = [(":path", b"/a?q=1%20b"), ("x", b"7"), ("cookie", b"c=z")];
        let expected = "remote_address=192.0.2.7 header:x=7 cookie:c=z query:q=1 b path=/a";
        assert_eq!(described(&parts, OnMissingKey::Skip, &headers), expected);
    }

    #[test]
    fn a_missing_key_is_what_stands_in_its_place() {
        let parts = [KeyPart::Header("x".to_owned()), KeyPart::Path];
        assert_eq!(described(&parts, OnMissingKey::ClientIp, &[]), "remote_address=192.0.2.7");
        assert_eq!(described(&parts, OnMissingKey::Shared, &[]), "");
        assert_eq!(described(&[KeyPart::Shared], OnMissingKey::ClientIp, &[]), "");
    }

    #[test]
    fn what_clients_write_is_text_and_not_too_long_of_it() {
        let parts = [KeyPart::Header("x".to_owned())];
        let value = |value: &[u8]| described(&parts, OnMissingKey::Skip, &[("x", value)]);
        assert_eq!(value("caf\u{e9} 100%".as_bytes()), "header:x=caf\u{e9} 100%");
        assert_eq!(value(b"\xff%a"), "header:x=%FF%25a");
        let [one, other] = [b'a', b'b'].map(|last| value(&[[b'k'; 300].as_slice(), &[last]].concat()));
        assert_eq!(one.len(), "header:x=".len() + 64 + 3 + 32);
        assert_ne!(one, other);
    }
}
