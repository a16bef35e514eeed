//! Bodies on their way through: what waits for what, how texts stand in them, what happens to broken ones.
#![cfg(test)]

use std::io::Write;
use std::rc::Rc;

use flate2::Compression;
use flate2::write::GzEncoder;
use portcullis_document::transformations::{BodyEdits, OnFailure};
use portcullis_document::{Mistakes, Node};
use portcullis_http::{Head, HeaderMap};
use portcullis_transform::{Body, Encoding, Fault, Format, Malformed, Reading, Rules, Step};

const UNFINISHED: Fault = Fault::Malformed(Malformed::Unfinished);
const UNEXPECTED: Fault = Fault::Malformed(Malformed::Unexpected);

struct Case {
    format: Format,
    encoding: Encoding,
    length: Option<usize>,
    on_failure: OnFailure,
    hold_bytes: Option<usize>,
}

/// What has become of a body.
#[derive(Debug, PartialEq)]
struct Outcome {
    /// What has left, piece by piece as it was sent.
    sent: Vec<Vec<u8>>,
    /// Whether the head waited, and the length it then told.
    length: Option<String>,
    refused: Option<Fault>,
}

fn case(format: Format) -> Case {
    Case {
        format,
        encoding: Encoding::Identity,
        length: None,
        on_failure: OnFailure::Reject,
        hold_bytes: None,
    }
}

fn held(hold_bytes: usize) -> Case {
    Case { hold_bytes: Some(hold_bytes), ..case(Format::Text) }
}

impl Outcome {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.sent.concat()).into_owned()
    }

    fn pieces(&self) -> Vec<&str> {
        self.sent.iter().map(|piece| std::str::from_utf8(piece).unwrap()).collect()
    }
}

impl Case {
    fn body(&self) -> Body {
        let json = r#"{"remove_fields": ["secret"], "rename_fields": {"old": "new"}}"#;
        let mut mistakes = Mistakes::default();
        let edits = BodyEdits::read(&Node::root(json, &mut mistakes).unwrap(), &mut mistakes).unwrap();
        let reading = Reading { format: self.format, encoding: self.encoding, length: self.length };
        Body::new(Rc::new(Rules::new(&edits)), reading, self.on_failure, self.hold_bytes)
    }

    /// Sends pieces through as a host does: the last is empty.
    fn run<P: AsRef<[u8]>>(&self, pieces: impl IntoIterator<Item = P>) -> Outcome {
        let mut body = self.body();
        let mut head = Head::new(HeaderMap::from_pairs(&[("content-length", "999")]));
        let (mut out, mut come, mut sent) = (Vec::new(), Vec::new(), Vec::new());
        let last = std::iter::once((Vec::new(), true));
        for (piece, is_last) in pieces.into_iter().map(|piece| (piece.as_ref().to_vec(), false)).chain(last) {
            come.extend_from_slice(&piece);
            match body.push(&piece, is_last, &mut head, &mut out, &mut |part| sent.push(std::mem::take(part)))
            {
                Step::Hold => continue,
                Step::Send => sent.push(out.clone()),
                Step::Pass => {
                    assert!(out.is_empty());
                    sent.push(come.clone());
                }
                Step::Refuse(fault) => return Outcome { sent, length: None, refused: Some(fault) },
            }
            out.clear();
            come.clear();
        }
        let length = head.get("content-length").map(|length| String::from_utf8_lossy(length).into_owned());
        Outcome { sent, length: length.filter(|length| length != "999"), refused: None }
    }

