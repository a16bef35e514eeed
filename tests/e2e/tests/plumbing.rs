//! The harness itself, on an Envoy without any filter of ours: what a story says must mean what it says.

use e2e_tests::{Act, Gate, Setup, restart, stop, validate, wire};
use std::sync::LazyLock;

static PLAIN: LazyLock<Gate> = LazyLock::new(|| Setup::plain().start());

#[test]
fn a_request_reaches_the_service_that_its_route_names() {
    let answer = PLAIN.get("/api/orders/ord_x7k9?x=1").header("x-mark", "1").send();
    answer.passed();
    let seen = PLAIN.forwarded(&answer);
    assert_eq!((seen.service, seen.target.as_str()), ("orders", "/orders/ord_x7k9?x=1"));
    assert_eq!(seen.header("host"), Some("orders-service:3002"));
    assert_eq!(seen.header("x-mark"), Some("1"));
}

#[test]
fn paths_and_header_bytes_arrive_as_they_were_sent() {
    let answer = PLAIN.get("//echo/..%2fx").header("x-raw", b"\xff\xfe").send();
    let seen = PLAIN.forwarded(&answer);
    assert_eq!(seen.target, "//echo/..%2fx");
    assert!(seen.header("x-raw").is_some());
}

#[test]
fn an_answer_without_an_end_is_not_complete() {
    let answer = PLAIN.get("/api/users/7?fail=truncate").send();
    assert!(!answer.complete);
    assert!(!answer.body.is_empty());
}

#[test]
fn trailers_come_through_both_ways() {
    let request = PLAIN.post("/api/orders").header("te", "trailers").chunked(&["ab", "cd"], "x-end: 1\r\n");
    let answer = request.send();
    assert_eq!(answer.json()["received"], "abcd");
    let answer = PLAIN.get("/api/users/7?trailers=1").header("te", "trailers").send();
    assert_eq!(answer.trailers, [("x-checksum".to_owned(), "42".to_owned())]);
}

#[test]
fn answers_on_one_connection_are_told_apart() {
    let mut connection = PLAIN.connect([127, 0, 0, 2]);
    let (first, second) = (PLAIN.get("/api/orders/1"), PLAIN.request("HEAD", "/api/orders/2"));
    let answers = connection.send_all(&[&first, &second, &first]).unwrap();
    let bodies: Vec<usize> = answers.iter().map(|answer| answer.body.len()).collect();
    assert!(bodies[0] > 0 && bodies[1] == 0 && bodies[2] == bodies[0], "{bodies:?}");
}

#[test]
fn a_stopped_service_is_gone_until_it_is_started_again() {
    let gate = Setup::plain().start();
    stop([&gate.services.orders]);
    let answer = gate.get("/api/orders/7").send();
    assert_eq!(answer.status, 503);
    restart([&gate.services.orders]);
    gate.get("/api/orders/7").send().passed();
}

#[test]
fn a_wire_says_exactly_what_its_script_says() {
    let odd = wire(|request| {
        assert_eq!(request.target(), "/odd/x");
        vec![
            Act::send("HTTP/1.1 203 Odd\r\ntransfer-encoding: chunked\r\n\r\n"),
            Act::chunk(b"{}"),
            Act::Reset,
        ]
    });
    let gate = Setup::plain().cluster("wire:80", odd.address()).route("/odd", "wire:80", "/odd").start();
    let answer = gate.get("/odd/x").send();
    assert_eq!((answer.status, answer.complete), (203, false));
}

#[test]
fn a_configuration_that_envoy_refuses_is_told_with_its_reason() {
    let said = validate(r#"{"admin": 7}"#).unwrap_err();
    assert!(said.contains("admin"), "{said}");
}

#[test]
fn a_listener_from_a_file_can_be_put_in_anew() {
    let gate = Setup::module("probe", serde_json::json!({ "n": 1 })).reloadable().start();
    gate.get("/api/orders/7").send().passed();
    assert!(gate.reload(&serde_json::json!({ "n": 2 })));
    gate.get("/api/orders/7").send().passed();
    assert_eq!(gate.admin().listener("gateway"), Some(gate.address()));
    gate.has_not_trapped();
}
