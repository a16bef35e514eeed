//! No value changes the shape of what it fills.

use std::borrow::Cow;
use std::collections::BTreeMap;

use percent_encoding::percent_decode;
use portcullis_document::PathPattern;
use proptest::prelude::*;

use super::parse::TemplateError;
use super::{Kind, Scope, Source, Template, Unfilled, Values, template};

/// Values by the word that the table uses for their source.
struct Given(BTreeMap<&'static str, Vec<u8>>);

impl Values for Given {
    fn value(&self, source: &Source) -> Option<Cow<'_, [u8]>> {
        let key = match source {
            Source::Capture(position) => format!("capture.{position}"),
            Source::Query(name) => format!("query.{name}"),
            Source::Header(name) => format!("header.{name}"),
            Source::Claim(name) => format!("claim.{name}"),
            Source::Part { part, steps } => format!("part.{part}.{}", steps.join(".")),
        };
        self.0.get(key.as_str()).map(|value| Cow::Borrowed(value.as_slice()))
    }
}

fn compiled(text: &str, kind: Kind) -> Result<Template, Vec<TemplateError>> {
    let scope = Scope {
        pattern: &PathPattern::parse("/x/*/{id}/**").unwrap(),
        has_claims: true,
        parts: &["user", "user.more", "twin", "twin", "other"],
        requires: &["user", "user.more"],
    };
    let mut errors = Vec::new();
    let template = template(text, kind, &scope, &mut errors);
    if errors.is_empty() { Ok(template) } else { Err(errors) }
}

fn filled(text: &str, kind: Kind, value: &[u8]) -> Result<Vec<u8>, Unfilled> {
    let keys = ["capture.1", "query.q", "header.x-user-id", "claim.sub", "part.0.id", "part.1.0.id"];
    let given = Given(keys.iter().map(|key| (*key, value.to_vec())).collect());
    let mut out = b"before".to_vec();
    compiled(text, kind).unwrap().fill(&given, &mut out)?;
    Ok(out.split_off(6))
}

#[test]
fn values_come_from_every_source() {
    for text in [
        "/{id}",
        "/{query.q}",
        "/{header.X-User-Id}",
        "/{claim.sub}",
        "/{part.user.id}",
        "/{part.user.more.0.id}",
    ] {
        assert_eq!(filled(text, Kind::Target, b"7"), Ok(b"/7".to_vec()), "{text}");
    }
    let all = "/a/{id}-{id}?q={query.q}&limit={query.limit:-10}&x=[]";
    assert_eq!(filled(all, Kind::Target, b"7"), Ok(b"/a/7-7?q=7&limit=10&x=[]".to_vec()));
}

#[test]
fn each_value_is_encoded_for_its_place() {
    let table: [(&[u8], Option<&str>, &str, &str); 18] = [
        (b"usr_1-a.b~c", Some("usr_1-a.b~c"), "usr_1-a.b~c", "usr_1-a.b~c"),
        (b"a/b", Some("a%2Fb"), "a%2Fb", "a/b"),
        (b"a b", Some("a%20b"), "a%20b", "a b"),
        (b"?x=1&y", Some("%3Fx%3D1%26y"), "%3Fx%3D1%26y", "?x=1&y"),
        (b"#f", Some("%23f"), "%23f", "#f"),
        (b"user@host:1", Some("user%40host%3A1"), "user%40host%3A1", "user@host:1"),
        (b"//host", Some("%2F%2Fhost"), "%2F%2Fhost", "//host"),
        (b"%2e%2e", Some("%252e%252e"), "%252e%252e", "%2e%2e"),
        (b"%", Some("%25"), "%25", "%"),
        (b"+;,", Some("%2B%3B%2C"), "%2B%3B%2C", "+;,"),
        (b"a\r\nX-Evil: 1", Some("a%0D%0AX-Evil%3A%201"), "a%0D%0AX-Evil%3A%201", "a%0D%0AX-Evil: 1"),
        (b"a\0b", Some("a%00b"), "a%00b", "a%00b"),
        (b"\xff\xfe%", Some("%FF%FE%25"), "%FF%FE%25", "%FF%FE%25"),
        ("é".as_bytes(), Some("%C3%A9"), "%C3%A9", "%C3%A9"),
        (b"..", None, "..", ".."),
        (b".", None, ".", "."),
        (b"../admin", None, "..%2Fadmin", "../admin"),
        (b"a\\..\\b", None, "a%5C..%5Cb", "a\\..\\b"),
    ];
    for (value, segment, query, header) in table {
        let shown = value.escape_ascii();
        let in_segment = segment.map_or(Err(Unfilled::DotSegment), |s| Ok(format!("/a/{s}/b").into_bytes()));
        assert_eq!(filled("/a/{id}/b", Kind::Target, value), in_segment, "{shown}");
        assert_eq!(
            filled("/a?q={id}", Kind::Target, value),
            Ok(format!("/a?q={query}").into_bytes()),
            "{shown}"
        );
        assert_eq!(filled("v={id}", Kind::Header, value), Ok(format!("v={header}").into_bytes()), "{shown}");
    }
}

