//! What is JSON and what is not: RFC 8259, rule by rule, in the kinds of cases that JSON test suites collect.
//!
//! What is JSON leaves byte for byte; what is not is refused, and no rule lets it through. Where the standard leaves it
//! open (kinds `i_` of the suites), the verdict is that of `serde_json`, which reads the filters' other JSON.
#![cfg(test)]

use std::rc::Rc;

use portcullis_document::transformations::BodyEdits;
use portcullis_document::{Mistakes, Node};
use portcullis_transform::{Fault, Malformed, Rewriter, Rules};

fn rules(json: &str) -> Rc<Rules> {
    let mut mistakes = Mistakes::default();
    let node = Node::root(json, &mut mistakes).unwrap();
    Rc::new(Rules::new(&BodyEdits::read(&node, &mut mistakes).unwrap()))
}

fn rewrite<'c>(rules: &Rc<Rules>, chunks: impl IntoIterator<Item = &'c [u8]>) -> Result<Vec<u8>, Fault> {
    let mut rewriter = Rewriter::new(Rc::clone(rules));
    let mut out = Vec::new();
    for chunk in chunks {
        rewriter.push(chunk, &mut out)?;
    }
    rewriter.finish()?;
    Ok(out)
}

/// Rules that look into everything, or skip it, and find nothing to change.
const IDLE: [&str; 3] = [
    "{}",
    r#"{"remove_fields": ["no such name"], "rename_fields": {"nor this": "x"}}"#,
    r#"{"remove_fields": ["$.no.such['path']", "$..nor[99]"], "keep_fields": ["$[*]"]}"#,
];

fn check(table: &[&[u8]], verdict: impl Fn(&[u8], Result<Vec<u8>, Fault>)) {
    for rules in IDLE.map(rules) {
        for text in table {
            verdict(text, rewrite(&rules, [*text]));
            verdict(text, rewrite(&rules, text.chunks(1)));
            for cut in 0..=text.len() {
                verdict(text, rewrite(&rules, [&text[..cut], &text[cut..]]));
            }
        }
    }
}

fn accepted(table: &[&[u8]]) {
    check(table, |text, got| assert_eq!(got.as_deref(), Ok(text), "{}", String::from_utf8_lossy(text)));
}

fn refused(fault: Fault, table: &[&[u8]]) {
    check(table, |text, got| assert_eq!(got, Err(fault), "{}", String::from_utf8_lossy(text)));
}

fn malformed(malformed: Malformed, table: &[&[u8]]) {
    refused(Fault::Malformed(malformed), table);
}

#[test]
fn any_value_is_a_text() {
    accepted(&[
        b"{}",
        b"[]",
        b"\"\"",
        b"\"x\"",
        b"0",
        b"-1",
        b"1.5e3",
        b"true",
        b"false",
        b"null",
        b" true ",
        b"\n\t\r []\r\n",
    ]);
}

#[test]
fn blanks_may_stand_around_every_token() {
    accepted(&[b" [ 1 , 2 ] ", b"\t{\r\n\"a\" :\n1 ,\t\"b\" : [ ] }\n", b"[\n{\n}\n]\n"]);
    malformed(
        Malformed::Unexpected,
        &[b"[\x0c1]", b"[\x0b]", b"[1,\xc2\xa01]", b"\xef\xbb\xbf{}", b"[\xe2\x81\xa0]", b"\x00", b"[\x001]"],
    );
}

