//! Limits as a client sees them, over the fake Envoy.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use fake_envoy::{Envoy, Outcome, Reply, SharedData, Stream};
use native_tests::{gateway, metric, module};
use portcullis_host::module::Module;

const START: Duration = Duration::from_secs(1_800_000_000);

/// A worker of an Envoy; those that get the same shared data are workers of the same one.
fn worker(section: &str, shared_data: &Arc<SharedData>) -> Envoy {
    let document = format!(r#"{{"debug": {{"token": "let-me-see"}}, "rate_limiting": {section}}}"#);
    let shared_data = Arc::clone(shared_data);
    let gate = module(Module::RATE_LIMIT, &document);
    let setup = gate.with(|setup| setup.clock(START).shared_data(shared_data));
    setup.with(|setup| setup.property("source.address", "192.0.2.7:40022")).start().unwrap()
}

fn start(section: &str) -> Envoy {
    worker(section, &Arc::default())
}

fn get<'a>(envoy: &'a Envoy, path: &str, user: &str) -> Stream<'a> {
    envoy.get(path).header("x-user-id", user).end()
}

fn passes(envoy: &Envoy, path: &str, user: &str) -> bool {
    matches!(get(envoy, path, user).outcome(), Outcome::Forwarded(_))
}

fn passing(envoy: &Envoy, path: &str, user: &str) -> usize {
    (0..100).take_while(|_| passes(envoy, path, user)).count()
}

fn refused(envoy: &Envoy, path: &str) -> Reply {
    passing(envoy, path, "usr_1");
    get(envoy, path, "usr_1").outcome().replied()
}

const SAMPLE: &str = r#"{
    "default": {"requests_per_second": 100, "burst": 20, "key": "header:X-User-Id"},
    "overrides": [
        {"path": "/api/auth/login", "requests_per_minute": 10, "key": "client_ip"},
        {"path": "/api/search/**", "requests_per_second": 20, "key": "header:X-User-Id"}
    ]
}"#;

#[test]
fn each_rule_of_the_sample_counts_for_itself() {
    let envoy = start(SAMPLE);
    for (path, user, burst) in [
        ("/api/users/7", "usr_1", 20),
        ("/api/users/8", "usr_2", 20),
        ("/api/search/x?q=1", "usr_1", 20),
        ("/api/auth/login", "usr_1", 10),
        ("/api/auth/login", "usr_2", 0),
        ("/api/users/9", "usr_1", 0),
    ] {
        assert_eq!(passing(&envoy, path, user), burst, "{path} {user}");
    }
    envoy.advance(Duration::from_secs(6));
    assert_eq!(passing(&envoy, "/api/auth/login", "usr_3"), 1);
}

