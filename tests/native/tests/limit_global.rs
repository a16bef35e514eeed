//! Limits that a rate limit service keeps, over the fake Envoy: the test is the service.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use fake_envoy::{Envoy, GrpcCall, Outcome, SharedData, Stream};
use native_tests::{gateway, metric, module};
use portcullis_host::module::Module;

const START: Duration = Duration::from_secs(1_800_000_000);
/// `RateLimitResponse { overall_code }`
const OK: &[u8] = b"\x08\x01";
const OVER_LIMIT: &[u8] = b"\x08\x02";

fn section(global: &str, rule: &str) -> String {
    let global = format!(r#"{{"cluster": "limits", "domain": "shop", {global}}}"#);
    format!(r#"{{"global": {global}, "default": {{"key": "header:x-user-id", {rule}}}}}"#)
}

fn worker(section: &str, shared_data: &Arc<SharedData>) -> Envoy {
    let document = format!(r#"{{"debug": {{"token": "let-me-see"}}, "rate_limiting": {section}}}"#);
    let shared_data = Arc::clone(shared_data);
    let gate = module(Module::RATE_LIMIT, &document).cluster("limits");
    gate.with(|setup| setup.clock(START).shared_data(shared_data)).start().unwrap()
}

/// A worker with this `global` and a bucket of a hundred.
fn start(global: &str) -> Envoy {
    worker(&section(global, r#""requests_per_minute": 100"#), &Arc::default())
}

fn get<'a>(envoy: &'a Envoy, user: &str) -> Stream<'a> {
    envoy.get("/").header("x-user-id", user).end()
}

/// The one question that is under way.
fn question(envoy: &Envoy) -> GrpcCall {
    let [call] = envoy.grpc_calls().try_into().unwrap();
    call
}

/// The number of hits that it asks for, which is the last thing in it.
fn hits(call: &GrpcCall) -> Option<u8> {
    match call.message.as_slice() {
        [.., 0x18, hits] => Some(*hits),
        _ => None,
    }
}

fn passes(stream: &Stream<'_>) -> bool {
    matches!(stream.outcome(), Outcome::Forwarded(_))
}

/// How many requests pass without a question.
fn leased(envoy: &Envoy, user: &str) -> usize {
    (0..100).take_while(|_| passes(&get(envoy, user))).count()
}

#[test]
fn the_service_is_asked_and_has_the_last_word() {
    let envoy = start(r#""timeout": "30ms""#);
    let stream = get(&envoy, "usr_1");
    let call = question(&envoy);
    assert!(!passes(&stream));
    assert_eq!((call.cluster.as_str(), call.timeout.as_millis()), ("limits", 30));
    assert_eq!(call.service, "envoy.service.ratelimit.v3.RateLimitService");
    assert_eq!(call.method, "ShouldRateLimit");
    let message = b"\x0a\x04shop\x12\x2c\x0a\x0f\x0a\x04rule\x12\x07default\x0a\x19\x0a\x10header:x-user-id\x12\x05usr_1\x18\x01";
    assert_eq!(call.message, message);
    envoy.answer_grpc(&call, OK);
    assert!(passes(&stream));
    let refused = get(&envoy, "usr_1");
    envoy.answer_grpc(&question(&envoy), OVER_LIMIT);
    let reply = refused.outcome().replied();
    assert_eq!((reply.status, reply.details.as_str()), (429, "portcullis.limit.global_limit_exceeded"));
    assert!(reply.text().starts_with(r#"{"error":"rate_limit_exceeded""#), "{}", reply.text());
    assert_eq!(reply.headers.text("retry-after").as_deref(), Some("1"));
    assert_eq!(reply.headers.text("x-ratelimit-remaining").as_deref(), Some("0"));
    assert_eq!(get(&envoy, "usr_1").outcome().replied().status, 429, "and is believed for a moment");
    assert_eq!(metric(&envoy, "portcullis.limit.global_calls"), Some(2));
    assert_eq!(metric(&envoy, "portcullis.limit.permitted"), Some(1));
    assert_eq!(metric(&envoy, "portcullis.limit.global_limit_exceeded"), Some(2));
}

#[test]
fn of_ten_requests_with_a_lease_of_five_two_ask() {
    let envoy = start(r#""lease": 5"#);
    let mut questions = Vec::new();
    for _ in 0..10 {
        let stream = get(&envoy, "usr_1");
        for call in envoy.grpc_calls() {
            questions.extend(hits(&call));
            envoy.answer_grpc(&call, OK);
        }
        assert!(passes(&stream));
    }
    assert_eq!(questions, [5, 5]);
    assert_eq!(metric(&envoy, "portcullis.limit.global_lease_hits"), Some(8));
    assert_eq!(metric(&envoy, "portcullis.limit.permitted"), Some(10));
}

#[test]
fn requests_of_one_key_wait_for_one_answer() {
    let envoy = start(r#""lease": 3"#);
    let streams = [0; 4].map(|_| get(&envoy, "usr_1"));
    let other = get(&envoy, "usr_2");
    let [call, of_other] = envoy.grpc_calls().try_into().unwrap();
    envoy.answer_grpc(&call, OK);
    assert_eq!(streams.each_ref().map(passes), [true, true, true, false]);
    let [_, again] = envoy.grpc_calls().try_into().unwrap();
    envoy.answer_grpc(&again, OK);
    assert!(passes(&streams[3]) && !passes(&other));
    envoy.answer_grpc(&of_other, OVER_LIMIT);
    assert!(!passes(&other));
    assert_eq!(leased(&envoy, "usr_1"), 2);
}

#[test]
fn where_a_lease_is_too_much_the_request_alone_is_asked_for() {
    let envoy = start(r#""lease": 8"#);
    let stream = get(&envoy, "usr_1");
    envoy.answer_grpc(&question(&envoy), OVER_LIMIT);
    assert_eq!(hits(&question(&envoy)), Some(1));
    envoy.answer_grpc(&question(&envoy), OK);
    assert!(passes(&stream));
    let last = get(&envoy, "usr_1");
    assert_eq!(hits(&question(&envoy)), Some(1));
    envoy.answer_grpc(&question(&envoy), OVER_LIMIT);
    assert_eq!(last.outcome().replied().status, 429);
}

#[test]
fn a_request_that_gets_no_answer_goes_the_way_that_the_document_says() {
    let fail: [fn(&Envoy); 3] = [
        |envoy| envoy.advance(Duration::from_millis(20)),
        |envoy| envoy.answer_grpc(&question(envoy), b"garbage"),
        |envoy| envoy.fail_grpc(&question(envoy), 14, "down"),
    ];
    for fail in fail {
        for (on_error, is_forwarded) in [("local", true), ("allow", true), ("deny", false)] {
            let envoy = start(&format!(r#""on_error": "{on_error}", "lease": 5"#));
            let [first, second] = [0; 2].map(|_| get(&envoy, "usr_1"));
            fail(&envoy);
            assert_eq!([&first, &second].map(passes), [is_forwarded; 2], "{on_error}");
            assert_eq!(metric(&envoy, "portcullis.limit.global_errors"), Some(2));
            if !is_forwarded {
                let reply = first.outcome().replied();
                assert_eq!(
                    (reply.status, reply.details.as_str()),
                    (429, "portcullis.limit.global_unanswered")
                );
            }
            assert!(envoy.grpc_calls().is_empty());
        }
    }
}

#[test]
fn a_cluster_that_is_not_there_is_a_service_that_does_not_answer() {
    // "empty" as a bare name would abort Envoy.
    for cluster in ["empty", "unknown", "sick"] {
        for (on_error, is_forwarded) in [("local", true), ("deny", false)] {
            let global = format!(r#"{{"cluster": "{cluster}", "domain": "d", "on_error": "{on_error}"}}"#);
            let section = format!(r#"{{"global": {global}, "default": {{"requests_per_minute": 1}}}}"#);
            let document = format!(r#"{{"rate_limiting": {section}}}"#);
            let gate = module(Module::RATE_LIMIT, &document);
            let envoy = gate.with(|setup| setup.unhealthy_cluster("sick")).start().unwrap();
            assert_eq!(passes(&get(&envoy, "usr_1")), is_forwarded, "{cluster} {on_error}");
            // The bucket of this Envoy decides, where it is to.
            assert!(!passes(&get(&envoy, "usr_1")));
        }
    }
}

#[test]
fn the_own_bucket_refuses_without_a_question_where_it_decides_on_errors() {
    for (on_error, questions) in [("local", 2), ("allow", 5)] {
        let section = section(&format!(r#""on_error": "{on_error}""#), r#""requests_per_hour": 2"#);
        let envoy = worker(&section, &Arc::default());
        for _ in 0..5 {
            let _ = get(&envoy, "usr_1");
            envoy.grpc_calls().iter().for_each(|call| envoy.answer_grpc(call, OK));
        }
        assert_eq!(metric(&envoy, "portcullis.limit.global_calls"), Some(questions), "{on_error}");
    }
}

#[test]
fn workers_spend_what_one_of_them_has_taken() {
    let shared_data = Arc::<SharedData>::default();
    let section = section(r#""lease": 6"#, r#""requests_per_minute": 100"#);
    let envoy = worker(&section, &shared_data);
    let stream = get(&envoy, "usr_1");
    envoy.answer_grpc(&question(&envoy), OK);
    assert!(passes(&stream));
    let other = std::thread::scope(|scope| {
        let work = || {
            let envoy = worker(&section, &shared_data);
            (0..3).filter(|_| passes(&get(&envoy, "usr_1"))).count()
        };
        scope.spawn(work).join().unwrap()
    });
    assert_eq!((other, leased(&envoy, "usr_1")), (3, 2));
}

#[test]
fn a_client_that_leaves_takes_nothing_along() {
    let envoy = start(r#""lease": 4"#);
    get(&envoy, "usr_1").client_leaves();
    envoy.answer_grpc(&question(&envoy), OK);
    assert_eq!(leased(&envoy, "usr_1"), 4, "all that was taken is there for others");
    let leaves = get(&envoy, "usr_2");
    let stays = get(&envoy, "usr_2");
    leaves.client_leaves();
    envoy.answer_grpc(&envoy.grpc_calls()[1], OK);
    assert!(passes(&stays));
    assert_eq!(leased(&envoy, "usr_2"), 3);
}

#[test]
fn a_body_waits_for_the_word() {
    for headers_wait in [true, false] {
        let document = format!(
            r#"{{"headers_wait": {headers_wait}, "rate_limiting": {}}}"#,
            section(r#""on_error": "deny""#, r#""requests_per_minute": 9"#)
        );
        let gate = module(Module::RATE_LIMIT, &document).cluster("limits");
        let envoy = gate.with(|setup| setup.headers_wait(headers_wait)).start().unwrap();
        let stream = envoy.post("/").header("x-user-id", "usr_1").open().chunk("{").last_chunk("}");
        assert!(!passes(&stream));
        envoy.answer_grpc(&question(&envoy), OK);
        assert_eq!(stream.outcome().forwarded().text(), "{}");
    }
}

#[test]
fn a_dry_run_asks_and_refuses_nothing() {
    let section = section(r#""on_error": "deny""#, r#""requests_per_minute": 9, "dry_run": true"#);
    let envoy = worker(&section, &Arc::default());
    for fail in [true, false] {
        let stream = get(&envoy, "usr_1");
        let call = question(&envoy);
        if fail {
            envoy.fail_grpc(&call, 14, "down");
        } else {
            envoy.answer_grpc(&call, OVER_LIMIT);
        }
        assert!(passes(&stream));
    }
    assert_eq!(metric(&envoy, "portcullis.limit.dry_run_refused"), Some(2));
}

#[test]
fn what_the_service_tells_is_told_to_the_client() {
    let envoy = start(r#""on_error": "allow""#);
    let stream = envoy.get("/").header("x-user-id", "u").header("x-portcullis-debug", "let-me-see").end();
    // current_limit { requests_per_unit: 100 }, limit_remaining: 42, duration_until_reset: 7 s
    let told = b"\x08\x01\x12\x0c\x08\x01\x12\x02\x08\x64\x18\x2a\x22\x02\x08\x07";
    envoy.answer_grpc(&question(&envoy), told);
    let answer = stream.respond([(":status", "200")]).end().received().unwrap();
    let fields = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];
    assert_eq!(fields.map(|name| answer.headers.text(name).unwrap()), ["100", "42", "1800000007"]);
    let trace = answer.headers.text("portcullis-trace");
    assert_eq!(trace.as_deref(), Some("limit;rule=\"default\";remaining=42;global=asked"));
}

#[test]
fn a_lease_costs_two_reads_and_two_writes_of_shared_data_and_no_call() {
    let envoy = start(r#""lease": 5"#);
    let _ = get(&envoy, "usr_1");
    envoy.answer_grpc(&question(&envoy), OK);
    let before = envoy.counts();
    assert!(passes(&get(&envoy, "usr_1")));
    let made = envoy.counts().since(&before);
    assert_eq!((made.of("proxy_get_shared_data"), made.of("proxy_set_shared_data")), (2, 2));
    assert_eq!((made.of("proxy_grpc_call"), made.of("proxy_get_current_time_nanoseconds")), (0, 1));
}

#[test]
fn the_gateway_asks_after_it_knows_who_comes_and_goes_on_from_there() {
    let keys = r#"{"keys": [{"kty": "oct", "kid": "a", "alg": "HS256", "k": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"}]}"#;
    let auth = format!(r#"{{"type": "jwt", "issuer": "i", "jwks": {keys}, "optional_paths": ["/home"]}}"#);
    let part = r#"{"name": "a", "upstream": "http://users:80", "path": "/a"}"#;
    let document = format!(
        r#"{{"auth": {auth}, "rate_limiting": {},
            "aggregations": [{{"path": "/home", "parts": [{part}]}}]}}"#,
        section(r#""lease": 1"#, r#""requests_per_minute": 9"#)
    );
    let gate = gateway(&document).cluster("limits").cluster("users:80");
    let envoy = gate.with(|setup| setup.clock(START)).start().unwrap();
    assert_eq!(get(&envoy, "usr_1").outcome().replied().status, 401);
    assert!(envoy.grpc_calls().is_empty(), "a refused token costs no quota");
    let stream = envoy.get("/home").header("x-user-id", "usr_1").end();
    assert!(stream.calls().is_empty());
    envoy.answer_grpc(&question(&envoy), OK);
    let [call] = envoy.calls().try_into().unwrap();
    envoy.answer(&call, 200, [("content-type", "application/json")], "1");
    assert_eq!(stream.outcome().replied().text(), r#"{"a":1}"#);
}