#[test]
fn numbers_are_spelled_as_the_grammar_spells_them() {
    accepted(&[
        b"[0]",
        b"[-0]",
        b"[0.0]",
        b"[-0.0e0]",
        b"[10]",
        b"[1e1]",
        b"[1E+10]",
        b"[1e-007]",
        b"[0e1]",
        b"[20e1]",
        b"[123.456e78]",
        b"[123456789012345678901234567890.123456789012345678901234567890]",
        b"[1e999]",
        b"[-1e-999]",
        b"[0.1234567890123456789012345678901234567890]",
        b"[1.0,2.0]",
        b"[100000000000000000]",
    ]);
    malformed(
        Malformed::Number,
        &[
            b"[-]",
            b"[-a]",
            b"[1.]",
            b"[1.e1]",
            b"[1.a]",
            b"[0.]",
            b"[1e]",
            b"[1e+]",
            b"[1e-]",
            b"[1eE2]",
            b"[--1]",
            b"[-.5]",
            b"[2.e3]",
            b"[0e]",
            b"[0E+]",
            b"[1e+a]",
            b"[-Infinity]",
            b"[-NaN]",
            b"[1.-2]",
        ],
    );
    malformed(
        Malformed::Unexpected,
        &[
            b"[+1]",
            b"[.5]",
            b"[01]",
            b"[-01]",
            b"[00]",
            b"[0x1]",
            b"[1_000]",
            b"[1a]",
            b"[1 000]",
            b"[1e1.5]",
            b"[0.1.2]",
            b"[1+2]",
            b"[Infinity]",
            b"[NaN]",
            b"[1,000.00x]",
            b"[\xef\xbc\x91]",
            b"[0e1e]",
            b"[-0x1]",
        ],
    );
}

#[test]
fn literals_are_three_and_lower_case() {
    malformed(
        Malformed::Unexpected,
        &[
            b"[True]",
            b"[tru]",
            b"[truth]",
            b"[TRUE]",
            b"[nul]",
            b"[nulll]",
            b"[nil]",
            b"[fals]",
            b"[falsee]",
            b"[undefined]",
            b"[None]",
            b"[truefalse]",
        ],
    );
    malformed(Malformed::Trailing, &[b"truex", b"nullnull", b"true false"]);
    malformed(Malformed::Unfinished, &[b"tru", b"n", b"fals", b"[true"]);
}

#[test]
fn strings_hold_any_character_and_escape_those_that_must_be() {
    accepted(&[
        br#""\"\\\/\b\f\n\r\t""#,
        br#""\u0000\u001f\u007F\uFFFF""#,
        br#""\uD834\uDD1E\ud83d\uDe00""#,
        b"\"\x7f\"",
        b"\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"",
        b"\"\xe2\x80\xa8\xe2\x80\xa9\"",
        b"\"\xef\xbf\xbe\xef\xb7\x90\"",
        b"\"/* no comment */ // either\"",
        br#""\\u0061""#,
        br#"{"\u0000\"":1}"#,
        b"\"0123456789abcdef0123456789abcdef\"",
        b"{\"0123456789abcdef0123456789\":\"0123456789abcde\"}",
    ]);
    malformed(
        Malformed::Escape,
        &[
            br#""\x41""#,
            br#""\'""#,
            br#""\a""#,
            br#""\v""#,
            br#""\0""#,
            br#""\U0041""#,
            br#""\u""#,
            br#""\u00""#,
            br#""\u004""#,
            br#""\u00g1""#,
            br#""\u+041""#,
            br#""\u 041""#,
            b"\"\\\n\"",
            b"\"\\\xc3\xa9\"",
            br#""\ ""#,
        ],
    );
    malformed(
        Malformed::ControlCharacter,
        &[b"\"\n\"", b"\"\t\"", b"\"\x00\"", b"\"\x1f\"", b"\"0123456789abcdef\r\"", b"{\"a\nb\":1}"],
    );
    malformed(
        Malformed::LoneSurrogate,
        &[
            br#""\ud800""#,
            br#""\udc00""#,
            br#""\ud800x""#,
            br#""\ud800\n""#,
            br#""\ud800\ud800""#,
            br#""\uDBFF\u0041""#,
            br#""\udc00\ud800""#,
            br#"{"\ud83d":1}"#,
        ],
    );
    malformed(Malformed::Unfinished, &[b"\"", b"\"a", b"\"\\", b"\"\\u00", b"\"\\ud834\\u", b"[\"a"]);
    malformed(Malformed::Unexpected, &[b"'a'", b"[a]", b"{a:1}", b"{'a':1}", b"[\"a\"b\"]", b"`a`"]);
}

#[test]
fn bytes_are_utf8() {
    refused(
        Fault::NotUtf8,
        &[
            b"\"\x80\"",
            b"\"\xbf\"",
            b"\"\xc0\xaf\"",
            b"\"\xc1\xbf\"",
            b"\"\xe0\x9f\xbf\"",
            b"\"\xed\xa0\x80\"",
            b"\"\xf0\x8f\xbf\xbf\"",
            b"\"\xf4\x90\x80\x80\"",
            b"\"\xf8\x88\x80\x80\x80\"",
            b"\"\xff\"",
            b"\"\xe9\"",
            b"\"\xc3\"",
            b"{\"\xff\":1}",
            b"\xff\xfe[\x00]\x00",
        ],
    );
}

