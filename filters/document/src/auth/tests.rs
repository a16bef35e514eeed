use std::time::Duration;

use super::{AuthConfig, ClaimPath, ClaimStep, ClaimValue, KeysConfig, TokenPlace};
use crate::{Mistakes, Node};

fn read(json: &str) -> (AuthConfig, Mistakes) {
    let mut mistakes = Mistakes::default();
    let root = Node::root(json, &mut mistakes).unwrap();
    let mut fields = root.fields(&mut mistakes).unwrap();
    let section = fields.take("auth").unwrap();
    let config = AuthConfig::read(&section, &mut mistakes).unwrap();
    (config, mistakes)
}

fn right(members: &str) -> AuthConfig {
    let (config, mistakes) = read(&format!(r#"{{"auth": {{"jwks_uri": "https://a/keys", {members}}}}}"#));
    assert_eq!(mistakes.to_string(), "", "{members}");
    config
}

fn mistakes_of(members: &str) -> String {
    read(&format!(r#"{{"auth": {{{members}}}}}"#)).1.to_string()
}

#[test]
fn what_is_not_said_has_its_default() {
    let config = right(r#""type": "jwt""#);
    assert_eq!(
        (config.allow_preflight, config.forward_token, config.max_token_bytes, config.cache_size),
        (true, false, 8192, 4096)
    );
    assert_eq!((config.from, config.realm), (vec![TokenPlace::bearer()], "api".to_owned()));
    let [provider] = &*config.providers else { panic!() };
    assert_eq!((provider.leeway, provider.require_expiration), (Duration::from_secs(60), true));
    let headers: Vec<_> = provider.claims_to_headers.iter().map(|entry| &*entry.header).collect();
    assert_eq!(headers, ["x-user-id", "x-user-role"]);
    let Some(KeysConfig::Remote { upstream, refresh }) = &provider.keys else { panic!() };
    assert_eq!(upstream.cluster, "a:443");
    assert_eq!(
        [refresh.refresh, refresh.cooldown, refresh.max_stale, refresh.timeout].map(|time| time.as_secs()),
        [600, 30, 86_400, 5]
    );
}

#[test]
fn claims_are_named_by_dots_or_by_steps() {
    let config = right(
        r#""claims_to_headers": [{"claim": "realm.roles", "header": "X-Roles"},
           {"claim": ["https://example.com/roles", 0], "header": "X-First"}]"#,
    );
    let claims: Vec<_> =
        config.providers[0].claims_to_headers.iter().map(|entry| entry.claim.steps().to_vec()).collect();
    let member = |name: &str| ClaimStep::Member(name.to_owned());
    assert_eq!(
        claims,
        [
            vec![member("realm"), member("roles")],
            vec![member("https://example.com/roles"), ClaimStep::Item(0)]
        ]
    );
    let map = right(r#""claims_to_headers": {"realm.roles": "X-Roles"}"#);
    assert_eq!(map.providers[0].claims_to_headers[0].claim, ClaimPath::dotted("realm.roles").unwrap());
}

#[test]
fn places_of_tokens_are_read() {
    let config = right(
        r#""from": [{"header": "Authorization"}, {"header": "X-Token"}, {"header": "X-Other", "scheme": "JWT"},
           {"cookie": "session"}, {"query": "access_token"}]"#,
    );
    let header = |name: &str, scheme: Option<&str>| TokenPlace::Header {
        name: name.to_owned(),
        scheme: scheme.map(str::to_owned),
    };
    assert_eq!(
        config.from,
        [
            TokenPlace::bearer(),
            header("x-token", None),
            header("x-other", Some("JWT")),
            TokenPlace::Cookie("session".to_owned()),
            TokenPlace::Query("access_token".to_owned())
        ]
    );
}

#[test]
fn requirements_are_read() {
    let config = right(
        r#""require": [{"path": "/admin/**", "methods": ["POST"], "scopes": ["write"],
           "claims": {"role": "admin", "level": [1, 2.50, true]}},
           {"path": "/x", "claims": [{"claim": ["https://a/b"], "any_of": ["c"]}]}]"#,
    );
    let [admin, other] = &*config.require else { panic!() };
    assert_eq!(admin.scopes, ["write"]);
    assert_eq!(admin.claims[0].any_of, [ClaimValue::Text("admin".to_owned())]);
    let literal = |text: &str| ClaimValue::Literal(text.to_owned());
    assert_eq!(admin.claims[1].any_of, [literal("1"), literal("2.50"), literal("true")]);
    assert_eq!(other.claims[0].claim.steps(), [ClaimStep::Member("https://a/b".to_owned())]);
}

#[test]
fn providers_share_what_is_said_at_the_top() {
    let (config, mistakes) = read(
        r#"{"auth": {"leeway": "5s", "audiences": ["api"], "jwks_refresh": "1m", "providers": [
            {"issuer": "a", "jwks_uri": "https://a/keys", "leeway": "0s", "jwks_cluster": "outbound|443||a"},
            {"issuer": "b", "jwks": {"keys": []}}]}}"#,
    );
    assert_eq!(mistakes.to_string(), "");
    let [a, b] = &*config.providers else { panic!() };
    assert_eq!((a.leeway, b.leeway), (Duration::ZERO, Duration::from_secs(5)));
    assert_eq!(b.audiences.as_deref(), Some(&["api".to_owned()][..]));
    let Some(KeysConfig::Remote { upstream, refresh }) = &a.keys else { panic!() };
    assert_eq!((&*upstream.cluster, refresh.refresh), ("outbound|443||a", Duration::from_secs(60)));
    assert!(matches!(&b.keys, Some(KeysConfig::Inline { at, .. }) if at == "auth.providers[1].jwks"));
}

