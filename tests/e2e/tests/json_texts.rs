//! What is JSON and what is not, through a real Envoy: sound texts leave as they came, the others never.

use e2e_tests::{Act, Gate, Setup, wire};
use serde_json::json;

/// Texts without a field that the rule speaks of.
const SOUND: [&str; 24] = [
    "{}",
    "[]",
    " [ ] ",
    "0",
    "-0",
    "-1.50e-07",
    "1E+2",
    "123456789012345678901234567890",
    "0.10",
    "true",
    "null",
    r#""""#,
    r#""\u0000\ud834\udd1e\/\b\f""#,
    "\"\u{2028}\u{fffe}\u{10ffff}\u{7f}\"",
    r#"{"":0}"#,
    r#"{"a":1,"a":2}"#,
    r#"{"a":{"b":[[[{"c":[]}]]]}}"#,
    "{ \"a\" :\r\n1 ,\t\"b\" : [ 1 , 2 ] }\n",
    r#"[1,"1",1.0,true,false,null,{},[]]"#,
    r#"{"internal":1,"xinternal_id":2,"Internal_Id":3}"#,
    r#"["internal_id","db_shard"]"#,
    r#"{"a":"internal_id\":1"}"#,
    r#"[{"id":1},{"id":2}]"#,
    r#"{"\u0061\"":"\\"}"#,
];

/// Each hides a field where a careless reader would let it through.
const BROKEN: [&[u8]; 40] = [
    b"",
    b" ",
    b"{\"internal_id\":1",
    b"{\"internal_id\":1,}",
    b"{\"internal_id\":1}}",
    b"{\"internal_id\":1}{",
    b"{\"internal_id\":1}x",
    b"{\"internal_id\":1]",
    b"{\"internal_id\" 1}",
    b"{\"internal_id\"}",
    b"{\"internal_id\":}",
    b"{internal_id:1}",
    b"{'internal_id':1}",
    b"{,\"internal_id\":1}",
    b"{\"a\":1 \"internal_id\":1}",
    b"{\"a\":1,,\"internal_id\":1}",
    b"[{\"internal_id\":1},]",
    b"[{\"internal_id\":1}",
    b"[1 {\"internal_id\":1}]",
    b"\xef\xbb\xbf{\"internal_id\":1}",
    b"\xff\xfe{\0\"\0i\0d\0\"\0:\x001\0}\0",
    b"{\"internal_id\":01}",
    b"{\"internal_id\":+1}",
    b"{\"internal_id\":.5}",
    b"{\"internal_id\":1.}",
    b"{\"internal_id\":1e}",
    b"{\"internal_id\":0x1}",
    b"{\"internal_id\":NaN}",
    b"{\"internal_id\":-Infinity}",
    b"{\"internal_id\":tru}",
    b"{\"internal_id\":True}",
    b"{\"internal_id\":undefined}",
    b"{\"internal_id\":\"\n\"}",
    b"{\"internal_id\":\"\\x41\"}",
    b"{\"internal_id\":\"\\u00g0\"}",
    b"{\"internal_id\":\"\\ud800\"}",
    b"{\"internal_id\":\"\xc0\xaf\"}",
    b"{\"internal_id\":\"\xed\xa0\x80\"}",
    b"/* */{\"internal_id\":1}",
    b")]}'\n{\"internal_id\":1}",
];

/// A gate in front of a service that answers `/3` with the third text, and that service, which stops when it is dropped.
fn gate(texts: &'static [&'static [u8]], streaming: bool) -> (Gate, impl Sized) {
    let service = wire(move |request| {
        let number: usize = request.target().trim_start_matches('/').parse().unwrap();
        let body = texts[number];
        let head =
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ";
        vec![Act::send([format!("{head}{}\r\n\r\n", body.len()).as_bytes(), body].concat())]
    });
    let rules = json!({ "transformations": [
        { "path": "/api/**", "response": { "remove_fields": ["internal_id", "db_shard"] } },
    ] });
    let setup = Setup::gateway(rules).cluster("texts:80", service.address());
    let setup = setup.route("/api/", "texts:80", "/");
    (if streaming { setup.streaming().start() } else { setup.start() }, service)
}

#[test]
fn json_without_the_fields_of_a_rule_leaves_byte_for_byte() {
    let texts: Vec<&[u8]> = SOUND.iter().map(|text| text.as_bytes()).collect();
    let texts: &'static [&'static [u8]] = texts.leak();
    for streaming in [false, true] {
        let (gate, _service) = gate(texts, streaming);
        for (number, text) in SOUND.iter().enumerate() {
            let answer = gate.get(format!("/api/{number}")).send();
            assert_eq!((answer.status, answer.text().as_str()), (200, *text), "streaming: {streaming}");
        }
        gate.has_not_trapped();
    }
}

#[test]
fn what_is_not_json_never_gets_through_whole() {
    for streaming in [false, true] {
        let (gate, _service) = gate(&BROKEN, streaming);
        // There is nothing to hide in a body without a byte.
        assert_eq!(gate.get("/api/0").send().status, 200);
        for (number, text) in BROKEN.iter().enumerate().skip(1) {
            let shown = String::from_utf8_lossy(text);
            match gate.get(format!("/api/{number}")).try_send() {
                Ok(answer) => {
                    assert!(!answer.complete || answer.status == 502, "{shown}: {answer:?}");
                    assert!(!answer.text().contains("internal_id"), "{shown}: {answer:?}");
                    assert!(streaming || answer.refused(502, "transform_failed").is_object());
                }
                Err(_) => assert!(streaming, "{shown}"),
            }
        }
        gate.has_not_trapped();
    }
}

#[test]
fn digests_behind_a_body_go_when_it_changes() {
    let service = wire(|_| {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ntrailer: x-sum, content-digest\r\n";
        let body = "transfer-encoding: chunked\r\n\r\n11\r\n{\"internal_id\":1}\r\n0\r\n";
        let trailers = "content-digest: sha-256=:x:\r\nx-sum: 1\r\nrepr-digest: sha-256=:x:\r\n\r\n";
        vec![Act::send([head, body, trailers].concat())]
    });
    let rules = json!({ "transformations": [
        { "path": "/api/changed", "response": { "remove_fields": ["internal_id"] } },
    ] });
    let setup = Setup::gateway(rules).cluster("sums:80", service.address());
    let gate = setup.route("/api/", "sums:80", "/").start();
    let trailers = |path: &str| {
        let mut trailers = gate.get(path).header("te", "trailers").send().trailers;
        trailers.sort();
        trailers.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    assert_eq!(trailers("/api/changed"), ["x-sum"]);
    assert_eq!(trailers("/api/other"), ["content-digest", "repr-digest", "x-sum"]);
}
