//! What nobody should send: every answer is defined, nothing traps, and the next request is served.

use std::sync::LazyLock;

use e2e_tests::{Act, Gate, Setup, Token, fresh_user, restart, sample_document, stop, wire};
use serde_json::json;
use services::noise;

static SAMPLE: LazyLock<Gate> = LazyLock::new(|| Setup::gateway(sample_document()).start());

/// Noise that may stand in a header line: everything but what ends it, and NUL, which Envoy refuses itself.
fn printable_noise(length: usize) -> Vec<u8> {
    noise(length)
        .into_iter()
        .map(|byte| if matches!(byte, 0 | b'\r' | b'\n') { b'x' } else { byte })
        .collect()
}

/// The gateway still works, and no module has trapped.
#[track_caller]
fn is_unharmed(gate: &Gate) {
    let answer = gate.get("/api/products/7").token(Token::of(&fresh_user()).mint()).send();
    answer.passed();
    gate.has_not_trapped();
}

#[test]
fn noise_in_a_header_is_just_a_header() {
    let bytes = printable_noise(8192);
    for name in
        ["x-noise", "x-user-id", "accept", "cookie", "x-request-id", "traceparent", "accept-encoding", "te"]
    {
        let request = SAMPLE.get("/api/users/7").header(name, &bytes).token(Token::of(&fresh_user()).mint());
        let answer = request.send();
        assert!(matches!(answer.status, 200 | 400), "{name}: {}", answer.text());
    }
    is_unharmed(&SAMPLE);
}

#[test]
fn noise_as_a_token_is_a_bad_token() {
    let plain = printable_noise(8192);
    let dotted = [&plain[..2000], b".", &plain[2000..4000], b".", &plain[4000..6000]].concat();
    let endless = "a".repeat(100_000);
    for token in [&plain[..], &dotted, b"..", b".", b"", endless.as_bytes()] {
        let answer = SAMPLE.get("/api/users/7").header("authorization", [b"Bearer ", token].concat()).send();
        assert!(matches!(answer.status, 400 | 401), "{}: {}", answer.status, answer.text());
        assert!(!answer.text().is_empty());
    }
    is_unharmed(&SAMPLE);
}

#[test]
fn noise_as_a_key_set_is_no_key_set() {
    let document = json!({ "auth": {
        "type": "jwt",
        "jwks_uri": "https://auth.example.com/.well-known/jwks.json",
        "issuer": "https://auth.example.com",
        "jwks_timeout": "200ms",
    } });
    let gate = Setup::gateway(document).start_after(|services| services.jwks.garbage());
    let token = Token::default().mint();
    gate.get("/api/users/7").token(&token).send().refused(503, "keys_unavailable");
    gate.has_not_trapped();
    gate.services.jwks.publish(&[e2e_tests::Key::of(e2e_tests::Alg::Rs256)]);
    e2e_tests::eventually("the keys are there", || {
        (gate.get("/api/users/7").token(&token).send().status == 200).then_some(())
    });
}

#[test]
fn noise_as_a_service_is_a_bad_gateway() {
    let token = Token::of(&fresh_user()).mint();
    let answer = SAMPLE.get("/api/users/7?fail=garbage").token(&token).send();
    answer.refused(502, "transform_failed");
    let answer = SAMPLE.get("/api/orders/7?fail=garbage").token(&token).send();
    assert_eq!((answer.status, answer.body.len()), (200, 8192));
    is_unharmed(&SAMPLE);
}

