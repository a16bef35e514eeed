//! Limits over several Envoys: a rate limit service says what is left, and this Envoy what to do when it says nothing.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use e2e_tests::{
    Act, Answer, Gate, LimitService, RateLimiter, Redis, Setup, Word, eventually, fresh_user, rate_limiter,
    restart, stop, wire,
};
use serde_json::{Value, json};

/// A bucket that this Envoy never refuses, so that the service is what refuses.
const LARGE: u32 = 100_000;

fn document(requests_per_day: u32, global: Value) -> Value {
    let mut global = global;
    global["cluster"] = json!("limits");
    global["domain"] = json!("shop");
    json!({ "rate_limiting": {
        "global": global,
        "default": { "requests_per_day": requests_per_day, "key": "header:x-user-id" },
    } })
}

fn gate(limiter: &RateLimiter, global: Value) -> Gate {
    Setup::module("rate_limit", document(LARGE, global)).grpc_cluster("limits", limiter.address()).start()
}

/// Long enough that a service which answers has answered, on any machine.
fn patient(mut global: Value) -> Value {
    global["timeout"] = json!("30s");
    global
}

fn ask(gate: &Gate, user: &str) -> Answer {
    gate.get("/api/orders/7").header("x-user-id", user).send()
}

/// What Limitador's server is given for the sample: so many for each user, in a window that no test outlives.
fn limits_of(max: u32) -> String {
    format!(
        r#"[{{
            "namespace": "shop", "max_value": {max}, "seconds": 86400,
            "conditions": ["descriptors[0]['rule'] == 'default'"],
            "variables": ["descriptors[0]['header:x-user-id']"]
        }}]"#
    )
}

/// Asks on several connections until a refusal on each; answers how many passed.
fn exhaust(gates: &[&Gate], user: &str) -> usize {
    let passed = AtomicUsize::new(0);
    std::thread::scope(|threads| {
        for gate in gates.iter().chain(gates) {
            threads.spawn(|| {
                let request = gate.get("/api/orders/7").header("x-user-id", user);
                let mut connection = gate.connect([127, 0, 0, 1]);
                let mut refused = 0;
                while refused < 20 {
                    let answer = connection.send(&request).unwrap();
                    let is_refused = answer.status == 429;
                    refused += usize::from(is_refused);
                    passed.fetch_add(usize::from(!is_refused), Ordering::Relaxed);
                }
            });
        }
    });
    passed.into_inner()
}

#[test]
fn a_limit_holds_over_two_envoys_in_front_of_one_redis() {
    let redis = Redis::start();
    // Two services as well, as a fleet has them.
    let services = [0; 2].map(|_| LimitService::start(&limits_of(60), Some(&redis)));
    for lease in [1, 7] {
        let global = patient(json!({ "lease": lease, "on_error": "deny" }));
        let gates = services.each_ref().map(|service| {
            let setup = Setup::module("rate_limit", document(LARGE, global.clone())).workers(2);
            setup.grpc_cluster("limits", service.address()).start()
        });
        for _ in 0..3 {
            assert_eq!(exhaust(&gates.each_ref(), &fresh_user()), 60, "lease {lease}");
        }
        gates.iter().for_each(Gate::has_not_trapped);
    }
}

#[test]
fn a_lease_of_ten_asks_for_every_tenth_request() {
    let limiter = rate_limiter(|_| Word::Ok);
    let gate = gate(&limiter, patient(json!({ "lease": 10 })));
    let user = fresh_user();
    for _ in 0..100 {
        ask(&gate, &user).passed();
    }
    let hits: Vec<u64> = limiter.asked().iter().map(|question| question.hits()).collect();
    assert_eq!(hits, [10; 10]);
    assert!(limiter.asked()[0].mentions("header:x-user-id") && limiter.asked()[0].mentions(&user));
    let counted = |name: &str| gate.admin().stat(&format!("wasmcustom.portcullis.limit.{name}"));
    eventually("it is counted", || {
        ((counted("global_calls"), counted("global_lease_hits")) == (10, 90)).then_some(())
    });
}