#[test]
fn dots_are_refused_however_a_segment_is_put_together() {
    for (text, value) in [
        ("/{id}{query.q}", "."),
        ("/.{id}", "."),
        ("/{id}.", "."),
        ("/{id};v=1", ".."),
        ("/{id}", "..;x"),
        ("/%2e{id}", "."),
    ] {
        assert_eq!(filled(text, Kind::Target, value.as_bytes()), Err(Unfilled::DotSegment), "{text}");
    }
    for (text, value) in [("/{id}{query.q}", "a."), ("/a.{id}", "."), ("/{id}", "..."), ("/a?{id}", "..")] {
        assert!(filled(text, Kind::Target, value.as_bytes()).is_ok(), "{text}");
    }
}

#[test]
fn an_absent_or_empty_value_is_a_failure_unless_there_is_a_default() {
    let missing = Err(Unfilled::Missing { source: "query.absent".into() });
    assert_eq!(filled("/a?b={query.absent}", Kind::Target, b"x"), missing);
    assert_eq!(filled("/{id}", Kind::Target, b""), Err(Unfilled::Missing { source: "id".into() }));
    assert_eq!(filled("/{query.absent:-a b}", Kind::Target, b"x"), Ok(b"/a%20b".to_vec()));
    assert_eq!(filled("/a?b={query.q:-}", Kind::Target, b""), Ok(b"/a?b=".to_vec()));
    assert_eq!(filled("{claim.sub:-:-}", Kind::Header, b""), Ok(b":-".to_vec()));
}

#[test]
fn a_long_value_stays_one_value() {
    let long = b"/".repeat(8192);
    let path = filled("/a/{id}", Kind::Target, &long).unwrap();
    assert_eq!(path.len(), 3 + 3 * 8192);
}

#[test]
fn every_mistake_in_a_template_is_told() {
    let hole = |hole: &str| hole.to_owned();
    let table = [
        ("a", vec![TemplateError::NoLeadingSlash]),
        ("//host/x", vec![TemplateError::EmptyFirstSegment]),
        ("/a/../b", vec![TemplateError::DotSegment]),
        ("/a/%2e%2E", vec![TemplateError::DotSegment]),
        ("/a b", vec![TemplateError::IllegalText { found: ' ' }]),
        ("/a#b", vec![TemplateError::IllegalText { found: '#' }]),
        ("/a%zz", vec![TemplateError::IllegalText { found: '%' }]),
        ("/a[]", vec![TemplateError::IllegalText { found: '[' }]),
        ("/é", vec![TemplateError::IllegalText { found: 'é' }]),
        ("/{id", vec![TemplateError::Unclosed { hole: hole("id") }]),
        ("/id}", vec![TemplateError::StrayBrace]),
        ("/{}", vec![TemplateError::UnknownCapture { name: String::new() }]),
        ("/{cookie.a}", vec![TemplateError::UnknownSource { hole: hole("cookie.a") }]),
        ("/{query.}", vec![TemplateError::NoName { hole: hole("query.") }]),
        ("/{header.a b}", vec![TemplateError::BadHeaderName { name: hole("a b") }]),
        ("/{header.:path}", vec![TemplateError::BadHeaderName { name: hole(":path") }]),
        ("/{part.nobody.id}", vec![TemplateError::UnknownPart { hole: hole("part.nobody.id") }]),
        ("/{part.users.id}", vec![TemplateError::UnknownPart { hole: hole("part.users.id") }]),
        ("/{part.twin.id}", vec![TemplateError::SeveralParts { name: hole("twin") }]),
        ("/{part.other.id}", vec![TemplateError::NotRequired { part: hole("other") }]),
        ("/{part.user..id}", vec![TemplateError::NoName { hole: hole("part.user..id") }]),
        ("/{query.a:-}", vec![TemplateError::EmptyDefault { hole: hole("query.a:-") }]),
        ("/{query.a:-..}", vec![TemplateError::DotSegment]),
        (
            "x/{nobody}/{cookie.a}",
            vec![
                TemplateError::NoLeadingSlash,
                TemplateError::UnknownCapture { name: hole("nobody") },
                TemplateError::UnknownSource { hole: hole("cookie.a") },
            ],
        ),
    ];
    for (text, errors) in table {
        assert_eq!(compiled(text, Kind::Target), Err(errors), "{text}");
    }
    assert_eq!(compiled("a\nb", Kind::Header), Err(vec![TemplateError::IllegalText { found: '\n' }]));
}

proptest! {
    #[test]
    fn no_value_adds_a_segment_a_parameter_or_a_line(
        value in prop_oneof![
            proptest::collection::vec(any::<u8>(), 1..60),
            "([./%?#&=;:@\\\\\r\n]|%2[eEfF]|\\.\\.){1,12}".prop_map(String::into_bytes),
        ],
    ) {
        let decoded = |text: &[u8]| percent_decode(text).collect::<Vec<u8>>();
        if let Ok(path) = filled("/a/{id}/b", Kind::Target, &value) {
            let segments: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
            prop_assert_eq!(segments.len(), 4);
            prop_assert_eq!(decoded(segments[2]), value.as_slice());
            prop_assert!(path.iter().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~%".contains(byte)));
        }
        let query = filled("/a?q={id}&z=1", Kind::Target, &value).unwrap();
        let parameters: Vec<&[u8]> = query.split(|byte| b"?&".contains(byte)).collect();
        prop_assert_eq!(parameters.len(), 3);
        prop_assert_eq!(decoded(parameters[1].strip_prefix(b"q=").unwrap()), value.as_slice());
        let header = filled("{id}", Kind::Header, &value).unwrap();
        prop_assert!(header.iter().all(|byte| matches!(byte, b' '..=b'~')));
    }
}