#[test]
fn every_mistake_is_told_with_its_place() {
    let keys = r#""jwks_uri": "https://a/keys""#;
    let table = [
        ("", "auth.jwks_uri: missing\n"),
        (
            r#""jwks_uri": "a""#,
            "auth.jwks_uri: expected a URL such as \"http://users-service:3001\", got \"a\"\n",
        ),
        (
            r#""jwks": [], "jwks_cluster": "c""#,
            "auth.jwks_cluster: only jwks_uri is fetched through a cluster\nauth.jwks: expected a key set, as an object with keys, got []\n",
        ),
        (r#"KEYS, "jwks": {}"#, "auth.jwks: keys are either fetched from jwks_uri or given as jwks\n"),
        (r#"KEYS, "type": "oauth""#, "auth.type: expected \"jwt\", got \"oauth\"\n"),
        (r#"KEYS, "isuer": "x""#, "auth.isuer: unknown key, did you mean \"issuer\"?\n"),
        (r#"KEYS, "issuer": """#, "auth.issuer: expected an issuer, got \"\"\n"),
        (
            r#"KEYS, "audiences": []"#,
            "auth.audiences: expected at least one audience; leave the key out to check none, got []\n",
        ),
        (r#"KEYS, "audiences": "api""#, "auth.audiences: expected a list, got \"api\"\n"),
        (r#"KEYS, "algorithms": []"#, "auth.algorithms: expected at least one algorithm, got []\n"),
        (
            r#"KEYS, "leeway": 60"#,
            "auth.leeway: expected a duration with its unit, such as \"250ms\", \"2s\", \"5m\" or \"24h\", got 60\n",
        ),
        (
            r#"KEYS, "realm": "a\"b""#,
            "auth.realm: expected ASCII text without control characters, \" and \\, got \"a\\\"b\"\n",
        ),
        (
            r#"KEYS, "exclude_paths": ["a", {"path": "/a", "method": ["GET"]}, 7]"#,
            "auth.exclude_paths[0]: a path pattern begins with \"/\"\nauth.exclude_paths[1].method: unknown key, did you mean \"methods\"?\nauth.exclude_paths[2]: expected a path pattern, or an object with path and methods, got 7\n",
        ),
        (
            r#"KEYS, "claims_to_headers": {"sub": "a b", "a..b": "x-a", "role": "Host"}"#,
            "auth.claims_to_headers.sub: expected a header's name, got \"a b\"\nauth.claims_to_headers[\"a..b\"]: no claim's name; a list of {claim, header} takes any\nauth.claims_to_headers.role: expected a header that Envoy does not set itself, got \"Host\"\n",
        ),
        (
            r#"KEYS, "claims_to_headers": {"a": "X-A", "b": "x-a"}"#,
            "auth.claims_to_headers.b: defined twice, first as auth.claims_to_headers.a\n",
        ),
        (
            r#"KEYS, "claims_to_headers": [{"claim": [0], "header": "x"}]"#,
            "auth.claims_to_headers[0].claim: expected a list that begins with a claim's name, got [0]\n",
        ),
        (r#"KEYS, "from": []"#, "auth.from: expected at least one place, got []\n"),
        (
            r#"KEYS, "from": [{"header": "a", "cookie": "b"}]"#,
            "auth.from[0]: expected one of header, cookie and query, got {\"header\": \"a\", \"cookie\": \"b\"}\n",
        ),
        (r#"KEYS, "from": [{"cookie": "a"}, {"cookie": "a"}]"#, "auth.from[1]: this place is named twice\n"),
        (
            r#"KEYS, "require": [{"path": "/a"}, {"path": "/b", "scopes": ["a b"]}]"#,
            "auth.require[0]: expected claims or scopes to require, got {\"path\": \"/a\"}\nauth.require[1].scopes[0]: expected a scope's name, got \"a b\"\n",
        ),
        (r#""providers": []"#, "auth.providers: expected at least one provider, got []\n"),
        (
            r#""issuer": "a", "providers": [{KEYS, "issuer": "a"}, {KEYS, "issuer": "a"}, {KEYS}]"#,
            "auth.issuer: belongs into each of the providers\nauth.providers[1].issuer: defined twice, first as auth.providers[0].issuer\nauth.providers[2].issuer: missing, and only a provider that is alone may leave it out\n",
        ),
    ];
    for (members, told) in table {
        assert_eq!(mistakes_of(&members.replace("KEYS", keys)), told, "{members}");
    }
}
