//! Keys that are fetched: when, by whom, and what requests do meanwhile. Over the fake Envoy.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use fake_envoy::{Call, Envoy, Outcome, SharedData, Stream};
use native_tests::{metric, module};
use portcullis_host::module::Module;
use services::{Alg, Key, Token};

const NOW: u64 = 1_800_000_000;
const SECOND: Duration = Duration::from_secs(1);

/// A worker of an Envoy; those that get the same shared data are workers of the same one.
fn worker(members: &str, shared_data: &Arc<SharedData>) -> Envoy {
    let document = format!(
        r#"{{"headers_wait":true,"auth":{{"jwks_uri":"https://auth.example.com/keys?v=1"{members}}}}}"#
    );
    let shared_data = Arc::clone(shared_data);
    let gate = module(Module::JWT_AUTH, &document).cluster("auth.example.com:443");
    let setup =
        gate.with(|setup| setup.clock(Duration::from_secs(NOW)).shared_data(shared_data).headers_wait(true));
    let envoy = setup.start().unwrap();
    envoy.advance(Duration::from_millis(1));
    envoy
}

fn start(members: &str) -> Envoy {
    worker(members, &Arc::default())
}

fn token(key: Key) -> String {
    Token::by(key).claim("iat", NOW - 10).claim("exp", NOW + 1_000_000).mint()
}

fn good() -> String {
    token(Key::of(Alg::EdDsa))
}

fn get<'a>(envoy: &'a Envoy, token: &str) -> Stream<'a> {
    envoy.get("/").header("authorization", format!("Bearer {token}")).end()
}

fn passes(envoy: &Envoy, token: &str) -> bool {
    matches!(get(envoy, token).outcome(), Outcome::Forwarded(_))
}

fn only_call(envoy: &Envoy) -> Call {
    let calls = envoy.calls();
    assert_eq!(calls.len(), 1, "{calls:?}");
    calls[0].clone()
}

fn publish(envoy: &Envoy, keys: &[Key]) {
    let body = services::key_set(keys).to_string();
    envoy.answer(&only_call(envoy), 200, [("content-type", "application/json")], body);
}

fn first_keys() -> [Key; 2] {
    [Key::of(Alg::EdDsa), Key::of(Alg::Es256)]
}

fn refused_as<'a>(stream: &Stream<'a>, error: &str) {
    assert_eq!(stream.outcome().replied().details, format!("portcullis.jwt.{error}"));
}

#[test]
fn trailers_that_wait_lose_an_identity_too() {
    let envoy = start("");
    let post = envoy.post("/").header("authorization", format!("Bearer {}", good())).open();
    let stream = post.chunk("a").trailers([("x-user-id", "root"), ("x-checksum", "1")]);
    assert!(stream.outcome() == Outcome::Waiting);
    publish(&envoy, &first_keys());
    let forwarded = stream.outcome().forwarded();
    assert_eq!(forwarded.headers.text("x-user-id").as_deref(), Some("usr_8a3f"));
    assert_eq!(forwarded.trailers.unwrap().iter().collect::<Vec<_>>(), [("x-checksum", &b"1"[..])]);
}

#[test]
fn keys_are_asked_for_before_any_request() {
    let envoy = start("");
    let call = only_call(&envoy);
    assert_eq!((call.cluster.as_str(), call.timeout), ("auth.example.com:443", Some(5 * SECOND)));
    let header = |name| call.headers.text(name).unwrap();
    assert_eq!(
        [header(":method"), header(":path"), header(":authority")],
        ["GET", "/keys?v=1", "auth.example.com"]
    );
    publish(&envoy, &first_keys());
    assert!(passes(&envoy, &good()));
    assert_eq!(metric(&envoy, "portcullis.jwt.jwks_fetched"), Some(1));
}

#[test]
fn requests_that_come_first_are_released_together() {
    let envoy = start("");
    let token = good();
    let early: Vec<_> = (0..5).map(|_| get(&envoy, &token)).collect();
    let post =
        envoy.post("/").header("authorization", format!("Bearer {token}")).open().chunk("a").last_chunk("b");
    let bad = get(&envoy, "a.b.c");
    refused_as(&bad, "token_invalid");
    assert!(early.iter().all(|stream| stream.outcome() == Outcome::Waiting));
    assert_eq!(post.outcome(), Outcome::Waiting);
    publish(&envoy, &first_keys());
    for stream in &early {
        stream.outcome().forwarded();
    }
    assert_eq!(post.outcome().forwarded().text(), "ab");
}

