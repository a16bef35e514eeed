use std::time::Duration;

use portcullis_document::{CanonicalPath, Mistakes, Node, RateLimitingConfig};
use portcullis_http::{ErrorFormat, Head, HeaderMap, Reply};

use super::RateLimits;
use crate::{Memory, Reason, Rule, Ruling, Subject, Table, Verdict};

const NOW: Duration = Duration::from_millis(1_800_000_000_250);

fn compile(section: &str) -> (RateLimits, Vec<String>) {
    compile_for(section, true)
}

fn compile_for(section: &str, has_claims: bool) -> (RateLimits, Vec<String>) {
    let text = format!(r#"{{"rate_limiting": {section}}}"#);
    let mut mistakes = Mistakes::default();
    let mut fields = Node::root(&text, &mut mistakes).unwrap().fields(&mut mistakes).unwrap();
    let config = RateLimitingConfig::read(&fields.take("rate_limiting").unwrap(), &mut mistakes).unwrap();
    let limits = RateLimits::compile(&config, has_claims, &mut mistakes);
    (limits, mistakes.found().iter().map(ToString::to_string).collect())
}

fn right(section: &str) -> RateLimits {
    let (limits, mistakes) = compile(section);
    assert_eq!(mistakes, Vec::<String>::new(), "{section}");
    limits
}

fn rule_name<'a>(limits: &'a RateLimits, path: &str, method: &str) -> Option<&'a str> {
    let path = CanonicalPath::of(path.as_bytes());
    limits.rule(&path, method.as_bytes()).map(|rule| rule.name())
}

/// A worker: the rules and the table that they share with others through the store.
struct Worker<'a> {
    limits: RateLimits,
    table: Table,
    store: &'a Memory,
}

impl<'a> Worker<'a> {
    fn start(section: &str, store: &'a Memory) -> Self {
        let limits = right(section);
        let table = Table::open(limits.max_keys(), store, [5; 16]).unwrap();
        Self { limits, table, store }
    }

    fn charge(&self, path: &str, headers: &[(&str, &str)]) -> (&Rule, Ruling) {
        let head = Head::new(HeaderMap::from_pairs(headers));
        let address = || Some(b"192.0.2.7:4711".to_vec());
        let subject = Subject { head: &head, path, identity: None, address: &address };
        let rule = self.limits.rule(&CanonicalPath::of(path.as_bytes()), b"GET").unwrap();
        (rule, rule.charge(&subject, &self.table, self.store, NOW))
    }

    fn passes(&self, path: &str, headers: &[(&str, &str)]) -> bool {
        matches!(self.charge(path, headers).1, Ruling::Counted(charge) if charge.verdict.is_permitted())
    }

    fn passing(&self, path: &str, headers: &[(&str, &str)]) -> usize {
        (0..100).take_while(|_| self.passes(path, headers)).count()
    }

    fn refused(&self, path: &str) -> Reply {
        self.passing(path, &[]);
        let (rule, ruling) = self.charge(path, &[]);
        let Ruling::Counted(charge) = ruling else { panic!("{ruling:?}") };
        let Verdict::Refused { wait, standing } = charge.verdict else { panic!("{charge:?}") };
        let reason = Reason::Exceeded { rule, wait, standing, now: NOW };
        reason.refusal().into_reply(&Head::default(), ErrorFormat::Plain)
    }
}

#[test]
fn overrides_clash_although_they_are_wrong_in_themselves() {
    let (_, mistakes) = compile(
        r#"{"default": {"requests_per_second": 1, "key": "heder:X"}, "overrides": [
            {"path": "/a", "requests_per_second": 0}, {"path": "/a", "requests_per_second": 1}]}"#,
    );
    let clash = r#"rate_limiting.overrides[1].path: holds the same requests as "/a""#;
    assert!(mistakes.iter().any(|mistake| mistake == clash), "{mistakes:#?}");
}

