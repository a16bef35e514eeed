//! How often: token buckets that all workers share, and answers that say when to come back.

use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use e2e_tests::{Answer, Gate, Request, Setup, Token, fresh_user, sample_document};
use serde_json::{Value, json};

/// One request a second, twenty at once: slow enough that a test's own time gives no tokens back.
static SLOW: LazyLock<Gate> = LazyLock::new(|| Setup::gateway(slow()).start());

fn slow() -> Value {
    json!({ "rate_limiting": {
        "default": { "requests_per_minute": 6, "burst": 20, "key": "header:X-User-Id" },
        "overrides": [{ "path": "/api/auth/login", "requests_per_minute": 10, "key": "client_ip" }],
    } })
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// So many at once, on one connection.
fn burst(gate: &Gate, request: &Request, count: usize) -> Vec<Answer> {
    let mut connection = gate.connect([127, 0, 0, 1]);
    (0..count).map(|_| connection.send(request).unwrap()).collect()
}

fn passed(answers: &[Answer]) -> usize {
    answers.iter().filter(|answer| answer.status == 200).count()
}

#[test]
fn a_burst_passes_and_then_each_refusal_says_when_to_come_back() {
    let user = fresh_user();
    let request = SLOW.get("/api/orders/7").header("x-user-id", &user);
    let answers = burst(&SLOW, &request, 21);
    assert_eq!(passed(&answers), 20);
    let refused = &answers[20];
    let body = refused.refused(429, "rate_limit_exceeded");
    let seconds = refused.number("retry-after");
    assert!((1..=10).contains(&seconds), "one token comes back in ten seconds: {seconds}");
    assert_eq!(body["retry_after"], seconds);
    let message = body["message"].as_str().unwrap();
    assert_eq!(message, format!("Too many requests. Retry after {seconds} seconds."));
    assert_eq!(refused.number("x-ratelimit-limit"), 6);
    assert_eq!(refused.number("x-ratelimit-remaining"), 0);
    let full = refused.number("x-ratelimit-reset");
    assert!((now() + 150..=now() + 201).contains(&full), "20 tokens of 10 s each: {full}");
    assert_eq!(SLOW.reached(refused).len(), 0);
    let details = SLOW.details(refused);
    assert!(details.starts_with("portcullis."), "{details}");
}

#[test]
fn a_client_that_obeys_retry_after_passes() {
    let rules = json!({ "default": { "requests_per_second": 1, "burst": 2, "key": "header:X-User-Id" } });
    let gate = Setup::gateway(json!({ "rate_limiting": rules })).start();
    let request = gate.get("/api/orders/7").header("x-user-id", fresh_user());
    let refused = burst(&gate, &request, 10).into_iter().find(|answer| answer.status == 429).unwrap();
    // The wait is the story: exactly as long as the answer said.
    std::thread::sleep(Duration::from_secs(refused.number("retry-after")));
    request.send().passed();
}

#[test]
fn allowed_answers_tell_what_is_left() {
    let request = SLOW.get("/api/orders/7").header("x-user-id", fresh_user());
    let answers = burst(&SLOW, &request, 3);
    let left: Vec<u64> = answers.iter().map(|answer| answer.number("x-ratelimit-remaining")).collect();
    assert_eq!(left, [19, 18, 17]);
    assert!(answers.iter().all(|answer| answer.number("x-ratelimit-limit") == 6));
    assert!(answers.iter().all(|answer| answer.number("x-ratelimit-reset") >= now()));
    assert!(answers.iter().all(|answer| answer.header("retry-after").is_none()));
}

#[test]
fn one_user_does_not_use_up_anothers_tokens() {
    let one = SLOW.get("/api/orders/7").header("x-user-id", fresh_user());
    let other = SLOW.get("/api/orders/7").header("x-user-id", fresh_user());
    assert_eq!(passed(&burst(&SLOW, &one, 25)), 20);
    assert_eq!(other.send().number("x-ratelimit-remaining"), 19);
}

#[test]
fn a_request_without_the_key_is_counted_by_its_address() {
    let from = |address| SLOW.get("/api/orders/7").from(address);
    for _ in 0..20 {
        from([127, 0, 2, 1]).send().passed();
    }
    from([127, 0, 2, 1]).send().refused(429, "rate_limit_exceeded");
    from([127, 0, 2, 2]).send().passed();
}

#[test]
fn logins_are_limited_by_address_and_a_header_is_no_address() {
    let login = |address: [u8; 4], said: &str| {
        SLOW.post("/api/auth/login").from(address).header("x-forwarded-for", said).body("{}").send()
    };
    for number in 0..10 {
        assert_eq!(login([127, 0, 3, 1], &format!("10.0.0.{number}")).status, 200);
    }
    let refused = login([127, 0, 3, 1], "10.9.9.9");
    refused.refused(429, "rate_limit_exceeded");
    assert_eq!(refused.number("x-ratelimit-limit"), 10);
    assert_eq!(login([127, 0, 3, 2], "127.0.3.1").status, 200);
}

#[test]
fn a_path_that_is_not_canonical_uses_up_the_same_bucket() {
    let paths = [
        "/api/auth/login",
        "//api/auth/login",
        "/api//auth/login",
        "/api/auth/./login",
        "/api/x/../auth/login",
    ];
    let paths = paths.into_iter().chain(["/api/auth/%6cogin", "/api/auth/login?x=1", "/%61pi/auth/login"]);
    let mut left = Vec::new();
    for path in paths {
        let answer = SLOW.post(path).from([127, 0, 4, 1]).body("{}").send();
        left.push((path, answer.number("x-ratelimit-limit"), answer.number("x-ratelimit-remaining")));
    }
    let expected: Vec<_> =
        left.iter().enumerate().map(|(number, (path, ..))| (*path, 10, 9 - number as u64)).collect();
    assert_eq!(left, expected);
}

#[test]
fn a_refused_token_costs_no_quota() {
    let gate = Setup::gateway(sample_document()).start();
    let user = fresh_user();
    let (good, bad) = (Token::of(&user).mint(), Token::of(&user).forged().mint());
    for answer in burst(&gate, &gate.get("/api/search/x").token(bad), 40) {
        answer.refused(401, "token_invalid");
        assert!(answer.header("x-ratelimit-limit").is_none());
    }
    let answer = gate.get("/api/search/x").token(good).send();
    answer.passed();
    assert_eq!(answer.number("x-ratelimit-remaining"), 19);
}

#[test]
fn the_sample_documents_default_lets_twenty_through_at_once() {
    let gate = Setup::gateway(sample_document()).start();
    let request = gate.get("/api/products/7").token(Token::of(&fresh_user()).mint());
    // The keys are awaited by the first request, not by the burst.
    gate.get("/api/products/7").token(Token::of(&fresh_user()).mint()).send().passed();
    let start = Instant::now();
    let answers = request.volley(200);
    let most = 20.0 + start.elapsed().as_secs_f64() * 100.0 + 1.0;
    let count = passed(&answers);
    assert!(count >= 20 && (count as f64) <= most, "{count} passed, at most {most}");
}

/// When it was answered since the start, and whether it passed.
type Moment = (Duration, bool);

/// Sixteen connections that ask for one user all the time, for a little longer than `span`.
fn overload(gate: &Gate, span: Duration) -> Vec<Moment> {
    let request = gate.get("/").header("x-user-id", fresh_user());
    let moments = Mutex::new(Vec::new());
    let start = Instant::now();
    std::thread::scope(|threads| {
        for _ in 0..16 {
            threads.spawn(|| {
                let (mut connection, mut own) = (gate.connect([127, 0, 0, 1]), Vec::new());
                while start.elapsed() < span + Duration::from_millis(200) {
                    let is_passed = connection.send(&request).unwrap().status == 200;
                    own.push((start.elapsed(), is_passed));
                }
                moments.lock().unwrap().extend(own);
            });
        }
    });
    let mut moments = moments.into_inner().unwrap();
    moments.sort_unstable();
    moments
}

#[test]
fn two_workers_let_five_hundred_through_in_ten_seconds_and_not_eleven_more() {
    const SPAN: Duration = Duration::from_secs(10);
    let rules = json!({ "default": { "requests_per_second": 50, "burst": 10, "key": "header:X-User-Id" } });
    let setup = Setup::gateway(json!({ "rate_limiting": rules })).workers(2);
    let gate = setup.answered("/").unlogged().start();
    let moments = overload(&gate, SPAN);
    // What was answered in these ten seconds was decided in them.
    let within = moments.iter().take_while(|(at, _)| *at <= SPAN);
    let passed = within.filter(|(_, is_passed)| *is_passed).count();
    assert!(passed <= 510, "{passed} passed");
    // A bucket of ten fills in 200 ms; where nobody came for half of that, this machine did not overload it.
    let pauses = moments.windows(2).map(|pair| pair[1].0 - pair[0].0);
    let longest = pauses.max().unwrap_or(SPAN);
    assert!(
        passed >= 500 || longest > Duration::from_millis(100),
        "{passed} passed, {longest:?} without load"
    );
    let served = |worker: u8| {
        gate.admin().stats(|name| name.ends_with(&format!("worker_{worker}.downstream_cx_total")))
    };
    for worker in [0, 1] {
        assert!(served(worker).iter().any(|(_, count)| *count > 0), "worker {worker} served nobody");
    }
    gate.has_not_trapped();
}

#[test]
fn a_reload_gives_nobody_a_fresh_bucket() {
    let gate = Setup::gateway(slow()).reloadable().start();
    let request = gate.get("/api/orders/7").header("x-user-id", fresh_user());
    assert_eq!(passed(&burst(&gate, &request, 25)), 20);
    let mut document = slow();
    document["rate_limiting"]["exempt_paths"] = json!(["/api/products/**"]);
    assert!(gate.reload(&document), "{}", gate.log());
    e2e_tests::eventually("the new document is in use", || {
        let answer = gate.get("/api/products/7").header("x-user-id", fresh_user()).send();
        answer.header("x-ratelimit-limit").is_none().then_some(())
    });
    request.send().refused(429, "rate_limit_exceeded");
}