#[test]
fn a_refusal_says_all_that_a_client_needs() {
    let envoy = start(r#"{"default": {"requests_per_minute": 20, "burst": 3, "ratelimit_fields": true}}"#);
    passing(&envoy, "/", "usr_1");
    let reply = envoy.get("/").header("x-request-id", "r-1").end().outcome().replied();
    assert_eq!((reply.status, reply.details.as_str()), (429, "portcullis.limit.rate_limit_exceeded"));
    let body = r#"{"error":"rate_limit_exceeded","message":"Too many requests. Retry after 3 seconds.","request_id":"r-1","retry_after":3}"#;
    assert_eq!(reply.text(), body);
    for (name, value) in [
        ("retry-after", "3"),
        ("x-ratelimit-limit", "20"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", "1800000009"),
        ("ratelimit-policy", "\"default\";q=20;w=60"),
        ("ratelimit", "\"default\";r=0;t=3"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(reply.headers.text(name).as_deref(), Some(value), "{name}");
    }
    envoy.advance(Duration::from_secs(3));
    assert_eq!(passing(&envoy, "/", "usr_1"), 1, "obeying it passes");
}

#[test]
fn answers_to_permitted_requests_tell_the_limit_as_well() {
    let envoy = start(
        r#"{"reset": "delta", "default": {"limits": [{"requests_per_second": 5}, {"requests_per_hour": 3}]}}"#,
    );
    let stream =
        get(&envoy, "/", "usr_1").respond([(":status", "200"), ("x-ratelimit-limit", "9")]).body("ok");
    let answer = stream.received().unwrap();
    assert_eq!((answer.status(), answer.text().as_str()), (Some(200), "ok"));
    let fields = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];
    assert_eq!(fields.map(|name| answer.headers.text(name).unwrap()), ["3", "2", "1200"]);
}

#[test]
fn who_wants_no_fields_gets_none() {
    for (headers, on_permitted, on_refused) in [("refused", false, true), ("never", false, false)] {
        let envoy = start(&format!(r#"{{"headers": "{headers}", "default": {{"requests_per_day": 1}}}}"#));
        let answer = get(&envoy, "/", "usr_1").respond([(":status", "200")]).end().received().unwrap();
        assert_eq!(answer.headers.text("x-ratelimit-limit").is_some(), on_permitted, "{headers}");
        let reply = refused(&envoy, "/");
        assert_eq!(reply.headers.text("x-ratelimit-limit").is_some(), on_refused, "{headers}");
        assert_eq!(reply.headers.text("retry-after").as_deref(), Some("86400"));
    }
}

#[test]
fn a_client_is_its_address_and_not_what_it_says_about_it() {
    let envoy = start(r#"{"default": {"requests_per_day": 1}}"#);
    let from = |address: &str, said: &str| {
        let request = envoy.get("/").header("x-forwarded-for", said);
        matches!(request.property("source.address", address).end().outcome(), Outcome::Forwarded(_))
    };
    assert!(from("192.0.2.7:1", "198.51.100.1"));
    assert!(!from("192.0.2.7:2", "198.51.100.2"), "another port, another header");
    assert!(from("[2001:db8:0:1::1]:1", ""));
    assert!(!from("[2001:db8:0:1:ffff::2]:9", ""), "one line has a whole /64");
    assert!(from("[2001:db8:0:2::1]:1", ""));
}

#[test]
fn a_request_without_its_key_goes_the_way_that_the_document_says() {
    let section = |on_missing: &str| {
        format!(
            r#"{{"default": {{"requests_per_day": 1, "key": "header:x", "on_missing_key": "{on_missing}"}}}}"#
        )
    };
    let reply = get(&start(&section("reject")), "/", "usr_1").outcome().replied();
    assert_eq!((reply.status, reply.details.as_str()), (400, "portcullis.limit.rate_limit_key_missing"));
    assert!(reply.text().contains(r#""error":"rate_limit_key_missing""#));
    assert_eq!(passing(&start(&section("skip")), "/", "usr_1"), 100);
    assert_eq!(passing(&start(&section("client_ip")), "/", "usr_1"), 1);
    assert_eq!(passing(&start(&section("shared")), "/", "usr_1"), 1);
}

#[test]
fn a_dry_run_counts_and_refuses_nothing() {
    let envoy = start(r#"{"default": {"requests_per_day": 2, "dry_run": true}}"#);
    assert_eq!(passing(&envoy, "/", "usr_1"), 100);
    assert_eq!(metric(&envoy, "portcullis.limit.dry_run_refused"), Some(98));
    assert_eq!(metric(&envoy, "portcullis.limit.permitted"), Some(2));
    assert_eq!(metric(&envoy, "portcullis.limit.rate_limit_exceeded"), None);
    let told = envoy.log().iter().filter(|line| line.text.contains("would refuse a request")).count();
    assert_eq!(told, 98);
}

#[test]
fn an_ambiguous_path_is_exempt_from_nothing_and_limited_as_what_it_means() {
    let envoy = start(
        r#"{"exempt_paths": ["/health"], "default": {"requests_per_day": 100},
            "overrides": [{"path": "/login", "requests_per_day": 1, "methods": ["GET"]}]}"#,
    );
    assert_eq!(passing(&envoy, "/health", "usr_1"), 100);
    assert_eq!(refused(&envoy, "//health").status, 429);
    assert!(passes(&envoy, "/x/../login", "usr_1"));
    assert!(!passes(&envoy, "/%6Cogin", "usr_1"));
}

#[test]
fn a_reload_and_a_restart_give_nobody_a_fresh_bucket() {
    let shared_data = Arc::default();
    let section = r#"{"default": {"requests_per_day": 3, "key": "header:x-user-id"}}"#;
    let envoy = worker(section, &shared_data);
    assert_eq!(passing(&envoy, "/", "usr_1"), 3);
    let changed = section.replace("3", r#"4, "burst": 9"#);
    envoy.reload(format!(r#"{{"rate_limiting": {changed}}}"#)).unwrap();
    assert_eq!(passing(&envoy, "/", "usr_1"), 0);
    drop(envoy);
    let restarted = worker(section, &shared_data);
    assert_eq!(passing(&restarted, "/", "usr_1"), 0);
    assert_eq!(passing(&restarted, "/", "usr_2"), 3);
}

#[test]
fn workers_share_their_buckets() {
    let shared_data = Arc::<SharedData>::default();
    let section = r#"{"default": {"requests_per_day": 500, "key": "header:x-user-id"}}"#;
    let work = || {
        let envoy = worker(section, &shared_data);
        (0..400).filter(|_| passes(&envoy, "/", "usr_1")).count()
    };
    let passed: usize = std::thread::scope(|scope| {
        let workers = [scope.spawn(work), scope.spawn(work)];
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    assert_eq!(passed, 500);
}

#[test]
fn a_flood_of_keys_takes_no_memory_and_frees_nobody() {
    let shared_data = Arc::<SharedData>::default();
    let section = r#"{"max_keys": 64, "default": {"requests_per_hour": 2, "key": "header:x-user-id"}}"#;
    let envoy = worker(section, &shared_data);
    assert_eq!(passing(&envoy, "/", "over"), 2);
    for user in 0..500 {
        assert!(passes(&envoy, "/", &format!("usr_{user}")), "{user}");
    }
    assert!(shared_data.len() <= 9, "{}", shared_data.len());
    assert!(!passes(&envoy, "/", "over"));
    assert!(metric(&envoy, "portcullis.limit.evictions") > Some(400));
}

#[test]
fn entries_that_others_wrote_are_not_trusted() {
    let shared_data = Arc::<SharedData>::default();
    let section = r#"{"max_keys": 8, "default": {"requests_per_hour": 2, "key": "header:x-user-id"}}"#;
    let envoy = worker(section, &shared_data);
    assert!(passes(&envoy, "/", "usr_1"));
    shared_data.set("vm", b"portcullis.limit.000000", b"\x01\xff garbage", 0).unwrap();
    assert_eq!(passing(&envoy, "/", "usr_1"), 2);
    assert_eq!(metric(&envoy, "portcullis.limit.rebuilt_entries"), Some(1));
}

#[test]
fn a_decision_is_one_read_one_write_and_one_look_at_the_clock() {
    let envoy = start(r#"{"default": {"requests_per_day": 2, "key": "header:x-user-id"}}"#);
    let (get_data, set_data) = ("proxy_get_shared_data", "proxy_set_shared_data");
    // The second refusal is one that this worker knows of.
    for (is_permitted, reads, writes) in [(true, 1, 1), (true, 1, 1), (false, 1, 0), (false, 0, 0)] {
        let before = envoy.counts();
        assert_eq!(passes(&envoy, "/", "usr_1"), is_permitted);
        let made = envoy.counts().since(&before);
        assert_eq!((made.of(get_data), made.of(set_data)), (reads, writes));
        assert_eq!(made.of("proxy_get_current_time_nanoseconds"), 1);
        assert_eq!(made.of("proxy_get_property"), 0, "the address is not asked where it does not count");
    }
}

#[test]
fn a_refused_token_costs_no_quota_unless_the_rule_wants_it() {
    let keys = r#"{"keys": [{"kty": "oct", "kid": "a", "alg": "HS256", "k": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"}]}"#;
    let statuses = |before_auth: bool| {
        let rule = format!(r#"{{"requests_per_day": 2, "limit_before_auth": {before_auth}}}"#);
        let document = format!(
            r#"{{"auth": {{"type": "jwt", "issuer": "i", "jwks": {keys}}}, "rate_limiting": {{"default": {rule}}}}}"#
        );
        let envoy = gateway(&document).with(|setup| setup.clock(START)).start().unwrap();
        [0; 4].map(|_| envoy.get("/").end().outcome().replied().status)
    };
    assert_eq!(statuses(false), [401, 401, 401, 401]);
    assert_eq!(statuses(true), [401, 401, 429, 429]);
}

#[test]
fn a_trace_names_the_rule_and_what_is_left() {
    let envoy = start(SAMPLE);
    let stream = envoy.get("/").header("x-portcullis-debug", "let-me-see").header("x-user-id", "usr_1").end();
    let answer = stream.respond([(":status", "200")]).end().received().unwrap();
    let trace = answer.headers.text("portcullis-trace");
    assert_eq!(trace.as_deref(), Some("limit;rule=\"default\";remaining=19"));
    passing(&envoy, "/api/auth/login", "usr_1");
    let refused =
        envoy.get("/api/auth/login").header("x-portcullis-debug", "let-me-see").end().outcome().replied();
    let expected = "limit;rule=\"/api/auth/login\";refused=portcullis.limit.rate_limit_exceeded";
    assert_eq!(refused.headers.text("portcullis-trace").as_deref(), Some(expected));
}

#[test]
fn a_document_with_mistakes_is_refused_with_all_of_them() {
    let document = r#"{"rate_limiting": {"default": {"requests_per_second": 0},
        "overrides": [{"path": "/a", "requests_per_minute": 1, "key": "claim:sub"}]}}"#;
    let refused = module(Module::RATE_LIMIT, document).start().unwrap_err();
    let log = format!("{refused:?}");
    for mistake in [
        "rate_limiting.default.requests_per_second: expected a whole number of at least 1, got 0",
        "rate_limiting.overrides[0].key: claims are known only where gateway.wasm has a section auth as well",
    ] {
        assert!(log.contains(mistake), "{log}");
    }
}

#[test]
fn odd_requests_are_ordinary() {
    let section = r#"{"default": {"requests_per_day": 3, "on_missing_key": "shared",
        "key": ["client_ip", "header:x", "cookie:c", "query:q", "path"]}}"#;
    let document = format!(r#"{{"rate_limiting": {section}}}"#);
    let envoy = module(Module::RATE_LIMIT, &document).start().unwrap();
    let odd: [&[(&str, &[u8])]; 6] = [
        &[],
        &[(":path", b"")],
        &[(":path", b"*"), ("x", b"")],
        &[
            (":path", b"/\xff?q=%ff%"),
            ("x", b"\x00\xff"),
            ("cookie", b"c=\xfe;;=;c"),
            ("x-forwarded-for", b"1"),
        ],
        &[(":path", b"/?q=1"), ("x", b"a"), ("cookie", b"c=1")],
        &[(":path", b"?&&=&q"), ("x", b"a"), ("cookie", b"")],
    ];
    for headers in odd.iter().cycle().take(60) {
        let outcome = envoy.request(headers.iter().copied()).end().outcome();
        assert!(matches!(outcome, Outcome::Forwarded(_) | Outcome::Replied(_)), "{headers:?}");
    }
    let many: Vec<_> = (0..1_000).map(|line| (format!("x-{line}"), "1")).collect();
    assert_eq!(envoy.request(many).end().outcome().replied().status, 429, "it has no key either");
}
