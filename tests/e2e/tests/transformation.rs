//! What may you see: fields that leave nothing behind, in bodies of any size, cut anywhere.

use std::io::Read;
use std::sync::LazyLock;
use std::time::Duration;

use e2e_tests::{Act, Answer, Gate, Setup, stop, wire};
use serde_json::{Value, json};

/// What `/users/usr_1` becomes under the sample document's rule, byte for byte.
const CLEAN: &str = concat!(
    r#"{"id":"usr_1","name":"Ada Lovelace","email":"ada@example.com","#,
    r#""balance":12345678901234567890,"score":1.0,"#,
    r#""address":{"city":"London","lines":["12 St James's Sq"]},"#,
    r#""teams":[{"id":"t1","owner":{"email":"lead@example.com"}}, "#,
    r#"{ "id" : "t2"  }]}"#
);

/// Every spelling of a name that must not get out.
const HIDDEN: [&str; 6] =
    ["internal_id", "internal\\u005fid", "db_shard", "feature_flags", "created_by_admin", "email_address"];

static HELD: LazyLock<Gate> = LazyLock::new(|| Setup::gateway(rules()).start());
static STREAMED: LazyLock<Gate> = LazyLock::new(|| Setup::gateway(rules()).streaming().start());

fn rules() -> Value {
    json!({ "transformations": [{ "path": "/api/users/**", "response": {
        "remove_fields": ["internal_id", "db_shard", "feature_flags", "created_by_admin"],
        "rename_fields": { "email_address": "email" },
    } }] })
}

fn both() -> [(&'static str, &'static Gate); 2] {
    [("held", &HELD), ("streamed", &STREAMED)]
}

#[track_caller]
fn is_clean(answer: &Answer, what: &str) {
    assert!(answer.complete, "{what}: cut off");
    assert_eq!(answer.status, 200, "{what}: {:.300}", answer.text());
    leaks_nothing(answer, what);
    let body = answer.json();
    assert_eq!(body, serde_json::from_str::<Value>(CLEAN).unwrap(), "{what}");
}

#[track_caller]
fn leaks_nothing(answer: &Answer, what: &str) {
    let text = answer.text();
    for name in HIDDEN {
        assert!(!text.contains(name), "{what}: {name} in {text:.2000}");
    }
}

#[test]
fn internal_fields_are_gone_at_any_depth_and_every_other_byte_stays() {
    for (mode, gate) in both() {
        let answer = gate.get("/api/users/usr_1").send();
        is_clean(&answer, mode);
        let squeezed = |text: &str| text.replace(' ', "");
        assert_eq!(squeezed(&answer.text()), squeezed(CLEAN), "{mode}");
    }
}

#[test]
fn a_held_answer_has_its_exact_length_and_a_streamed_one_has_none() {
    let answer = HELD.get("/api/users/usr_1").send();
    assert_eq!(answer.number("content-length"), answer.body.len() as u64);
    let answer = STREAMED.get("/api/users/usr_1").send();
    assert_eq!(answer.header("content-length"), None);
    assert_eq!(answer.expect_header("transfer-encoding"), "chunked");
}

#[test]
fn a_body_may_be_cut_anywhere() {
    for (mode, gate) in both() {
        let mut connection = gate.connect([127, 0, 0, 1]);
        for cut in 1..480 {
            let request = gate.get(format!("/api/users/usr_1?cut={cut},{}&pause_ms=1", cut + 1));
            is_clean(&connection.send(&request).unwrap(), &format!("{mode}, cut at {cut}"));
        }
    }
}

#[test]
fn a_body_may_come_byte_by_byte() {
    for (mode, gate) in both() {
        is_clean(&gate.get("/api/users/usr_1?chunk=1").send(), mode);
        is_clean(&gate.get("/api/users/usr_1?chunk=7&pause_ms=1").send(), mode);
    }
}

#[test]
fn a_body_with_trailers_is_transformed_too() {
    for (mode, gate) in both() {
        let answer =
            gate.get("/api/users/usr_1?trailers=1&chunk=64&pause_ms=1").header("te", "trailers").send();
        is_clean(&answer, mode);
        // An HTTP/1.1 answer with a length has no trailers: a held one has the length.
        let trailers = [("x-checksum".to_owned(), "42".to_owned())];
        assert!(
            answer.trailers == trailers || answer.header("content-length").is_some(),
            "{mode}: {answer:?}"
        );
    }
}

