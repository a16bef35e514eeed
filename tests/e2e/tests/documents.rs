//! A document is taken whole or not at all: every mistake is told at once, and what runs stays.

use e2e_tests::{Setup, fresh_user, sample_document, validate_setup};
use serde_json::{Value, json};

/// Mistakes of every kind, each with the line that tells it.
fn broken() -> (Value, [&'static str; 6]) {
    let mut document = sample_document();
    document["rate_limiting"]["default"]["requests_per_second"] = json!(0);
    document["rate_limiting"]["overrides"][1]["requests_per_second"] = json!("twenty");
    document["auth"]["audience"] = json!(["api.example.com"]);
    document["auth"]["leeway"] = json!(60);
    document["aggregations"][0]["parts"][1]["name"] = json!("user");
    document["transformations"][0]["path"] = json!("api/users");
    let told = [
        "rate_limiting.default.requests_per_second: ",
        "rate_limiting.overrides[1].requests_per_second: ",
        "auth.audience: unknown key, did you mean \"audiences\"?",
        "auth.leeway: ",
        "aggregations[0].parts[1].name: ",
        "transformations[0].path: ",
    ];
    (document, told)
}

#[test]
fn a_broken_document_is_refused_with_all_of_its_mistakes() {
    let (document, told) = broken();
    let said = validate_setup(Setup::gateway(document)).unwrap_err();
    for line in told {
        assert!(said.contains(line), "{line} is not in:\n{said}");
    }
}

#[test]
fn envoy_keeps_the_document_that_it_has_when_a_new_one_is_broken() {
    let rules = json!({ "default": { "requests_per_minute": 60, "burst": 20, "key": "header:X-User-Id" } });
    let running = json!({ "rate_limiting": rules });
    let gate = Setup::gateway(running.clone()).workers(2).reloadable().start();
    let limit = || {
        let answer = gate.get("/api/orders/7").header("x-user-id", fresh_user()).send();
        answer.passed().number("x-ratelimit-limit")
    };
    assert_eq!(limit(), 60);

    let (document, told) = broken();
    assert!(!gate.reload(&document), "Envoy took a broken document");
    let log = gate.log();
    assert!(told.iter().all(|line| log.contains(line)), "{log}");
    assert_eq!(limit(), 60);

    let mut other = running;
    other["rate_limiting"]["default"]["requests_per_minute"] = json!(90);
    assert!(gate.reload(&other), "{}", gate.log());
    e2e_tests::eventually("every worker has the new document", || {
        (0..8).all(|_| limit() == 90).then_some(())
    });
    gate.has_not_trapped();
}

#[test]
fn a_configuration_that_is_no_string_is_refused_with_what_to_write_instead() {
    let said = validate_setup(Setup::gateway(sample_document()).as_struct()).unwrap_err();
    assert!(said.contains("StringValue"), "{said}");
}

#[test]
fn text_that_is_no_json_is_refused_with_its_place() {
    for text in ["", "[]", "auth:\n  type: jwt"] {
        let said = validate_setup(Setup::gateway(json!(text))).unwrap_err();
        assert!(said.contains("Unable to create Wasm plugin"), "{text:?}: {said}");
    }
}

#[test]
fn a_single_module_names_the_module_that_a_section_belongs_to() {
    let sections = [
        ("auth", "jwt_auth"),
        ("rate_limiting", "rate_limit"),
        ("aggregations", "aggregate"),
        ("transformations", "transform"),
    ];
    for (own, module) in sections {
        let document = sample_document();
        let said = validate_setup(Setup::module(module, document.clone())).unwrap_err();
        for (section, other) in sections.iter().filter(|(section, _)| *section != own) {
            let line = said.lines().find(|line| line.contains(&format!("{section}: ")));
            assert!(
                line.is_some_and(|line| line.contains(&format!("{other}.wasm"))),
                "{module}: {section}: {said}"
            );
        }
    }
}

#[test]
fn the_sample_document_is_taken() {
    validate_setup(Setup::gateway(sample_document())).unwrap();
    validate_setup(Setup::chain(&sample_document())).unwrap();
}
