use super::{HeadersOn, KeyPart, OnError, OnMissingKey, RateLimitingConfig, RateUnit, ResetForm};
use crate::{Mistakes, Node};

fn read(section: &str) -> (RateLimitingConfig, Vec<String>) {
    let text = format!(r#"{{"rate_limiting": {section}}}"#);
    let mut mistakes = Mistakes::default();
    let mut fields = Node::root(&text, &mut mistakes).unwrap().fields(&mut mistakes).unwrap();
    let node = fields.take("rate_limiting").unwrap();
    let config = RateLimitingConfig::read(&node, &mut mistakes).unwrap();
    (config, mistakes.found().iter().map(ToString::to_string).collect())
}

fn right(section: &str) -> RateLimitingConfig {
    let (config, mistakes) = read(section);
    assert_eq!(mistakes, Vec::<String>::new(), "{section}");
    config
}

const SAMPLE: &str = r#"{
    "default": {"requests_per_second": 100, "burst": 20, "key": "header:X-User-Id"},
    "overrides": [
        {"path": "/api/auth/login", "requests_per_minute": 10, "key": "client_ip"},
        {"path": "/api/search/**", "requests_per_second": 20, "key": "header:X-User-Id"}
    ]
}"#;

#[test]
fn the_sample_is_read_as_written() {
    let config = right(SAMPLE);
    let default = config.default.as_ref().unwrap();
    let window = &default.windows[0];
    assert_eq!((window.requests.get(), window.unit, window.burst.get()), (100, RateUnit::Second, 20));
    assert_eq!(default.key, [KeyPart::Header("x-user-id".to_owned())]);
    assert_eq!((default.cost.get(), default.settings.on_missing_key), (1, OnMissingKey::ClientIp));
    let login = &config.overrides[0];
    assert_eq!((login.entry.path.as_str(), login.rule.windows[0].burst.get()), ("/api/auth/login", 10));
    assert_eq!(config.max_keys, 65_536);
}

#[test]
fn what_stands_at_the_top_holds_for_rules_that_do_not_say_otherwise() {
    let config = right(
        r#"{"headers": "refused", "reset": "delta", "dry_run": true, "on_missing_key": "reject", "ipv6_prefix": 56,
            "default": {"requests_per_hour": 5, "headers": "never", "dry_run": false},
            "overrides": [{"path": "/a", "requests_per_day": 1, "on_missing_key": "skip", "ratelimit_fields": true}]}"#,
    );
    let default = &config.default.as_ref().unwrap().settings;
    assert_eq!(
        (default.headers, default.reset, default.dry_run),
        (HeadersOn::Never, ResetForm::Delta, false)
    );
    let other = &config.overrides[0].rule.settings;
    assert_eq!((other.headers, other.dry_run, other.ipv6_prefix), (HeadersOn::Refused, true, 56));
    assert_eq!((other.on_missing_key, other.ratelimit_fields), (OnMissingKey::Skip, true));
}

#[test]
fn an_override_without_a_key_has_the_defaults() {
    let config = right(
        r#"{"default": {"requests_per_second": 1, "key": "path"},
            "overrides": [{"path": "/a", "requests_per_second": 2}]}"#,
    );
    assert_eq!(config.overrides[0].rule.key, [KeyPart::Path]);
    let alone = right(r#"{"overrides": [{"path": "/a", "requests_per_second": 2}]}"#);
    assert_eq!(alone.overrides[0].rule.key, [KeyPart::ClientIp]);
}