#[test]
fn under_load_two_workers_ask_about_once_in_a_lease() {
    let limiter = rate_limiter(|_| Word::Ok);
    let global = patient(json!({ "lease": 50 }));
    let setup = Setup::module("rate_limit", document(LARGE, global)).workers(2);
    let gate = setup.grpc_cluster("limits", limiter.address()).start();
    let request = gate.get("/api/orders/7").header("x-user-id", fresh_user());
    std::thread::scope(|threads| {
        for _ in 0..8 {
            threads.spawn(|| {
                let mut connection = gate.connect([127, 0, 0, 1]);
                for _ in 0..250 {
                    connection.send(&request).unwrap().passed();
                }
            });
        }
    });
    // 2,000 requests; both workers may ask at the same time, and then have a hundred.
    let asked = limiter.asked().len();
    assert!((40..=80).contains(&asked), "{asked} questions");
}

#[test]
fn the_service_refuses_and_the_client_is_told() {
    let limiter = rate_limiter(|_| Word::OverLimit);
    let gate = gate(&limiter, patient(json!({})));
    let refused = ask(&gate, &fresh_user());
    refused.refused(429, "rate_limit_exceeded");
    assert_eq!(refused.number("retry-after"), 1);
    assert_eq!(gate.details(&refused), "portcullis.limit.global_limit_exceeded");
    assert_eq!(gate.reached(&refused).len(), 0);
}

#[test]
fn without_an_answer_the_document_decides() {
    let hung = wire(|_| vec![Act::Hang]);
    let other_protocol =
        wire(|_| vec![Act::send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"), Act::Hang]);
    let gone = wire(|_| vec![]).address();
    let words = [Word::Garbage, Word::Fails(14), Word::Fails(13), Word::Nothing];
    let scripted = words.map(|word| rate_limiter(move |_| word));
    let silent =
        scripted.iter().map(RateLimiter::address).chain([hung.address(), other_protocol.address(), gone]);
    let mut setup = Setup::module("rate_limit", Value::Null);
    let (mut rules, mut cases) = (Vec::new(), Vec::new());
    for (number, address) in silent.enumerate() {
        let cluster = format!("silent-{number}");
        setup = setup.grpc_cluster(&cluster, address);
        for (on_error, passes) in [("local", true), ("allow", true), ("deny", false)] {
            let path = format!("/api/orders/{cluster}-{on_error}");
            let global = json!({ "cluster": cluster, "domain": "d", "on_error": on_error, "lease": 5, "timeout": "50ms" });
            rules.push(json!({ "path": path, "requests_per_day": LARGE, "global": global }));
            cases.push((path, passes));
        }
    }
    let gate = setup.document(json!({ "rate_limiting": { "overrides": rules } })).start();
    for (path, passes) in cases.iter().chain(&cases) {
        let answer = gate.post(path).body("{}").send();
        // A body that passed before the decision would have reached the service.
        assert_eq!(gate.reached(&answer).len(), usize::from(*passes), "{path}");
        if !passes {
            answer.refused(429, "rate_limit_exceeded");
            assert_eq!(gate.details(&answer), "portcullis.limit.global_unanswered");
        }
    }
    gate.has_not_trapped();
}

#[test]
fn a_cluster_that_is_not_there_is_a_service_that_does_not_answer() {
    // "empty" as a bare name would abort Envoy.
    for name in ["empty", "nobody", "outbound|8081||limits.svc"] {
        for (on_error, passes) in [("local", true), ("deny", false)] {
            let global = json!({ "cluster": name, "domain": "d", "on_error": on_error });
            let rules = json!({ "global": global, "default": { "requests_per_day": 2 } });
            let gate = Setup::module("rate_limit", json!({ "rate_limiting": rules })).start();
            let statuses = [0; 3].map(|_| gate.get("/api/orders/7").send().status);
            let expected = if passes { [200, 200, 429] } else { [429; 3] };
            assert_eq!(statuses, expected, "{name} {on_error}");
            gate.has_not_trapped();
        }
    }
}

#[test]
fn a_client_that_leaves_while_the_service_thinks_takes_nothing_along() {
    let (asked, may_answer) =
        (std::sync::Arc::new(AtomicUsize::new(0)), std::sync::Arc::new(AtomicBool::new(false)));
    let script = {
        let (asked, may_answer) = (asked.clone(), may_answer.clone());
        move |_: &e2e_tests::Question| {
            asked.fetch_add(1, Ordering::SeqCst);
            // The service's own thread waits, and with it nothing but this answer.
            eventually("the story goes on", || may_answer.load(Ordering::SeqCst).then_some(()));
            Word::Ok
        }
    };
    let limiter = rate_limiter(script);
    let gate = gate(&limiter, patient(json!({ "lease": 10 })));
    let user = fresh_user();
    let client = gate.get("/api/orders/7").header("x-user-id", &user).abandon().unwrap();
    eventually("the service is asked", || (asked.load(Ordering::SeqCst) == 1).then_some(()));
    drop(client);
    eventually("Envoy sees that the client has left", || {
        (gate.admin().stat("http.gateway.downstream_rq_active") == 0).then_some(())
    });
    may_answer.store(true, Ordering::SeqCst);
    eventually("the answer is kept", || {
        (gate.admin().stat("cluster.limits.upstream_rq_active") == 0).then_some(())
    });
    for _ in 0..10 {
        ask(&gate, &user).passed();
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

/// So many requests of a user on each of four connections: how many passed.
fn load(gate: &Gate, user: &str, count: usize) -> usize {
    let passed = AtomicUsize::new(0);
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                let request = gate.get("/api/orders/7").header("x-user-id", user);
                let mut connection = gate.connect([127, 0, 0, 1]);
                for _ in 0..count {
                    let status = connection.send(&request).unwrap().status;
                    assert!(status == 200 || status == 429, "{status}");
                    passed.fetch_add(usize::from(status == 200), Ordering::Relaxed);
                }
            });
        }
    });
    passed.into_inner()
}