#[test]
fn five_megabytes_stream_through_clean() {
    for (mode, gate) in both() {
        let answer = gate.get("/api/users/big?bytes=5000000").send();
        assert!(answer.complete && answer.status == 200, "{mode}: {}", answer.status);
        leaks_nothing(&answer, mode);
        let users = answer.json();
        let users = users.as_array().unwrap();
        assert!(users.len() > 5000, "{mode}: {}", users.len());
        let mut clean: Value = serde_json::from_str(CLEAN).unwrap();
        clean["id"] = json!("usr_big");
        assert!(users.iter().all(|user| *user == clean), "{mode}");
    }
}

#[test]
fn the_first_bytes_leave_before_the_last_have_come() {
    let record = r#"{"internal_id":1,"id":2},"#;
    let start = format!("[{}", record.repeat(8192));
    let endless = wire(move |_| {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
        vec![Act::send(head), Act::chunk(start.as_bytes()), Act::Hang]
    });
    for (mode, setup) in
        [("held", Setup::gateway(rules())), ("streamed", Setup::gateway(rules()).streaming())]
    {
        let setup = setup.cluster("endless:80", endless.address());
        let gate = setup.route("/api/users/endless", "endless:80", "/").start();
        let mut pieces = gate.get("/api/users/endless").open().unwrap();
        assert_eq!(pieces.head.status, 200, "{mode}");
        let mut text = Vec::new();
        while text.len() < 8000 * r#"{"id":2},"#.len() {
            text.extend(pieces.next_piece().unwrap().expect("more to come"));
        }
        assert!(!String::from_utf8_lossy(&text).contains("internal_id"), "{mode}");
    }
}

#[test]
fn a_gzip_answer_is_read_and_cleaned() {
    for (mode, gate) in both() {
        for cuts in ["", "&chunk=1", "&chunk=13&pause_ms=1"] {
            let request =
                gate.get(format!("/api/users/usr_1?gzip=1{cuts}")).header("accept-encoding", "br, gzip");
            let mut answer = request.send();
            if answer.header("content-encoding") == Some("gzip") {
                let mut plain = Vec::new();
                flate2::read::GzDecoder::new(&answer.body[..]).read_to_end(&mut plain).unwrap();
                answer.body = plain;
            }
            is_clean(&answer, &format!("{mode}{cuts}"));
        }
    }
}

#[test]
fn a_transformed_path_asks_only_for_what_the_filter_can_read_and_for_all_of_it() {
    for (mode, gate) in both() {
        let request = gate.get("/api/users/usr_1").header("accept-encoding", "br, zstd, gzip;q=0.5");
        let answer = request.header("range", "bytes=0-10").header("if-range", "\"x\"").send();
        let seen = gate.forwarded(&answer);
        let accepted = seen.header("accept-encoding").unwrap_or("identity");
        assert!(!accepted.contains("br") && !accepted.contains("zstd"), "{mode}: {accepted}");
        assert_eq!(seen.header("range"), None, "{mode}");
        let other =
            gate.get("/api/orders/7").header("accept-encoding", "br").header("range", "bytes=0-10").send();
        let seen = gate.forwarded(&other);
        assert_eq!(
            (seen.header("accept-encoding"), seen.header("range")),
            (Some("br"), Some("bytes=0-10")),
            "{mode}"
        );
    }
}

/// Bodies that cannot be read as what they are called.
const UNREADABLE: [&str; 5] =
    ["encoding=br", "encoding=gzip", "fail=garbage", "gzip=1&encoding=br", "gzip=1&fail=truncate"];

#[test]
fn what_cannot_be_read_is_not_let_through() {
    for fault in UNREADABLE {
        let answer = HELD.get(format!("/api/users/usr_1?{fault}")).send();
        assert_eq!(answer.status, 502, "{fault}: {:.300}", answer.text());
        if !fault.contains("truncate") {
            answer.refused(502, "transform_failed");
        }
        leaks_nothing(&answer, fault);
        match STREAMED.get(format!("/api/users/usr_1?{fault}")).try_send() {
            Ok(answer) => {
                assert!(!answer.complete || answer.status == 502, "{fault}: {:.300}", answer.text());
                leaks_nothing(&answer, fault);
            }
            Err(_) => continue,
        }
    }
    HELD.has_not_trapped();
    STREAMED.has_not_trapped();
}

