//! One request, many services: stitched byte for byte, as slow as the slowest, and whole when a part is not.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use e2e_tests::{Act, Gate, Setup, Token, eventually, fresh_user, restart, sample_document, stop, wire};
use serde_json::{Value, json};

static SAMPLE: LazyLock<Gate> = LazyLock::new(|| Setup::gateway(sample_document()).start());

/// A document of one aggregation, and no other section.
fn stitched(path: &str, parts: Value, more: Value) -> Value {
    let mut aggregation = json!({ "path": path, "parts": parts });
    for (name, value) in more.as_object().into_iter().flatten() {
        aggregation[name] = value.clone();
    }
    json!({ "aggregations": [aggregation] })
}

fn users(path: &str) -> Value {
    json!({ "name": "user", "upstream": "http://users-service:3001", "path": path })
}

fn products(path: &str) -> Value {
    json!({ "name": "products", "upstream": "http://products-service:3003", "path": path })
}

fn with(mut part: Value, name: &str, value: Value) -> Value {
    part[name] = value;
    part
}

#[test]
fn the_home_page_is_stitched_from_three_services() {
    let user = fresh_user();
    let answer = SAMPLE.get("/api/home").token(Token::of(&user).mint()).send();
    let body = answer.passed().json();
    assert_eq!(body["user"]["id"], user);
    assert_eq!(body["recent_orders"].as_array().map(Vec::len), Some(3));
    assert_eq!(body["recommendations"][0]["id"], "p_1");
    let text = answer.text();
    let at = |name: &str| text.find(&format!("\"{name}\":")).unwrap();
    assert!(at("user") < at("recent_orders") && at("recent_orders") < at("recommendations"), "{text}");
    assert!(
        text.contains(r#""balance":12345678901234567890,"score":1.0,"#),
        "numbers keep their spelling: {text}"
    );
    assert!(text.contains(r#""internal\u005fid":5"#), "names keep their escapes: {text}");
    assert_eq!(answer.expect_header("content-type"), "application/json");
    assert!(answer.expect_header("x-response-time").ends_with("ms"));
    assert_eq!(answer.header("x-portcullis-partial"), None);
}

#[test]
fn every_part_gets_the_verified_identity_and_the_request_id_and_no_secrets() {
    let user = fresh_user();
    let request = SAMPLE.get("/api/home").token(Token::of(&user).mint()).header("x-user-id", "usr_root");
    let request = request.header("cookie", "session=1").header("accept-language", "de");
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let answer = request.header("traceparent", trace).send();
    answer.passed();
    let reached = SAMPLE.reached(&answer);
    let mut targets: Vec<&str> = reached.iter().map(|seen| seen.target.as_str()).collect();
    targets.sort_unstable();
    let orders = format!("/orders?user={user}&limit=3");
    assert_eq!(targets, [orders.as_str(), "/recommendations", &format!("/users/{user}")]);
    for seen in &reached {
        assert_eq!(seen.headers_named("x-user-id"), [user.as_str()], "{seen:#?}");
        assert_eq!(seen.headers_named("x-user-role"), ["customer"]);
        assert_eq!(seen.headers_named("x-request-id"), [answer.request_id()]);
        assert_eq!(seen.headers_named("accept-language"), ["de"]);
        assert!(
            seen.header("traceparent").is_some_and(|sent| sent.contains("0af7651916cd43dd8448eb211c80319c"))
        );
        assert_eq!(seen.header("cookie"), None);
        assert_eq!(seen.header("authorization"), None);
        assert_eq!(seen.method, "GET");
    }
    let hosts: Vec<_> = reached.iter().filter_map(|seen| seen.header("host")).collect();
    assert!(hosts.iter().all(|host| host.ends_with("-service") || host.contains("-service:")), "{hosts:?}");
}

#[test]
fn the_slowest_part_decides_the_time() {
    let parts = json!([
        users("/users/7?delay_ms=400"),
        products("/recommendations?delay_ms=300"),
        { "name": "orders", "upstream": "http://orders-service:3002", "path": "/orders?delay_ms=200" },
    ]);
    let gate = Setup::gateway(stitched("/api/page", parts, json!({ "timeout": "10s" }))).start();
    let start = Instant::now();
    let answer = gate.get("/api/page").send();
    let elapsed = start.elapsed();
    answer.passed();
    assert!(elapsed >= Duration::from_millis(400) && elapsed < Duration::from_millis(900), "{elapsed:?}");
    let told = answer.expect_header("x-response-time").trim_end_matches("ms").parse::<u64>().unwrap();
    assert!((399..900).contains(&told), "{told} ms");
}

/// Ways for a part to fail that a query of the mock services brings about.
const FAILURES: [&str; 7] = [
    "fail=reset",
    "fail=garbage",
    "fail=truncate",
    "fail=hang",
    "status=500",
    "status=404",
    "gzip=1&encoding=br",
];

/// One aggregation for each failure, at `/api/page/0` and so on, with this in the failing part.
fn failing_pages(name: &str, value: Value) -> Value {
    let page = |(number, failure): (usize, &&str)| {
        let failing = with(products(&format!("/recommendations?{failure}")), name, value.clone());
        let parts = json!([users("/users/7"), failing]);
        json!({ "path": format!("/api/page/{number}"), "parts": parts, "timeout": "700ms" })
    };
    json!({ "aggregations": FAILURES.iter().enumerate().map(page).collect::<Vec<_>>() })
}

#[test]
fn a_failed_part_with_a_fallback_is_its_fallback() {
    let gate = Setup::gateway(failing_pages("fallback", json!({ "none": [1.5] }))).start();
    for (number, failure) in FAILURES.iter().enumerate() {
        let answer = gate.get(format!("/api/page/{number}")).send();
        assert_eq!(answer.status, 200, "{failure}: {answer:?}");
        assert_eq!(answer.json()["products"], json!({ "none": [1.5] }), "{failure}");
        assert_eq!(answer.json()["user"]["id"], "7", "{failure}");
        assert_eq!(answer.expect_header("x-portcullis-partial"), "products", "{failure}");
        assert_eq!(answer.expect_header("cache-control"), "no-store", "{failure}");
    }
    gate.has_not_trapped();
}

#[test]
fn a_failed_required_part_fails_the_whole_and_shows_nothing_of_the_others() {
    let gate = Setup::gateway(failing_pages("required", json!(true))).start();
    for (number, failure) in FAILURES.iter().enumerate() {
        let answer = gate.get(format!("/api/page/{number}")).send();
        let (status, error) = match *failure {
            "fail=hang" => (504, "upstream_timeout"),
            _ => (502, "upstream_failed"),
        };
        assert_eq!(answer.status, status, "{failure}: {answer:?}");
        answer.refused(status, error);
        let text = answer.text();
        assert!(text.contains("products"), "{failure}: {text}");
        assert!(!text.contains("Ada"), "{failure}: {text}");
    }
    gate.has_not_trapped();
}

#[test]
fn services_that_are_down_leave_an_optional_hole_or_a_plain_refusal() {
    let gate = Setup::gateway(sample_document()).start();
    let home = gate.get("/api/home").token(Token::of(&fresh_user()).mint());
    home.send().passed();
    stop([&gate.services.products, &gate.services.orders]);
    let answer = home.send();
    let body = answer.passed().json();
    assert_eq!(body["recent_orders"], json!([]));
    assert_eq!(body["recommendations"], Value::Null);
    let partial = answer.expect_header("x-portcullis-partial");
    assert!(partial.contains("recent_orders") && partial.contains("recommendations"), "{partial}");
    stop([&gate.services.users]);
    let body = home.send().refused(502, "upstream_failed");
    assert!(body.to_string().contains("user"), "{body}");
    gate.has_not_trapped();
}

#[test]
fn a_cluster_that_nobody_knows_is_a_failed_part() {
    let nowhere = json!({ "name": "x", "upstream": "http://nowhere:1", "path": "/", "required": false });
    let gate = Setup::gateway(stitched("/api/page", json!([users("/users/7"), nowhere]), json!({}))).start();
    let answer = gate.get("/api/page").send();
    assert_eq!(answer.passed().json()["x"], Value::Null);
    assert_eq!(answer.expect_header("x-portcullis-partial"), "x");
}

#[test]
fn forty_megabytes_are_too_much() {
    let body = format!("[\"{}\"]", "x".repeat(40 << 20));
    let big = wire(move |_| {
        vec![Act::send(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()))]
    });
    let page = |path: &str, name: &str, value: Value| {
        let part = with(json!({ "name": "big", "cluster": "big:80", "path": "/" }), name, value);
        json!({ "path": path, "parts": [users("/users/7"), part], "timeout": "10s" })
    };
    let pages =
        [page("/api/page", "fallback", json!("too big")), page("/api/needed", "required", json!(true))];
    let gate = Setup::gateway(json!({ "aggregations": pages })).cluster("big:80", big.address()).start();
    assert_eq!(gate.get("/api/page").send().passed().json()["big"], "too big");
    let refused = gate.get("/api/needed").send().refused(502, "upstream_failed");
    assert_eq!((&refused["part"], &refused["reason"]), (&json!("big"), &json!("reset")));
    gate.has_not_trapped();
}

#[test]
fn answers_that_are_not_one_json_value_are_not_spliced_in() {
    let bodies: [&[u8]; 9] = [
        b"",
        b"{} {}",
        b"<html></html>",
        b"\xef\xbb\xbf{}",
        b"{\"a\":}",
        b"\"\xff\"",
        b"01",
        b"[1,]",
        b"{\"a\":1}}",
    ];
    let odd = wire(move |request| {
        let body = bodies[request.target().trim_start_matches('/').parse::<usize>().unwrap()];
        let head =
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ";
        vec![Act::Send([head.as_bytes(), format!("{}\r\n\r\n", body.len()).as_bytes(), body].concat())]
    });
    let part = json!({ "name": "odd", "cluster": "odd:80", "path": "/{number}", "required": false });
    let document = stitched("/api/page/{number}", json!([part]), json!({}));
    let gate = Setup::gateway(document).cluster("odd:80", odd.address()).start();
    for (number, body) in bodies.iter().enumerate() {
        let answer = gate.get(format!("/api/page/{number}")).send();
        assert_eq!(answer.passed().text(), r#"{"odd":null}"#, "{}", String::from_utf8_lossy(body));
    }
}

/// How a service may answer on the wire, and what becomes of its part: its JSON, or the reason why there is none.
fn odd_answers() -> Vec<(&'static str, Vec<Act>, Result<&'static str, &'static str>)> {
    // The service closes each connection: Envoy must not send the next request on it meanwhile.
    let ok = |lines: &str, body: &str| {
        let json = "content-type: application/json\r\nconnection: close";
        Act::send(format!("HTTP/1.1 200 OK\r\n{json}\r\n{lines}\r\n{body}"))
    };
    let chunked = || ok("transfer-encoding: chunked\r\n", "");
    let interim = |status: &str| Act::send(format!("HTTP/1.1 {status}\r\n\r\n"));
    let bare = |status: &str| Act::send(format!("HTTP/1.1 {status}\r\nconnection: close\r\n\r\n"));
    let huge = format!("x-huge: {}\r\ncontent-length: 2\r\n", "x".repeat(100 << 10));
    let zipped = [
        &b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-encoding: gzip\r\ncontent-length: 22\r\n\r\n"[..],
        GZIPPED,
    ]
    .concat();
    vec![
        ("early hints", vec![interim("103 Early Hints"), ok("content-length: 2\r\n", "{}")], Ok("{}")),
        ("continue", vec![interim("100 Continue"), ok("content-length: 2\r\n", "{}")], Ok("{}")),
        (
            "trailers",
            vec![chunked(), Act::chunk(b"[1,"), Act::chunk(b"2]"), Act::send("0\r\nx-sum: 1\r\n\r\n")],
            Ok("[1,2]"),
        ),
        ("no length", vec![ok("", "[7]")], Ok("[7]")),
        ("no content", vec![bare("204 No Content")], Ok("null")),
        ("not modified", vec![bare("304 Not Modified")], Err("status_not_accepted")),
        ("a body that stops", vec![ok("content-length: 9\r\n", "[1"), Act::Hang], Err("timed_out")),
        ("a chunk that stops", vec![chunked(), Act::chunk(b"[1"), Act::Hang], Err("timed_out")),
        ("a body that breaks off", vec![ok("content-length: 9\r\n", "[1"), Act::Reset], Err("reset")),
        ("a chunk of no size", vec![chunked(), Act::send("zz\r\n[]\r\n")], Err("reset")),
        ("two lengths", vec![ok("content-length: 2\r\ncontent-length: 3\r\n", "[] ")], Err("reset")),
        ("a huge head", vec![ok(&huge, "{}")], Err("reset")),
        ("a head without end", vec![Act::send("HTTP/1.1 200 OK\r\nx-a: "), Act::Hang], Err("timed_out")),
        ("gzip unasked", vec![Act::Send(zipped)], Err("not_json")),
        ("half a value", vec![ok("content-length: 3\r\n", "[1,")], Err("not_json")),
    ]
}

/// `{}` as gzip writes it.
const GZIPPED: &[u8] =
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00\x43\xbf\xa6\xa3\x02\x00\x00\x00";

#[test]
fn every_way_to_answer_has_one_outcome_within_the_deadline() {
    let cases = odd_answers();
    let scripts: Vec<Vec<Act>> = cases.iter().map(|(_, acts, _)| acts.clone()).collect();
    let odd = wire(move |request| {
        scripts[request.target().trim_start_matches('/').parse::<usize>().unwrap()].clone()
    });
    let part = json!({ "name": "odd", "cluster": "odd:80", "path": "/{number}" });
    let document = stitched("/api/page/{number}", json!([part]), json!({ "timeout": "700ms" }));
    let gate = Setup::gateway(document).cluster("odd:80", odd.address()).start();
    for (number, (name, _, expected)) in cases.iter().enumerate() {
        let asked = Instant::now();
        let answer = gate.get(format!("/api/page/{number}")).send();
        assert!(asked.elapsed() < Duration::from_secs(5), "{name}");
        match expected {
            Ok(json) => assert_eq!(answer.text(), format!(r#"{{"odd":{json}}}"#), "{name}"),
            Err(reason) => {
                assert_eq!(
                    answer.json()["reason"],
                    *reason,
                    "{name}, {:?}: {}",
                    asked.elapsed(),
                    answer.text()
                );
                assert_eq!(answer.status, if *reason == "timed_out" { 504 } else { 502 }, "{name}");
            }
        }
    }
    gate.has_not_trapped();
}

#[test]
fn a_client_that_leaves_leaves_nothing_behind() {
    // The host has no way to call a call off: each ends by its own deadline at the latest.
    let parts = json!([products("/recommendations?fail=hang")]);
    let document = stitched("/api/page", parts, json!({ "timeout": "2s" }));
    let gate = Setup::gateway(document).start();
    let outstanding = || gate.admin().outstanding("products-service:3003");
    let clients: Vec<_> = (0..50).map(|_| gate.get("/api/page").abandon().unwrap()).collect();
    eventually("every part is asked for", || (outstanding() == 50).then_some(()));
    drop(clients);
    eventually("no part is outstanding", || (outstanding() == 0).then_some(()));
    gate.get("/api/users/7").send().passed();
    gate.has_not_trapped();
}

#[test]
fn ten_thousand_clients_that_leave_do_not_add_up() {
    const AT_ONCE: u64 = 250;
    let parts = json!([users("/users/7"), products("/recommendations?fail=hang")]);
    let document = stitched("/api/page", parts, json!({ "timeout": "60s" }));
    let gate = Setup::gateway(document).start();
    let stat = |name: &str| gate.admin().stat(name);
    let mut memory = Vec::new();
    for wave in 1..=10_000 / AT_ONCE {
        let asked = || stat("cluster.products-service_3003.upstream_rq_total");
        let left = || stat("http.gateway.downstream_cx_destroy_remote_active_rq");
        let outstanding = || gate.admin().outstanding("products-service:3003");
        let clients: Vec<_> = (0..AT_ONCE).map(|_| gate.get("/api/page").abandon().unwrap()).collect();
        eventually("every part is asked for", || (asked() == wave * AT_ONCE).then_some(()));
        drop(clients);
        eventually("every client has left", || (left() == wave * AT_ONCE).then_some(()));
        assert_eq!(outstanding(), AT_ONCE);
        stop([&gate.services.products]);
        eventually("no part is outstanding", || (outstanding() == 0).then_some(()));
        restart([&gate.services.products]);
        memory.push(gate.resident_bytes());
    }
    // By then everything has its final size: 250 requests at once, and their answers.
    let (first, last) = (memory[memory.len() / 4], memory[memory.len() - 1]);
    assert!(last < first + (2 << 20), "it grows: {memory:?}");
    gate.get("/api/users/7").send().passed();
    gate.has_not_trapped();
}

#[test]
fn nothing_in_a_value_reaches_another_place() {
    let parts = json!([{
        "name": "seen",
        "upstream": "http://users-service:3001",
        "path": "/echo/{id}/x?q={query.q:-none}",
        "headers": { "X-Part": "{query.q:-none}" },
    }]);
    let gate = Setup::gateway(stitched("/api/items/{id}", parts, json!({}))).start();
    let hostile = [
        ("a b", "a%20b"),
        ("%2e%2e", "x"),
        ("..%2f..%2fadmin", "../../admin"),
        ("a%3fb%23c", "1&admin=1#x"),
        ("a%0d%0ab", "a%0d%0aX-Admin:%201"),
        ("%2f%2fhost", "//host@evil"),
        ("caf%C3%A9", "%C3%A9"),
        ("%ff", "%ff%00"),
    ];
    for (id, query) in hostile {
        let id = id.replace(' ', "%20");
        let query = query.replace('&', "%26").replace('#', "%23");
        let answer = gate.get(format!("/api/items/{id}?q={query}")).send();
        assert!(answer.status < 500 || answer.status == 502, "{id}: {}", answer.text());
        // Some of these paths are no item at all once they are canonical: they go on to the route as they are.
        for seen in
            gate.services.users.seen().all().iter().filter(|seen| !seen.target.starts_with("/api/items/"))
        {
            let path = seen.path();
            assert!(path.starts_with("/echo/") && path.ends_with("/x"), "{id}: {}", seen.target);
            assert_eq!(path.matches('/').count(), 3, "{id}: {}", seen.target);
            assert!(!path.contains("/../") && !path.contains("/./"), "{id}: {}", seen.target);
            assert_eq!(seen.target.matches('&').count(), 0, "{id}: {}", seen.target);
            assert_eq!(seen.header("x-admin"), None, "{id}");
            assert!(seen.header("host").is_some_and(|host| host.starts_with("users-service")), "{seen:#?}");
        }
    }
    gate.has_not_trapped();
}

#[test]
fn head_is_answered_like_get_and_other_methods_go_on_to_the_route() {
    let gate = Setup::gateway(stitched("/api/users/page", json!([users("/users/7")]), json!({}))).start();
    let answer = gate.request("HEAD", "/api/users/page").send();
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert_eq!(answer.expect_header("content-type"), "application/json");
    let answer = gate.request("PUT", "/api/users/page").body("{}").send();
    answer.passed();
    assert_eq!(gate.forwarded(&answer).target, "/users/page");
}

#[test]
fn an_aggregated_answer_passes_the_transformation_of_its_own_path() {
    let mut document = stitched("/api/page", json!([users("/users/7")]), json!({}));
    document["transformations"] =
        json!([{ "path": "/api/page", "response": { "remove_fields": ["internal_id"] } }]);
    let gate = Setup::gateway(document).start();
    let answer = gate.get("/api/page").send();
    let text = answer.passed().text();
    assert!(
        text.contains("db_shard") && !text.contains("internal_id") && !text.contains("internal\\u005fid"),
        "{text}"
    );
}

#[test]
fn a_missing_user_can_be_the_answers_own_404() {
    let part = with(users("/users/nobody"), "on_404", json!("pass"));
    let gate = Setup::gateway(stitched("/api/page", json!([part]), json!({}))).start();
    assert_eq!(gate.get("/api/page").send().status, 404);
}