#[test]
fn keys_have_these_forms() {
    let named = |form: fn(String) -> KeyPart, name: &str| form(name.to_owned());
    let table = [
        ("client_ip", KeyPart::ClientIp),
        ("path", KeyPart::Path),
        ("shared", KeyPart::Shared),
        ("header:X-Api-Key", named(KeyPart::Header, "x-api-key")),
        ("header:Host", named(KeyPart::Header, ":authority")),
        ("cookie:sid", named(KeyPart::Cookie, "sid")),
        ("query:api key:1", named(KeyPart::Query, "api key:1")),
        ("claim:realm.id", named(KeyPart::Claim, "realm.id")),
    ];
    for (text, part) in table {
        let config = right(&format!(r#"{{"default": {{"requests_per_second": 1, "key": "{text}"}}}}"#));
        assert_eq!(config.default.unwrap().key, [part], "{text}");
    }
    let list = right(r#"{"default": {"requests_per_second": 1, "key": ["client_ip", "claim:sub"]}}"#);
    let claims: Vec<_> = list.claims().collect();
    assert_eq!(claims, [("rate_limiting.default.key", "sub")]);
}

#[test]
fn every_mistake_is_told_with_its_place() {
    let (_, mistakes) = read(
        r#"{
        "default": {"requests_per_second": 1.5, "burst": 0, "key": "ip", "cost": 0, "headrs": "always"},
        "overrides": [
            {"path": "/a", "requests_per_second": 0},
            {"path": "/b", "requests_per_second": 1, "requests_per_minute": -1, "reset": "never", "key": []},
            {"requests_per_second": 4294967296, "key": ["path", "path", "header:"]},
            {"path": "/c", "requests_per_day": 1, "burst": 2, "limits": [{"requests_per_second": 1}, {"burst": 1}]},
            {"path": "/d", "limits": []},
            {"path": "/e", "burst": 3}
        ],
        "max_keys": 0
    }"#,
    );
    let most = "expected a whole number of at most 4294967295, got 4294967296";
    let forms = format!("expected {}", super::key::FORMS);
    let expected = [
        "default.requests_per_second: expected a whole number of at least 1, got 1.5",
        "default.burst: expected a whole number of at least 1, got 0",
        &format!("default.key: {forms}, got \"ip\""),
        "default.cost: expected a whole number of at least 1, got 0",
        "default.headrs: unknown key, did you mean \"headers\"?",
        "overrides[0].requests_per_second: expected a whole number of at least 1, got 0",
        "overrides[1].requests_per_minute: expected a whole number of at least 1, got -1",
        "overrides[1].requests_per_minute: defined twice, first as rate_limiting.overrides[1].requests_per_second",
        "overrides[1].key: expected at least one part of a key, got []",
        "overrides[1].reset: expected epoch or delta, got \"never\"",
        "overrides[2].path: missing",
        &format!("overrides[2].requests_per_second: {most}"),
        "overrides[2].key[1]: this part of the key is named twice",
        &format!("overrides[2].key[2]: {forms}, got \"header:\""),
        "overrides[3].requests_per_day: stands beside limits; put it into one of them",
        "overrides[3].burst: stands beside limits; put it into one of them",
        &format!("overrides[3].limits[1]: {}", super::window::NO_RATE),
        "overrides[4].limits: expected at least one rate, got []",
        &format!("overrides[5]: {}", super::window::NO_RATE),
        "max_keys: expected a whole number from 1 to 16777216, got 0",
    ];
    let expected: Vec<_> = expected.iter().map(|mistake| format!("rate_limiting.{mistake}")).collect();
    assert_eq!(mistakes, expected);
}

#[test]
fn a_section_that_limits_nothing_is_a_mistake() {
    let (_, mistakes) = read("{}");
    assert_eq!(mistakes, ["rate_limiting: limits nothing; give it a default, overrides or both"]);
}

#[test]
fn a_global_limit_has_defaults_and_a_rule_may_have_its_own() {
    let config = right(
        r#"{"global": {"cluster": "limits", "domain": "gateway"},
            "default": {"requests_per_second": 1},
            "overrides": [{"path": "/a", "requests_per_second": 1, "global": {"upstream": "http://limitador:8081",
                "domain": "a", "timeout": "1s", "on_error": "deny", "lease": 50}}]}"#,
    );
    let usual = config.default.unwrap().global.unwrap();
    assert_eq!((usual.cluster.as_str(), usual.domain.as_str()), ("limits", "gateway"));
    assert_eq!((usual.timeout.as_millis(), usual.on_error, usual.lease.get()), (20, OnError::Local, 1));
    let own = config.overrides[0].rule.global.as_ref().unwrap();
    assert_eq!((own.cluster.as_str(), own.domain.as_str()), ("limitador:8081", "a"));
    assert_eq!((own.timeout.as_millis(), own.on_error, own.lease.get()), (1_000, OnError::Deny, 50));
    assert_eq!(right(SAMPLE).default.unwrap().global, None);
}

#[test]
fn what_is_wrong_in_a_global_limit_is_told() {
    let (_, mistakes) = read(
        r#"{"default": {"requests_per_second": 1, "global": {"cluster": "", "upstream": "ftp://a", "domain": ""}},
            "overrides": [{"path": "/a", "requests_per_second": 1, "global": {"domain": "a", "cluster": ""}}],
            "global": {"timeout": 20, "on_error": "panic", "leese": 5, "lease": 0}}"#,
    );
    let expected = [
        "global: names no service; give it a cluster or an upstream",
        "global.domain: missing",
        "global.timeout: expected a duration with its unit, such as \"250ms\", \"2s\", \"5m\" or \"24h\", got 20",
        "global.on_error: expected local, allow or deny, got \"panic\"",
        "global.lease: expected a whole number of at least 1, got 0",
        "global.leese: unknown key, did you mean \"lease\"?",
        "default.global.cluster: expected a name, got \"\"",
        "default.global.upstream: expected a URL such as \"http://users-service:3001\", got \"ftp://a\"",
        "default.global.domain: expected a name, got \"\"",
        "overrides[0].global.cluster: expected a name, got \"\"",
    ];
    let expected: Vec<_> = expected.iter().map(|mistake| format!("rate_limiting.{mistake}")).collect();
    assert_eq!(mistakes, expected);
}