#[test]
fn malformed_json_is_refused_in_full() {
    let deep = format!("{}{}", "[".repeat(129), "]".repeat(129));
    let bodies = [
        r#"{"internal_id":1,"#.to_owned(),
        r#"{"a":1}{"internal_id":1}"#.to_owned(),
        r#"{"a":"#.to_owned() + "\"\u{1}\"}",
        r#"{"a":01}"#.to_owned(),
        r#"{"internal_id":1,}"#.to_owned(),
        "nothing".to_owned(),
        deep,
    ];
    let shown = bodies.clone();
    let odd = wire(move |request| {
        let body = &bodies[request.target().trim_start_matches('/').parse::<usize>().unwrap()];
        let head =
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ";
        vec![Act::send(format!("{head}{}\r\n\r\n{body}", body.len()))]
    });
    let setup = Setup::gateway(rules()).cluster("odd:80", odd.address());
    let gate = setup.route("/api/users/odd/", "odd:80", "/").start();
    for (number, body) in shown.iter().enumerate() {
        let answer = gate.get(format!("/api/users/odd/{number}")).send();
        assert_eq!(answer.status, 502, "{body:.80}: {answer:?}");
        answer.refused(502, "transform_failed");
        let details = gate.details(&answer);
        assert!(details.starts_with("portcullis.transform."), "{body:.80}: {details}");
    }
}

#[test]
fn answers_without_a_body_are_left_alone() {
    for (mode, gate) in both() {
        let answer = gate.request("HEAD", "/api/users/usr_1").send();
        assert_eq!((answer.status, answer.body.len()), (200, 0), "{mode}");
        let answer = gate.request("DELETE", "/api/users/usr_1").send();
        assert_eq!((answer.status, answer.body.len()), (204, 0), "{mode}");
        let answer = gate.get("/api/users/usr_1?status=304").send();
        assert_eq!((answer.status, answer.body.len()), (304, 0), "{mode}");
    }
}

#[test]
fn errors_of_a_service_are_transformed_and_other_media_types_are_not() {
    for (mode, gate) in both() {
        let answer = gate.get("/api/users/usr_1?status=500").send();
        assert_eq!(answer.status, 500, "{mode}");
        leaks_nothing(&answer, mode);
        let answer = gate.get("/api/users/usr_1?type=application/vnd.user%2Bjson;charset=utf-8").send();
        is_clean(&answer, mode);
        let answer = gate.get("/api/users/usr_1?type=text/plain").send();
        assert!(answer.passed().text().contains("internal_id"), "{mode}");
    }
}

#[test]
fn a_path_that_is_not_canonical_gets_the_transformation_of_its_canonical_path() {
    let setup = Setup::gateway(rules()).route("/api//users", "users-service:3001", "/users");
    let setup = setup.route("/api/%75sers", "users-service:3001", "/users").route(
        "//api/users",
        "users-service:3001",
        "/users",
    );
    let gate = setup.route("/api/x/../users", "users-service:3001", "/users").start();
    for path in ["/api//users/usr_1", "/api/%75sers/usr_1", "//api/users/usr_1", "/api/x/../users/usr_1"] {
        is_clean(&gate.get(path).send(), path);
    }
}

#[test]
fn answers_that_envoy_makes_itself_come_through() {
    for setup in [Setup::gateway(rules()), Setup::gateway(rules()).streaming()] {
        let gate = setup.start();
        stop([&gate.services.users]);
        let answer = gate.get("/api/users/usr_1").send();
        assert_eq!(answer.status, 503, "{}", answer.text());
        gate.has_not_trapped();
    }
}

#[test]
fn http_2_clients_get_the_same() {
    let client =
        reqwest::blocking::Client::builder().http2_prior_knowledge().timeout(Duration::from_secs(20));
    let client = client.build().unwrap();
    for (mode, gate) in both() {
        let answer =
            client.get(format!("http://{}/api/users/usr_1?chunk=32", gate.address())).send().unwrap();
        assert_eq!(answer.version(), reqwest::Version::HTTP_2);
        let text = answer.text().unwrap();
        assert_eq!(
            serde_json::from_str::<Value>(&text).unwrap(),
            serde_json::from_str::<Value>(CLEAN).unwrap(),
            "{mode}"
        );
    }
}