#[test]
fn noise_instead_of_http_is_a_bad_gateway() {
    let raw = wire(|_| vec![Act::send(noise(8192))]);
    let silent = wire(|_| vec![]);
    let reset = wire(|_| vec![Act::Reset]);
    let cut = wire(|_| {
        vec![
            Act::send(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{\"a\":",
            ),
            Act::Reset,
        ]
    });
    for bad in [raw, silent, reset, cut] {
        let setup = Setup::gateway(sample_document()).cluster("users-service:3001", bad.address());
        let gate = setup.start();
        let token = Token::of(&fresh_user()).mint();
        let answer = gate.get("/api/users/7").token(&token).send();
        assert!(matches!(answer.status, 502 | 503), "{}: {}", answer.status, answer.text());
        let answer = gate.get("/api/home").token(&token).send();
        answer.refused(502, "upstream_failed");
        is_unharmed(&gate);
    }
}

#[test]
fn services_that_are_killed_leave_a_gateway_that_answers() {
    let gate = Setup::gateway(sample_document()).start();
    let token = Token::of(&fresh_user()).mint();
    gate.get("/api/users/7").token(&token).send().passed();
    stop(gate.services.all());
    for path in ["/api/users/7", "/api/orders/7", "/api/products/7", "/api/health"] {
        let answer = gate.get(path).token(&token).send();
        assert_eq!(answer.status, 503, "{path}: {}", answer.text());
    }
    gate.get("/api/home").token(&token).send().refused(502, "upstream_failed");
    gate.get("/api/users/7").send().refused(401, "token_missing");
    restart(gate.services.all());
    is_unharmed(&gate);
}

#[test]
fn thousands_of_headers_are_ordinary() {
    for count in [1023, 1024, 1025, 3000] {
        let mut request = SAMPLE.get("/api/users/7").token(Token::of(&fresh_user()).mint());
        for number in 0..count {
            request = request.header(&format!("x-{number}"), "1");
        }
        let answer = request.header("x_user_id", "usr_root").header("x-user-id", "usr_root").send();
        // Envoy hands over at most 1024 headers at once: a gateway that cannot see them all must not guess.
        if answer.status == 200 {
            let seen = SAMPLE.forwarded(&answer);
            assert!(
                !seen.headers.iter().any(|(_, value)| value == "usr_root"),
                "{count} headers hid a spoofed one"
            );
        } else {
            assert!(matches!(answer.status, 400 | 401 | 431), "{count}: {} {}", answer.status, answer.text());
        }
    }
    is_unharmed(&SAMPLE);
}

#[test]
fn one_header_of_half_a_megabyte_is_ordinary() {
    for name in ["x-big", "cookie", "x-user-id", "accept"] {
        let request = SAMPLE.get("/api/users/7").header(name, "x".repeat(500_000));
        let answer = request.token(Token::of(&fresh_user()).mint()).send();
        assert!(
            matches!(answer.status, 200 | 400 | 431 | 503),
            "{name}: {} {}",
            answer.status,
            answer.text()
        );
        is_unharmed(&SAMPLE);
    }
}

#[test]
fn targets_of_any_bytes_are_answered() {
    let mut targets: Vec<Vec<u8>> = (1..=255_u8)
        .filter(|byte| !matches!(byte, b' ' | b'\r' | b'\n' | b'\t' | 0x0b | 0x0c))
        .map(|byte| [b"/api/users/", &[byte][..], b"/x?", &[byte]].concat())
        .collect();
    for odd in
        ["/", "/?", "//", "/%", "/%00", "/api/users/%ff%fe", "/..", "/../..", "*", "/api/users/7#x", "/?%"]
    {
        targets.push(odd.as_bytes().to_vec());
    }
    targets.push([b"/", &b"a/".repeat(4000)[..]].concat());
    targets.push([b"/", &b"%2e/".repeat(4000)[..]].concat());
    targets.push([b"/api/users?", &b"a=1&".repeat(4000)[..]].concat());
    for target in targets {
        let shown = String::from_utf8_lossy(&target).into_owned();
        match SAMPLE.get(&target).send_or_lost() {
            // Envoy's own parser refuses some bytes.
            None => {}
            Some(answer) => {
                assert!(
                    matches!(answer.status, 400 | 401 | 404),
                    "{shown:.60}: {} {}",
                    answer.status,
                    answer.text()
                );
            }
        }
    }
    is_unharmed(&SAMPLE);
}

#[test]
fn odd_requests_are_answered_or_closed() {
    let requests: [&[u8]; 9] = [
        b"GET /api/health HTTP/1.0\r\n\r\n",
        b"GET /api/health HTTP/1.1\r\n\r\n",
        b"GET http://evil.example.com/api/health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
        b"CONNECT a:443 HTTP/1.1\r\nhost: a:443\r\nconnection: close\r\n\r\n",
        b"GET /api/users/7 HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n",
        b"GET /api/users/7 HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
        b"BREW /api/users/7 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
        b"GET /api/users/7 HTTP/1.1\r\nhost: \xff\xfe\r\nconnection: close\r\n\r\n",
    ];
    for bytes in requests {
        if let Ok(answer) = SAMPLE.send_bytes(bytes) {
            let shown = String::from_utf8_lossy(bytes);
            assert!(
                answer.status < 500 || answer.status == 501,
                "{shown}: {} {}",
                answer.status,
                answer.text()
            );
        }
    }
    is_unharmed(&SAMPLE);
}

#[test]
fn a_header_that_stands_twice_is_ordinary() {
    let token = Token::of(&fresh_user()).mint();
    let request = SAMPLE.get("/api/users/7").token(&token);
    for name in
        ["x-request-id", "cookie", "accept-encoding", "traceparent", "x-user-id", "content-type", "range"]
    {
        let answer = request.clone().header(name, "a").header(name, "b").header(name, "").send();
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
    }
    is_unharmed(&SAMPLE);
}

#[test]
fn header_lines_of_a_service_may_be_noise_too() {
    let noisy = wire(|_| {
        let value = printable_noise(2000);
        let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 19\r\n";
        let lines =
            [&b"x-noise: "[..], &value, b"\r\netag: ", &value, b"\r\ncache-control: ", &value, b"\r\n\r\n"]
                .concat();
        vec![Act::send([&head[..], &lines, br#"{"internal_id":[1]}"#].concat())]
    });
    let gate = Setup::gateway(sample_document()).cluster("users-service:3001", noisy.address()).start();
    let answer = gate.get("/api/users/7").token(Token::of(&fresh_user()).mint()).send();
    assert!(matches!(answer.status, 200 | 502 | 503), "{}: {}", answer.status, answer.text());
    assert!(!answer.text().contains("internal_id"));
    is_unharmed(&gate);
}