#[test]
fn a_request_waits_as_long_as_keys_may_come_and_no_longer() {
    let envoy = start(r#","jwks_timeout":"3s""#);
    let stream = get(&envoy, &good());
    envoy.advance(Duration::from_millis(2_900));
    assert_eq!(stream.outcome(), Outcome::Waiting);
    envoy.advance(Duration::from_millis(200));
    let reply = stream.outcome().replied();
    assert_eq!((reply.status, reply.details.as_str()), (503, "portcullis.jwt.keys_unavailable"));
    assert!(reply.headers.text("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
    assert_eq!(reply.headers.get("www-authenticate"), None);
}

#[test]
fn a_client_that_leaves_while_it_waits_leaves_nothing_behind() {
    let envoy = start("");
    get(&envoy, &good()).client_leaves();
    publish(&envoy, &first_keys());
    assert!(passes(&envoy, &good()));
}

#[test]
fn every_way_to_fail_keeps_the_last_good_set_and_is_tried_again() {
    type Fault = fn(&Envoy, &Call);
    let faults: [Fault; 10] = [
        |envoy, call| envoy.fail(call),
        |envoy, call| envoy.connect_failure(call),
        |envoy, call| envoy.time_out(call),
        |envoy, call| envoy.answer(call, 500, [("a", "b")], "{}"),
        |envoy, call| envoy.answer(call, 301, [("location", "/")], ""),
        |envoy, call| envoy.answer(call, 200, [("a", "b")], ""),
        |envoy, call| envoy.answer(call, 200, [("a", "b")], "<html>"),
        |envoy, call| envoy.answer(call, 200, [("a", "b")], [0xff, 0xfe]),
        |envoy, call| envoy.answer(call, 200, [("a", "b")], r#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#),
        |envoy, call| envoy.answer(call, 200, [("a", "b")], vec![b' '; 300 << 10]),
    ];
    let envoy = start(r#","jwks_refresh":"60s","jwks_cooldown":"2s""#);
    publish(&envoy, &first_keys());
    envoy.advance(60 * SECOND);
    for (number, fault) in faults.iter().enumerate() {
        fault(&envoy, &only_call(&envoy));
        assert!(passes(&envoy, &good()), "{number}");
        assert!(envoy.calls().is_empty());
        envoy.advance(2 * SECOND);
        assert_eq!(envoy.calls().len(), 1, "{number}: tried again");
    }
    assert_eq!(metric(&envoy, "portcullis.jwt.jwks_failed"), Some(10));
    publish(&envoy, &[Key::next_ec()]);
    assert!(passes(&envoy, &token(Key::next_ec())) && !passes(&envoy, &good()));
}

#[test]
fn a_cluster_that_is_not_there_is_an_answer_too() {
    let envoy = start("");
    publish(&envoy, &first_keys());
    envoy.lose_cluster("auth.example.com:443");
    envoy.advance(600 * SECOND);
    assert!(envoy.calls().is_empty() && passes(&envoy, &good()));
    envoy.add_cluster("auth.example.com:443");
    let mut seconds = (0..60).inspect(|_| envoy.advance(SECOND));
    assert!(seconds.any(|_| !envoy.calls().is_empty()), "tried again within the cooldown");
    publish(&envoy, &first_keys());
}

#[test]
fn what_is_too_old_is_not_trusted() {
    let envoy = start(r#","jwks_refresh":"60s","jwks_max_stale":"1h","jwks_timeout":"1s""#);
    publish(&envoy, &first_keys());
    let token = good();
    assert!(passes(&envoy, &token));
    envoy.advance(3600 * SECOND);
    assert!(passes(&envoy, &token), "the endpoint has been silent for an hour");
    envoy.advance(61 * SECOND);
    let stream = get(&envoy, &token);
    envoy.advance(2 * SECOND);
    refused_as(&stream, "keys_unavailable");
}

#[test]
fn an_unknown_name_is_asked_for_once_in_a_cooldown() {
    let envoy = start("");
    publish(&envoy, &first_keys());
    let unknown = |number: usize| token(Key::of(Alg::EdDsa).named(&format!("unknown-{number}")));
    let flood: Vec<_> = (0..20).map(|number| get(&envoy, &unknown(number))).collect();
    assert!(flood.iter().all(|stream| stream.outcome() == Outcome::Waiting));
    envoy.advance(Duration::from_millis(100));
    publish(&envoy, &first_keys());
    flood.iter().for_each(|stream| refused_as(stream, "token_invalid"));
    for number in 0..20 {
        refused_as(&get(&envoy, &unknown(number)), "token_invalid");
    }
    envoy.advance(29 * SECOND);
    refused_as(&get(&envoy, &unknown(0)), "token_invalid");
    assert!(envoy.calls().is_empty());
    envoy.advance(2 * SECOND);
    let late = get(&envoy, &unknown(0));
    envoy.advance(Duration::from_millis(100));
    publish(&envoy, &first_keys());
    refused_as(&late, "token_invalid");
}

#[test]
fn a_rotated_key_is_found_by_its_first_token_and_the_old_one_forgotten() {
    let envoy = start("");
    publish(&envoy, &first_keys());
    let (old, new) = (good(), token(Key::next_ec()));
    assert!(passes(&envoy, &old));
    let first = get(&envoy, &new);
    envoy.advance(Duration::from_millis(100));
    publish(&envoy, &[Key::next_ec()]);
    first.outcome().forwarded();
    assert!(passes(&envoy, &new));
    refused_as(&get(&envoy, &old), "token_invalid");
}

#[test]
fn a_key_that_stays_keeps_its_tokens() {
    let envoy = start(r#","jwks_refresh":"60s""#);
    publish(&envoy, &first_keys());
    assert!(passes(&envoy, &good()));
    envoy.advance(60 * SECOND);
    publish(&envoy, &[Key::next_ec(), Key::of(Alg::EdDsa)]);
    let before = envoy.counts();
    assert!(passes(&envoy, &good()));
    assert!(
        envoy.counts().since(&before).host_calls() < 12,
        "remembered: {:?}",
        envoy.counts().since(&before)
    );
}

#[test]
fn an_answer_says_how_long_it_is_fresh() {
    let envoy = start("");
    let body = services::key_set(&first_keys()).to_string();
    envoy.answer(&only_call(&envoy), 200, [("cache-control", "public, max-age=120")], body);
    envoy.advance(119 * SECOND);
    assert!(envoy.calls().is_empty());
    envoy.advance(2 * SECOND);
    publish(&envoy, &first_keys());
}

#[test]
fn one_worker_fetches_and_the_others_take_over() {
    let shared_data: Arc<SharedData> = Arc::default();
    let first = worker("", &shared_data);
    let call = only_call(&first);
    thread::scope(|threads| {
        let shared_data = &shared_data;
        let second = move || {
            let second = worker("", shared_data);
            second.advance(SECOND);
            assert!(second.calls().is_empty(), "the first one is at it");
            let stream = get(&second, &good());
            assert_eq!(stream.outcome(), Outcome::Waiting);
        };
        threads.spawn(second).join().unwrap();
        let body = services::key_set(&first_keys()).to_string();
        first.answer(&call, 200, [("a", "b")], body);
        let third = move || {
            let third = worker("", shared_data);
            assert!(third.calls().is_empty() && passes(&third, &good()));
        };
        threads.spawn(third).join().unwrap();
    });
}

#[test]
fn a_waiting_request_sees_what_another_worker_brings() {
    let shared_data: Arc<SharedData> = Arc::default();
    let first = worker("", &shared_data);
    let (asleep, awake) = (std::sync::mpsc::channel(), std::sync::mpsc::channel());
    thread::scope(|threads| {
        let shared_data = &shared_data;
        threads.spawn(move || {
            let second = worker("", shared_data);
            let stream = get(&second, &good());
            assert_eq!(stream.outcome(), Outcome::Waiting);
            asleep.0.send(()).unwrap();
            awake.1.recv().unwrap();
            second.advance(Duration::from_millis(100));
            stream.outcome().forwarded();
        });
        asleep.1.recv().unwrap();
        publish(&first, &first_keys());
        awake.0.send(()).unwrap();
    });
}

#[test]
fn records_that_another_plugin_wrote_over_are_no_harm() {
    let shared_data: Arc<SharedData> = Arc::default();
    publish(&worker("", &shared_data), &first_keys());
    for key in shared_data.keys("vm") {
        shared_data.set("vm", &key, b"rubbish", 0).unwrap();
    }
    let envoy = worker("", &shared_data);
    publish(&envoy, &first_keys());
    assert!(passes(&envoy, &good()));
}

#[test]
fn a_new_document_begins_with_the_keys_that_are_there() {
    let envoy = start("");
    publish(&envoy, &first_keys());
    let document =
        r#"{"headers_wait":true,"auth":{"jwks_uri":"https://auth.example.com/keys?v=1","leeway":"1s"}}"#;
    envoy.reload(document).unwrap();
    assert!(passes(&envoy, &good()), "no tick has come yet");
    envoy.advance(SECOND);
    assert!(envoy.calls().is_empty());
}
