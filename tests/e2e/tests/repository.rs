//! What the repository says of itself is so: the sample configuration is the sample document, and crates keep to the
//! lines of the architecture.

use std::collections::BTreeSet;
use std::process::Command;

use e2e_tests::{
    Envoy, LimitService, RUNTIME, Redis, Request, local_bootstrap, local_global_bootstrap, read_yaml,
    repository, sample_document, stop,
};
use serde_json::{Value, json};
use services::Services;

fn manager() -> Value {
    let envoy = read_yaml("envoy/envoy.yaml");
    envoy["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"].clone()
}

#[test]
fn the_sample_configuration_carries_the_sample_document() {
    let wasm = manager()["http_filters"][0]["typed_config"]["config"].clone();
    let text = wasm["configuration"]["value"].as_str().unwrap().to_owned();
    let mut expected = sample_document();
    expected["headers_wait"] = wasm["allow_on_headers_stop_iteration"].clone();
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
    assert_eq!(expected["headers_wait"], true);
    assert_eq!(wasm["failure_policy"], "FAIL_RELOAD");
}

#[test]
fn the_sample_configuration_routes_what_the_sample_document_routes() {
    let document = read_yaml("envoy/gateway.yaml");
    let envoy_routes = manager()["route_config"]["virtual_hosts"][0]["routes"].clone();
    for route in document["routes"].as_array().unwrap() {
        let path = route["path"].as_str().unwrap();
        let matcher = match path.strip_suffix("/**") {
            Some(prefix) => json!({ "path_separated_prefix": prefix }),
            None => json!({ "path": path }),
        };
        let (name, value) = matcher.as_object().unwrap().iter().next().unwrap();
        let found = envoy_routes.as_array().unwrap().iter().find(|route| route["match"][name] == *value);
        let found = found.unwrap_or_else(|| panic!("no route for {path}"));
        let cluster = route["upstream"].as_str().unwrap().trim_start_matches("http://");
        assert_eq!(found["route"]["cluster"], cluster, "{path}");
        assert_eq!(found["route"]["host_rewrite_literal"], cluster, "{path}");
        let methods: Vec<&str> =
            route["methods"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let method = &found["match"]["headers"][0]["string_match"];
        let accepted = method["exact"].as_str().or(method["safe_regex"]["regex"].as_str()).unwrap();
        assert_eq!(accepted, methods.join("|"), "{path}");
    }
}

#[test]
fn the_sample_configuration_starts_and_serves() {
    let services = RUNTIME.block_on(Services::start()).unwrap();
    let envoy = Envoy::start("envoy.yaml", &local_bootstrap(&services, 0), 1);
    let gateway = e2e_tests::eventually("it listens", || envoy.admin().listener("gateway"));
    let ask = |method: &str, path: &str| e2e_tests::Request::new(gateway, method, path);
    let token = e2e_tests::Token::default().mint();
    ask("GET", "/api/orders/ord_x7k9").token(&token).send().passed();
    let answer = ask("GET", "/api/nothing").token(&token).send();
    answer.refused(404, "not_found");
    let answer = ask("DELETE", "/api/orders/7").token(&token).send();
    answer.refused(405, "method_not_allowed");
    assert_eq!(answer.expect_header("allow"), "GET, POST");
    let answer = ask("POST", "/api/home").token(&token).body("{}").send();
    answer.refused(405, "method_not_allowed");
    stop([&services.orders]);
    let answer = ask("GET", "/api/orders/7").token(&token).send();
    answer.refused(503, "service_unavailable");
    // A filter's refusal is its own, whatever Envoy's errors look like.
    let answer = ask("GET", "/api/orders/7").send();
    answer.refused(401, "token_missing");
}

#[test]
fn the_limits_of_two_envoys_are_those_of_the_files() {
    let services = RUNTIME.block_on(Services::start()).unwrap();
    let limits = std::fs::read_to_string(repository().join("envoy/limits/limitador.yaml")).unwrap();
    let redis = Redis::start();
    let service = LimitService::start(&limits, Some(&redis));
    // A machine that is busy must not make the service late; the sample is right in being impatient.
    let bootstrap = local_global_bootstrap(&services, service.address().port());
    let bootstrap = bootstrap.replace(r#""timeout": "20ms""#, r#""timeout": "20s""#);
    let envoys = [0; 2].map(|_| Envoy::start("global.yaml", &bootstrap, 1));
    let addresses = envoys
        .each_ref()
        .map(|envoy| e2e_tests::eventually("it listens", || envoy.admin().listener("gateway")));
    let passing = |path: &str, user: &str| {
        let ask = |number: usize| {
            Request::new(addresses[number % 2], "GET", path).header("x-user-id", user).send().status
        };
        (0..150).filter(|number| ask(*number) != 429).count()
    };
    assert_eq!(passing("/api/orders/export", "usr_1"), 5);
    let count = passing("/api/orders/7", "usr_2");
    // A second minute may have begun.
    assert!((90..=150).contains(&count), "{count}");
}

/// Both files say what the document says: the rule, the part of the key, how many in how many seconds.
#[test]
fn both_services_are_told_the_rules_of_the_document() {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let of_limitador = read_yaml("envoy/limits/limitador.yaml");
    let of_limitador = of_limitador.as_array().unwrap().iter().map(|limit| {
        let rule = text(&limit["conditions"][0]);
        let key = text(&limit["variables"][0]);
        let rule = rule.trim_start_matches("descriptors[0]['rule'] == '").trim_end_matches('\'').to_owned();
        let key = key.trim_start_matches("descriptors[0]['").trim_end_matches("']").to_owned();
        assert_eq!(limit["namespace"], "gateway");
        (rule, key, limit["max_value"].as_u64().unwrap(), limit["seconds"].as_u64().unwrap())
    });
    let of_ratelimit = read_yaml("envoy/limits/ratelimit.yaml");
    assert_eq!(of_ratelimit["domain"], "gateway");
    let of_ratelimit = of_ratelimit["descriptors"].as_array().unwrap().iter().flat_map(|rule| {
        rule["descriptors"].as_array().unwrap().iter().map(|key| {
            let seconds = if key["rate_limit"]["unit"] == "minute" { 60 } else { 3_600 };
            let count = key["rate_limit"]["requests_per_unit"].as_u64().unwrap();
            (text(&rule["value"]), text(&key["key"]), count, seconds)
        })
    });
    let of_limitador: Vec<_> = of_limitador.collect();
    assert_eq!(of_limitador, of_ratelimit.collect::<Vec<_>>());
    let expected = [
        ("default", "header:x-user-id", 100, 60),
        ("default", "remote_address", 100, 60),
        ("/api/orders/export", "remote_address", 5, 3_600),
    ];
    let expected =
        expected.map(|(rule, key, count, seconds)| (rule.to_owned(), key.to_owned(), count, seconds));
    assert_eq!(of_limitador, expected);
}

#[test]
fn docker_compose_mounts_and_starts_what_is_there() {
    let text = std::fs::read_to_string(repository().join("docker-compose.yml")).unwrap();
    let words = text.split(|c: char| c.is_whitespace() || "\",[]".contains(c));
    let named = words.filter_map(|word| match word.strip_prefix("./") {
        Some(mount) => mount.split(':').next(),
        None if word.starts_with("envoy/") && word.ends_with(".yaml") => Some(word.trim_end_matches(':')),
        None => word.strip_prefix("/limits/").and(Some("envoy/limits/limitador.yaml")),
    });
    let named: BTreeSet<&str> = named.collect();
    for expected in ["envoy", "envoy/global.yaml", "envoy/limits", "envoy/limits/limitador.yaml"] {
        assert!(named.contains(expected), "{named:?}");
    }
    for path in named {
        assert!(repository().join(path).exists(), "{path} is missing");
    }
}

/// The crates of ours that each crate depends on, for what is built into a module.
fn dependencies() -> Vec<(String, BTreeSet<String>)> {
    let arguments = ["metadata", "--no-deps", "--format-version", "1", "--offline"];
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(repository()).output().unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let names = packages.iter().map(|package| {
        let normal = package["dependencies"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|dependency| dependency["kind"].is_null());
        let ours = normal.filter_map(|dependency| dependency["name"].as_str()).map(str::to_owned);
        (package["name"].as_str().unwrap().to_owned(), ours.collect())
    });
    names.collect()
}

#[test]
fn pure_crates_import_none_of_each_other() {
    let shared = ["portcullis-document", "portcullis-http"];
    let filters =
        ["portcullis-jwt-auth", "portcullis-rate-limit", "portcullis-aggregate", "portcullis-transform"];
    for (name, imports) in dependencies() {
        let ours: Vec<&str> =
            imports.iter().map(String::as_str).filter(|name| name.starts_with("portcullis-")).collect();
        if filters.contains(&name.as_str()) {
            assert!(ours.iter().all(|import| shared.contains(import)), "{name} imports {ours:?}");
        }
        if shared.contains(&name.as_str()) {
            assert!(ours.iter().all(|import| shared.contains(import)), "{name} imports {ours:?}");
        }
        if name.starts_with("portcullis-module-") {
            assert_eq!(ours, ["portcullis-host"], "{name}");
        }
    }
}

#[test]
fn only_the_probe_knows_the_sdk_and_tests_of_the_outside_know_nothing_of_the_inside() {
    for (name, imports) in dependencies() {
        if name.starts_with("portcullis-") {
            assert!(!imports.contains("proxy-wasm"), "{name} imports the SDK");
        }
        if ["e2e-tests", "services", "probe", "fake-envoy"].contains(&name.as_str()) {
            assert!(
                !imports.iter().any(|import| import.starts_with("portcullis-")),
                "{name} imports {imports:?}"
            );
        }
    }
}