#[test]
fn redis_is_killed_and_comes_back_under_load() {
    for on_error in ["local", "allow", "deny"] {
        let mut redis = Redis::start();
        let service = LimitService::start(&limits_of(1_000_000), Some(&redis));
        let rules = json!({
            "global": { "cluster": "limits", "domain": "shop", "on_error": on_error, "lease": 5, "timeout": "2s" },
            "default": { "requests_per_second": 10, "burst": 50, "key": "header:x-user-id" },
        });
        let document = json!({ "debug": { "token": "let-me-see" }, "rate_limiting": rules });
        let setup = Setup::module("rate_limit", document).workers(2);
        let gate = setup.grpc_cluster("limits", service.address()).start();
        // A key that is new to it has no lease: what becomes of it is the service's word, or `on_error`.
        let ask_anew = || {
            let request = gate.get("/api/orders/7").header("x-user-id", fresh_user());
            let answer = request.header("x-portcullis-debug", "let-me-see").send();
            answer.expect_header("portcullis-trace").to_owned()
        };
        let (user, start) = (fresh_user(), Instant::now());
        let passed = load(&gate, &user, 20);
        assert!(passed == 80 || on_error == "local", "{on_error}: {passed}");
        assert!(ask_anew().ends_with("global=asked"));
        redis.stop();
        // What is left of leases passes first.
        let without = load(&gate, &user, 20);
        let most = 50.0 + 10.0 * start.elapsed().as_secs_f64();
        match on_error {
            "local" => assert!((passed + without) as f64 <= most, "{passed} + {without} passed"),
            "allow" => assert_eq!(without, 80),
            _ => assert!(without <= 10, "{without} passed"),
        }
        let trace = ask_anew();
        assert!(trace.ends_with("unanswered"), "{on_error}: {trace}");
        redis.restart();
        eventually("the service answers again", || ask_anew().ends_with("global=asked").then_some(()));
        gate.has_not_trapped();
    }
}

#[test]
fn a_service_that_is_restarted_is_asked_again() {
    let limiter = rate_limiter(|_| Word::Ok);
    let gate = gate(&limiter, json!({ "on_error": "deny", "timeout": "5s" }));
    ask(&gate, &fresh_user()).passed();
    stop([limiter.service()]);
    ask(&gate, &fresh_user()).refused(429, "rate_limit_exceeded");
    restart([limiter.service()]);
    eventually("it is asked again", || (ask(&gate, &fresh_user()).status == 200).then_some(()));
}