#[test]
fn arrays_separate_their_elements() {
    accepted(&[b"[[],[[]],[{}]]", b"[1,null,true,\"x\",{},[]]"]);
    malformed(
        Malformed::Unexpected,
        &[
            b"[,]",
            b"[,1]",
            b"[1,]",
            b"[1,,2]",
            b"[1 2]",
            b"[1:2]",
            b"[1;2]",
            b"[1}",
            b"[}",
            b"]",
            b",",
            b"[\"a\":1]",
            b"[...]",
            b"(1)",
        ],
    );
    malformed(Malformed::Unfinished, &[b"[", b"[1", b"[1,", b"[[", b"[[]", b"[{}", b"[\"a\",\n"]);
}

#[test]
fn objects_name_their_members_with_strings() {
    accepted(&[
        b"{\"\":0}",
        b"{\"a\":{\"a\":{\"a\":[]}}}",
        b"{\"a\":1,\"a\":2,\"a\":1}",
        b"{\"a\":\"b\",\"c\":\"d\"}",
        br#"{"a\u0062":1,"\u0061b":2}"#,
    ]);
    malformed(
        Malformed::Unexpected,
        &[
            b"{\"a\"}",
            b"{\"a\":}",
            b"{\"a\" 1}",
            b"{\"a\"::1}",
            b"{\"a\",1}",
            b"{:1}",
            b"{1:1}",
            b"{null:1}",
            b"{[]:1}",
            b"{\"a\":1,}",
            b"{\"a\":1,,\"b\":2}",
            b"{,\"a\":1}",
            b"{\"a\":1 \"b\":2}",
            b"{\"a\":1]",
            b"{]",
            b"}",
            b"{\"a\":1/**/}",
            b"{\"a\":1//\n}",
            b"{\"a\":1#\n}",
            b"{{}:1}",
            b"{\"a\" b:1}",
        ],
    );
    malformed(
        Malformed::Unfinished,
        &[b"{", b"{\"a", b"{\"a\"", b"{\"a\":", b"{\"a\":1", b"{\"a\":1,", b"{\"a\":{}"],
    );
}

#[test]
fn there_is_one_text_and_nothing_behind_it() {
    malformed(Malformed::Empty, &[b"", b" ", b"\n\t\r "]);
    malformed(
        Malformed::Trailing,
        &[
            b"[]]",
            b"{}}",
            b"[][]",
            b"{}{}",
            b"1 2",
            b"\"a\" \"b\"",
            b"{}#",
            b"{}/**/",
            b"[],",
            b"null\x00",
            b"{} x",
            b"[1]x",
        ],
    );
}

#[test]
fn nesting_ends_at_128() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
        let levels = open.matches(['[', '{']).count();
        let nested =
            |depth: usize| [open.repeat(depth / levels), "1".into(), close.repeat(depth / levels)].concat();
        accepted(&[nested(128).as_bytes()]);
        refused(Fault::TooDeep, &[nested(130).as_bytes()]);
    }
    refused(Fault::TooDeep, &["[".repeat(1000).as_bytes()]);
}

#[test]
fn what_is_removed_is_checked_all_the_same() {
    let rules = rules(r#"{"remove_fields": ["secret"]}"#);
    let table = [
        (r#"{"secret":tru}"#, Malformed::Unexpected),
        (r#"{"secret":"\x"}"#, Malformed::Escape),
        (r#"{"secret":[1,]}"#, Malformed::Unexpected),
        (r#"{"secret":{"a":1,"b"}}"#, Malformed::Unexpected),
        (r#"{"secret":01}"#, Malformed::Unexpected),
        (r#"{"secret":1"#, Malformed::Unfinished),
    ];
    for (text, malformed) in table {
        assert_eq!(rewrite(&rules, [text.as_bytes()]), Err(Fault::Malformed(malformed)), "{text}");
    }
}