#[test]
fn the_most_specific_rule_is_the_only_one() {
    let limits = right(
        r#"{"default": {"requests_per_second": 100},
            "overrides": [
                {"path": "/api/**", "requests_per_second": 20},
                {"path": "/api/login", "methods": ["POST"], "requests_per_minute": 10},
                {"path": "/api/{x}", "requests_per_minute": 5}
            ],
            "exempt_paths": ["/health", {"path": "/status/**", "methods": ["GET"]}]}"#,
    );
    let table = [
        ("/", "GET", Some("default")),
        ("/api/a/b", "GET", Some("/api/**")),
        ("/api/login", "POST", Some("/api/login")),
        ("/api/login", "GET", Some("/api/{x}")),
        ("/health", "GET", None),
        ("//health", "GET", Some("default")),
        ("/status/x", "GET", None),
        ("/status/x", "PUT", Some("default")),
    ];
    for (path, method, name) in table {
        assert_eq!(rule_name(&limits, path, method), name, "{method} {path}");
    }
}

#[test]
fn without_a_default_what_no_override_holds_is_free() {
    let limits = right(r#"{"overrides": [{"path": "/a", "requests_per_second": 1}]}"#);
    assert_eq!(rule_name(&limits, "/b", "GET"), None);
    let limits =
        right(r#"{"default": {"requests_per_second": 1, "methods": ["POST"], "exempt_paths": ["/in"]}}"#);
    assert_eq!(rule_name(&limits, "/b", "GET"), None);
    assert_eq!(rule_name(&limits, "/b", "POST"), Some("default"));
    assert_eq!(rule_name(&limits, "/in", "POST"), None);
    assert_eq!(rule_name(&limits, "/./in", "POST"), Some("default"));
}

#[test]
fn what_makes_no_sense_is_a_mistake() {
    let (_, mistakes) = compile(
        r#"{"default": {"requests_per_second": 1, "burst": 4, "cost": 5},
            "overrides": [
                {"path": "/a", "requests_per_day": 1, "burst": 36501},
                {"path": "/b", "requests_per_day": 1},
                {"path": "/b", "requests_per_day": 1},
                {"path": "/c", "requests_per_day": 1, "key": "claim:sub", "limit_before_auth": true},
                {"path": "/d", "limits": [{"requests_per_second": 1}, {"requests_per_second": 2}, {"requests_per_minute": 3},
                    {"requests_per_hour": 4}, {"requests_per_day": 5}]}
            ],
            "exempt_paths": ["/x", {"path": "/x"}]}"#,
    );
    let expected = [
        "default: a bucket of 4 never holds the 5 tokens that a request costs",
        "overrides[0]: a bucket of this burst takes over a hundred years to fill",
        "overrides[2].path: holds the same requests as \"/b\"",
        "overrides[3].key: claims are not known before authentication",
        "overrides[4]: has more than 4 limits",
        "exempt_paths[1]: holds the same requests as \"/x\"",
    ];
    let expected: Vec<_> = expected.iter().map(|mistake| format!("rate_limiting.{mistake}")).collect();
    assert_eq!(mistakes, expected);
}

#[test]
fn buckets_of_different_rules_never_mix() {
    let store = Memory::default();
    let worker = Worker::start(
        r#"{"default": {"requests_per_day": 2, "key": "header:x"},
            "overrides": [{"path": "/a", "requests_per_day": 2, "key": "header:x"},
                          {"path": "/b", "requests_per_day": 2, "key": "header:y"}]}"#,
        &store,
    );
    let headers = [("x", "1"), ("y", "1")];
    for path in ["/", "/a", "/b"] {
        assert_eq!(worker.passing(path, &headers), 2, "{path}");
    }
}

