//! What a rate limit service is asked: `envoy.service.ratelimit.v3.RateLimitRequest`.
//!
//! One descriptor for each window of the rule. Its entries, in this order:
//!
//! | key | value | where |
//! |---|---|---|
//! | `rule` | `default`, or the pattern of the override | always |
//! | `methods` | the rule's methods in the order of the alphabet, `GET,POST` | in a rule that names some |
//! | `window` | `second`, `minute`, `hour`, `day`; of two of a unit the later is `second-2` | in a rule with `limits` |
//! | `remote_address` | `192.0.2.7`, `2001:db8:0:1::/64` | for `client_ip` |
//! | `header:x-user-id`, `cookie:sid`, `query:k`, `claim:sub`, `path` | the value | for each other part of the key |
//!
//! The rates are not sent as overrides of the service's own (`RateLimitDescriptor.limit`), although envoyproxy/ratelimit would
//! take them: it keeps counters of its own, for ever, for each descriptor that has one, and clients choose keys.

use portcullis_document::Methods;

use super::protobuf::{put_bytes, put_number};
use crate::key::Described;
use crate::windows::Windows;

/// What of a rule's questions is always the same.
#[derive(Clone, Debug)]
pub(super) struct Question {
    domain: String,
    /// The first entries of each descriptor, as bytes of the message.
    beginnings: Vec<Vec<u8>>,
}

/// `RateLimitRequest`
const DOMAIN: u8 = 1;
const DESCRIPTORS: u8 = 2;
const HITS_ADDEND: u8 = 3;
/// `RateLimitDescriptor`
const ENTRIES: u8 = 1;
/// `RateLimitDescriptor.Entry`
const KEY: u8 = 1;
const VALUE: u8 = 2;

impl Question {
    pub(super) fn new(domain: &str, rule: &str, methods: &Methods, windows: &Windows) -> Self {
        let names = methods.in_order();
        let beginning = |window: Option<&str>| {
            let mut bytes = Vec::new();
            put_entry(&mut bytes, "rule", rule.as_bytes());
            if !names.is_empty() {
                put_entry(&mut bytes, "methods", names.join(",").as_bytes());
            }
            window.inspect(|window| put_entry(&mut bytes, "window", window.as_bytes()));
            bytes
        };
        let is_alone = windows.iter().count() == 1;
        let names = windows.iter().map(|window| (!is_alone).then(|| window.tag.name()));
        let beginnings = names.map(|name| beginning(name.as_deref())).collect();
        Self { domain: domain.to_owned(), beginnings }
    }

    /// Asks for so many hits of a key.
    pub(super) fn encode(&self, key: &Described<'_>, hits: u32) -> Vec<u8> {
        let mut message = Vec::new();
        put_bytes(&mut message, DOMAIN, self.domain.as_bytes());
        for beginning in &self.beginnings {
            let mut descriptor = beginning.clone();
            for (name, value) in key {
                put_entry(&mut descriptor, name, value);
            }
            put_bytes(&mut message, DESCRIPTORS, &descriptor);
        }
        put_number(&mut message, HITS_ADDEND, hits);
        message
    }
}

fn put_entry(descriptor: &mut Vec<u8>, key: &str, value: &[u8]) {
    let mut entry = Vec::with_capacity(key.len().saturating_add(value.len()).saturating_add(8));
    put_bytes(&mut entry, KEY, key.as_bytes());
    put_bytes(&mut entry, VALUE, value);
    put_bytes(descriptor, ENTRIES, &entry);
}

#[cfg(test)]
mod tests {
    use super::Question;
    use crate::Quota;
    use crate::windows::Windows;
    use portcullis_document::Methods;
    use portcullis_document::rate_limiting::RateUnit;
    use std::num::NonZeroU32;

    fn windows(units: &[RateUnit]) -> Windows {
        let quota = |unit| Quota::new(NonZeroU32::MIN, unit, NonZeroU32::MIN).unwrap();
        Windows::new("default", &units.iter().copied().map(quota).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn a_question_is_the_rule_and_the_key() {
        let question = Question::new("shop", "default", &Methods::any(), &windows(&[RateUnit::Second]));
        let key = vec![("header:x-user-id".to_owned(), b"u1".as_slice().into())];
        let bytes = question.encode(&key, 5);
        let expected = b"\x0a\x04shop\x12\x29\
            \x0a\x0f\x0a\x04rule\x12\x07default\
            \x0a\x16\x0a\x10header:x-user-id\x12\x02u1\
            \x18\x05";
        assert_eq!(bytes.escape_ascii().to_string(), expected.escape_ascii().to_string());
    }

    #[test]
    fn windows_are_asked_about_one_by_one_and_methods_are_named() {
        let methods = Methods::only(["PUT".to_owned(), "GET".to_owned()]);
        let question = Question::new("d", "/a", &methods, &windows(&[RateUnit::Minute, RateUnit::Day]));
        let descriptor = |size: u8, window_size: [u8; 2], window: &str| {
            let [entry, value] = window_size;
            [
                &[0x12, size][..],
                b"\x0a\x0a\x0a\x04rule\x12\x02/a",
                b"\x0a\x12\x0a\x07methods\x12\x07GET,PUT",
                &[0x0a, entry],
                b"\x0a\x06window",
                &[0x12, value],
                window.as_bytes(),
            ]
            .concat()
        };
        let expected = [
            b"\x0a\x01d".to_vec(),
            descriptor(50, [16, 6], "minute"),
            descriptor(47, [13, 3], "day"),
            b"\x18\x01".to_vec(),
        ];
        let bytes = question.encode(&Vec::new(), 1);
        assert_eq!(bytes.escape_ascii().to_string(), expected.concat().escape_ascii().to_string());
    }
}