    fn whole<P: AsRef<[u8]>>(&self, pieces: impl IntoIterator<Item = P>) -> Result<String, Fault> {
        let outcome = self.run(pieces);
        outcome.refused.map_or_else(|| Ok(outcome.text()), Err)
    }
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_short_body_is_finished_before_its_head_leaves() {
    let outcome = held(64).run([r#"{"a":1,"sec"#, r#"ret":2}"#]);
    assert_eq!(outcome, Outcome { sent: vec![r#"{"a":1}"#.into()], length: Some("7".into()), refused: None });
}

#[test]
fn a_longer_body_streams_from_there_on_without_a_gap() {
    let pieces = [r#"{"a":"0123"#, r#"456789","secret":0,"#, r#""b":"more"}"#];
    let outcome = held(16).run(pieces);
    assert_eq!(outcome.text(), r#"{"a":"0123456789","b":"more"}"#);
    assert_eq!(outcome.sent.len(), 3, "sent when 16 bytes are exceeded, and as it comes from there on");
    assert_eq!(outcome.length, None);
}

#[test]
fn a_body_known_to_be_longer_is_not_held_at_all() {
    let body = |length| Case { length, ..held(16) }.body();
    assert!(body(None).is_held() && body(Some(16)).is_held());
    assert!(!body(Some(17)).is_held() && !case(Format::Text).body().is_held());
    assert!(!Case { format: Format::Lines, ..held(16) }.body().is_held());
}

#[test]
fn without_waiting_every_piece_leaves_at_once() {
    let outcome = case(Format::Text).run([r#"{"a":1"#, r#","secret":[1,"#, r#"2],"b":"#, "2}"]);
    assert_eq!(outcome.pieces(), [r#"{"a":1"#, "", r#","b":"#, "2}", ""]);
}

#[test]
fn what_cannot_be_transformed_is_refused() {
    let table: [(&str, Fault); 8] = [
        (r#"{"secret":1"#, UNFINISHED),
        (r#"{"secret":1}}"#, Fault::Malformed(Malformed::Trailing)),
        ("<html>", UNEXPECTED),
        ("  ", Fault::Malformed(Malformed::Empty)),
        ("\u{feff}{}", UNEXPECTED),
        ("{'a':1}", UNEXPECTED),
        (r#"{"a":"\ud800"}"#, Fault::Malformed(Malformed::LoneSurrogate)),
        ("[NaN]", UNEXPECTED),
    ];
    for (body, fault) in table {
        assert_eq!(held(64).whole([body]), Err(fault), "{body}");
        assert_eq!(case(Format::Text).whole([body]), Err(fault), "{body}");
    }
    assert_eq!(case(Format::Text).whole([b"[\"\xff\"]"]), Err(Fault::NotUtf8));
    assert_eq!(case(Format::Text).whole(["[".repeat(129)]), Err(Fault::TooDeep));
    assert_eq!(case(Format::Text).whole(["[".repeat(128), "]".repeat(128)]).map(|out| out.len()), Ok(256));
}

#[test]
fn a_body_of_no_bytes_has_nothing_to_hide() {
    for encoding in [Encoding::Identity, Encoding::Gzip] {
        let none: [&str; 0] = [];
        let outcome = Case { encoding, ..held(64) }.run(none);
        assert_eq!(outcome, Outcome { sent: vec![Vec::new()], length: Some("0".into()), refused: None });
    }
}

#[test]
fn a_held_body_that_may_pass_passes_as_it_came() {
    let case = Case { on_failure: OnFailure::Pass, ..held(64) };
    let outcome = case.run([r#"{"secret":1, "a""#, "!}", "more"]);
    assert_eq!(outcome.text(), r#"{"secret":1, "a"!}more"#);
    let packed = gzip(b"no json");
    let case = Case { on_failure: OnFailure::Pass, encoding: Encoding::Gzip, ..held(64) };
    assert_eq!(case.whole([&packed]), Ok(String::from_utf8_lossy(&packed).into_owned()), "still compressed");
}

#[test]
fn a_streamed_body_that_may_pass_passes_from_the_broken_piece_on() {
    let case = Case { on_failure: OnFailure::Pass, ..case(Format::Text) };
    assert_eq!(
        case.whole([r#"{"secret":1,"a":2,"#, r#""b":!,"secret":3"#, "}"]),
        Ok(r#"{"a":2,"b":!,"secret":3}"#.into())
    );
    assert_eq!(
        case.whole([r#"{"secret":1,"a":2,"#]),
        Ok(r#"{"a":2,"#.into()),
        "what was withheld is not lost"
    );
}

#[test]
fn gzip_leaves_decoded() {
    let packed = gzip(br#"{"secret":1,"a":2}"#);
    for size in [1, 3, 1000] {
        let case = Case { encoding: Encoding::Gzip, ..case(Format::Text) };
        assert_eq!(case.whole(packed.chunks(size)), Ok(r#"{"a":2}"#.into()));
        assert_eq!(case.whole(packed[..packed.len() - 1].chunks(size)), Err(Fault::BadCompression));
    }
    let held = Case { encoding: Encoding::Gzip, ..held(64) };
    assert_eq!(held.run([&packed]).length, Some("7".into()));
}

#[test]
fn a_body_is_long_by_what_comes_out_of_it() {
    let packed = gzip(format!("[{}]", vec!["1"; 5000].join(",")).as_bytes());
    let outcome = Case { encoding: Encoding::Gzip, ..held(1000) }.run([&packed]);
    assert_eq!(outcome.length, None);
    assert_eq!(outcome.text().len(), 10_001);
}

#[test]
fn what_grows_beyond_measure_leaves_in_two_steps() {
    let rows = "[".to_owned() + &vec!["1"; 50_000].join(",") + "]";
    let packed = gzip(rows.as_bytes());
    let outcome = Case { encoding: Encoding::Gzip, ..held(1000) }.run([&packed]);
    assert_eq!(outcome.text(), rows);
    assert_eq!(outcome.sent.first().map(Vec::len), Some(1000), "no more than the host holds with the head");
}

#[test]
fn announced_trailers_leave_no_room_for_a_length() {
    let mut head = Head::new(HeaderMap::from_pairs(&[("trailer", "x-sum"), ("content-length", "2")]));
    let (mut body, mut out) = (held(64).body(), Vec::new());
    assert_eq!(body.push(b"{}", true, &mut head, &mut out, &mut |_| ()), Step::Send);
    assert_eq!(head.get("content-length"), None);
}

#[test]
fn lines_are_texts_of_their_own() {
    let table = [
        ("{\"secret\":1,\"a\":2}\n{\"old\":1}\r\n", Ok("{\"a\":2}\n{\"new\":1}\r\n")),
        ("1\n\n  \n\"x\"", Ok("1\n\n  \n\"x\"")),
        ("", Ok("")),
        ("{\"a\":\n1}", Err(UNFINISHED)),
        ("1\n{\"a\":1", Err(UNFINISHED)),
        ("1 2\n", Err(Fault::Malformed(Malformed::Trailing))),
        ("\u{c}\n", Err(UNEXPECTED)),
    ];
    check(Format::Lines, &table);
}

#[test]
fn sequences_may_break_lines_within_a_text() {
    let table = [
        ("\u{1e}{\"secret\":1,\n\"a\":2}\n\u{1e}[1]\n", Ok("\u{1e}{\n\"a\":2}\n\u{1e}[1]\n")),
        ("\u{1e}{\u{1e}1\n", Err(UNFINISHED)),
    ];
    check(Format::Sequence, &table);
}

#[test]
fn data_lines_are_texts_and_other_lines_pass() {
    let table = [
        ("data: {\"secret\":1,\"a\":2}\n\n", Ok("data: {\"a\":2}\n\n")),
        ("data:{\"old\":1}\n\ndata:  7 \n\n", Ok("data:{\"new\":1}\n\ndata:  7 \n\n")),
        (
            ": secret\nevent: x\nid: 1\ndata: {\"secret\":1}\nretry: 5\n\n: end",
            Ok(": secret\nevent: x\nid: 1\ndata: {}\nretry: 5\n\n: end"),
        ),
        ("data: {\"a\":1}\r\n\r\ndata: 1\r\n\r\n", Ok("data: {\"a\":1}\r\n\r\ndata: 1\r\n\r\n")),
        ("data: {\"a\":1}\r\rdata: 1\r\r", Ok("data: {\"a\":1}\r\rdata: 1\r\r")),
        ("\u{feff}data: {\"secret\":1}\n\n", Ok("\u{feff}data: {}\n\n")),
        ("data: {\"a\":1,\ndata:  \"b\":2}\n\n", Ok("data: {\"a\":1,\ndata:  \"b\":2}\n\n")),
        ("data: [\ndata: {\"secret\":\ndata: 5}\ndata: ]\n\n", Ok("data: [\ndata: {}\ndata: ]\n\n")),
        (
            "data: {\"a\":1,\nid: 3\ndata: \"b\":2}\n\n",
            Ok("data: {\"a\":1\nid: 3\ndata: ,\ndata: \"b\":2}\n\n"),
        ),
        ("data\n\ndata:\n\ndata: \n\n", Ok("data\n\ndata:\n\ndata: \n\n")),
        ("data:\ndata: 1\n\n", Ok("data:\ndata: 1\n\n")),
        ("data: [DONE]\n\n", Ok("data: [DONE]\n\n")),
        ("data: [DONE]", Ok("data: [DONE]")),
        ("data: []\n\ndata: [\n\n", Err(UNFINISHED)),
        ("data: [D]\n\n", Err(UNEXPECTED)),
        ("data: [DONE]!\n\n", Err(UNEXPECTED)),
        ("data: hello\n\n", Err(UNEXPECTED)),
        ("data: {\"secret\":1\n\n", Err(UNFINISHED)),
        ("data: 1\ndata: 2\n\n", Err(Fault::Malformed(Malformed::Trailing))),
        ("datum: x\nda\ndatax: {\n\n", Ok("datum: x\nda\ndatax: {\n\n")),
        ("data: 1\n\ndat", Ok("data: 1\n\ndat")),
    ];
    check(Format::Events, &table);
}

/// Bodies and what becomes of them, whole and cut anywhere.
fn check(format: Format, table: &[(&str, Result<&str, Fault>)]) {
    for (body, wanted) in table {
        let wanted = wanted.map(str::to_owned);
        assert_eq!(case(format).whole([body]), wanted, "{body:?}");
        assert_eq!(case(format).whole(body.as_bytes().chunks(1)), wanted, "{body:?} byte by byte");
        for cut in 0..=body.len() {
            let (first, second) = body.as_bytes().split_at(cut);
            assert_eq!(case(format).whole([first, second]), wanted, "{body:?} cut at {cut}");
        }
    }
}

#[test]
fn each_record_leaves_as_it_comes() {
    for (format, record) in [(Format::Lines, "{\"a\":1}\n"), (Format::Events, "data: {\"a\":1}\n\n")] {
        let outcome = Case { hold_bytes: Some(64), ..case(format) }.run([record, record]);
        assert_eq!(outcome.pieces(), [record, record, ""]);
    }
}

#[test]
fn what_grows_leaves_in_parts_once_the_head_has_gone() {
    let plain = format!("[{}0]", r#"{"id":1,"secret":2},"#.repeat(200_000));
    let body = Case { encoding: Encoding::Gzip, ..case(Format::Text) };
    let outcome = body.run([gzip(plain.as_bytes())]);
    assert_eq!(outcome.text(), plain.replace(r#","secret":2"#, ""));
    let largest = outcome.sent.iter().map(Vec::len).max().unwrap();
    assert!(largest < 128 << 10, "{largest} bytes at once");
}

#[test]
fn records_that_tell_their_length_are_finished_before_their_head_leaves() {
    let record = r#"{"a":1,"secret":2}"#;
    for (length, sent) in [
        (Some(19), vec!["{\"a\":1}\n"]),
        (None, vec!["{\"a\":1}\n", ""]),
        (Some(99), vec!["{\"a\":1}\n", ""]),
    ] {
        let outcome = Case { format: Format::Lines, length, ..held(64) }.run([format!("{record}\n")]);
        assert_eq!(outcome.pieces(), sent, "{length:?}");
        assert_eq!(outcome.length, (length == Some(19)).then(|| "8".to_owned()));
    }
}