#[test]
fn a_reload_gives_nobody_a_fresh_bucket() {
    let store = Memory::default();
    let before = r#"{"default": {"requests_per_day": 5}}"#;
    assert_eq!(Worker::start(before, &store).passing("/", &[]), 5);
    let reloads = [
        before,
        r#"{"default": {"requests_per_day": 6, "burst": 50}}"#,
        r#"{"default": {"requests_per_hour": 5}}"#,
        r#"{"default": {"limits": [{"requests_per_second": 7}, {"requests_per_day": 5}]}}"#,
        r#"{"overrides": [{"path": "/a", "requests_per_day": 5}], "default": {"requests_per_day": 5, "headers": "never"}}"#,
        r#"{"default": {"requests_per_day": 5, "on_missing_key": "skip", "cost": 1}, "max_keys": 131072}"#,
    ];
    for section in reloads {
        assert_eq!(Worker::start(section, &store).passing("/", &[]), 0, "{section}");
    }
}

#[test]
fn a_refusal_says_when_to_come_back() {
    let store = Memory::default();
    let worker = Worker::start(r#"{"default": {"requests_per_minute": 20, "burst": 3}}"#, &store);
    let reply = worker.refused("/");
    assert_eq!(reply.status, 429);
    assert_eq!(
        String::from_utf8_lossy(&reply.body),
        r#"{"error":"rate_limit_exceeded","message":"Too many requests. Retry after 3 seconds.","retry_after":3}"#
    );
    let expected = [
        ("retry-after", "3"),
        ("x-ratelimit-limit", "20"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", "1800000010"),
        ("cache-control", "no-store"),
    ];
    for (name, value) in expected {
        assert_eq!(reply.header(name), Some(value.as_bytes()), "{name}");
    }
}

#[test]
fn headers_that_nobody_wants_are_not_sent_but_when_to_come_back_is() {
    let table = [("always", true, true), ("refused", true, false), ("never", false, false)];
    for (headers, on_refused, on_permitted) in table {
        let store = Memory::default();
        let section = format!(r#"{{"default": {{"requests_per_day": 1, "headers": "{headers}"}}}}"#);
        let worker = Worker::start(&section, &store);
        let reply = worker.refused("/");
        assert_eq!(reply.header("x-ratelimit-limit").is_some(), on_refused, "{headers}");
        assert_eq!(reply.header("retry-after"), Some(&b"86400"[..]));
        assert_eq!(worker.charge("/", &[]).0.tells_permitted(), on_permitted, "{headers}");
    }
}

#[test]
fn a_cost_is_taken_at_once() {
    let store = Memory::default();
    let worker = Worker::start(r#"{"default": {"requests_per_minute": 10, "cost": 4}}"#, &store);
    assert_eq!(worker.passing("/", &[]), 2);
    assert_eq!(worker.refused("/").header("retry-after"), Some(&b"12"[..]));
    assert_eq!(worker.refused("/").header("x-ratelimit-remaining"), Some(&b"2"[..]));
}

#[test]
fn a_key_that_is_missing_can_be_refused() {
    let store = Memory::default();
    let section = r#"{"default": {"requests_per_day": 1, "key": "header:x", "on_missing_key": "reject"}}"#;
    let worker = Worker::start(section, &store);
    assert_eq!(worker.charge("/", &[]).1, Ruling::KeyMissing);
    let reply = Reason::KeyMissing.refusal().into_reply(&Head::default(), ErrorFormat::Plain);
    assert_eq!((reply.status, reply.detail), (400, "portcullis.limit.rate_limit_key_missing"));
    assert!(String::from_utf8_lossy(&reply.body).starts_with(r#"{"error":"rate_limit_key_missing""#));
}

#[test]
fn what_cannot_be_counted_is_refused() {
    let refusal = Reason::Contended.refusal();
    assert_eq!((refusal.status, refusal.error), (429, "rate_limit_exceeded"));
    assert_eq!(refusal.headers, [("retry-after".into(), b"1".to_vec())]);
}

#[test]
fn claims_need_a_token_to_be_verified() {
    let section = r#"{"default": {"requests_per_day": 1, "key": ["path", "claim:sub"]}}"#;
    assert_eq!(compile(section).1, Vec::<String>::new());
    let (_, mistakes) = compile_for(section, false);
    let expected =
        "rate_limiting.default.key: claims are known only where gateway.wasm has a section auth as well";
    assert_eq!(mistakes, [expected]);
}
