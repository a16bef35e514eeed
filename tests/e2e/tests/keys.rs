//! Where keys come from: fetched once for all workers, kept while the endpoint fails, changed when it rotates.

use e2e_tests::{Alg, Gate, Key, Setup, Token, eventually, fresh_user, restart, stop};
use serde_json::{Value, json};

const JWKS: &str = "/.well-known/jwks.json";

fn document(members: Value) -> Value {
    let mut document = json!({ "auth": {
        "type": "jwt",
        "jwks_uri": "https://auth.example.com/.well-known/jwks.json",
        "issuer": "https://auth.example.com",
        "audiences": ["api.example.com"],
    } });
    for (name, value) in members.as_object().into_iter().flatten() {
        document["auth"][name] = value.clone();
    }
    document
}

fn status_of(gate: &Gate, token: &str) -> u16 {
    gate.get("/api/orders/7").token(token).send().status
}

fn fetches(gate: &Gate) -> usize {
    gate.services.auth.seen().count(JWKS)
}

#[test]
fn keys_are_fetched_before_the_first_request_and_once_for_all_workers() {
    let gate = Setup::gateway(document(json!({}))).workers(2).start();
    eventually("the keys are fetched", || (fetches(&gate) == 1).then_some(()));
    for _ in 0..8 {
        assert_eq!(status_of(&gate, &Token::of(&fresh_user()).mint()), 200);
    }
    assert_eq!(fetches(&gate), 1);
}

#[test]
fn requests_that_come_before_the_keys_wait_and_are_released_together() {
    let slow = json!({ "jwks_uri": "https://auth.example.com/.well-known/jwks.json?delay_ms=600" });
    let gate = Setup::gateway(document(slow)).start();
    std::thread::scope(|threads| {
        for _ in 0..6 {
            threads.spawn(|| {
                let request = gate.post("/api/orders").token(Token::of(&fresh_user()).mint());
                let answer = request.header("te", "trailers").chunked(&["a", "b"], "x-end: 1\r\n").send();
                assert_eq!(answer.passed().json()["received"], "ab");
            });
        }
    });
    assert_eq!(fetches(&gate), 1);
    gate.has_not_trapped();
}

#[test]
fn a_body_does_not_slip_through_while_the_keys_are_awaited() {
    let hung = json!({
        "jwks_uri": "https://auth.example.com/.well-known/jwks.json?fail=hang",
        "jwks_timeout": "400ms",
    });
    for setup in [Setup::gateway(document(hung.clone())), Setup::gateway(document(hung)).streaming()] {
        let gate = setup.start();
        let request = gate.post("/api/orders").token(Token::default().mint());
        for request in [request.clone().body("{}"), request.chunked(&["{", "}"], "x-end: 1\r\n")] {
            let answer = request.send();
            answer.refused(503, "keys_unavailable");
            assert!(answer.number("retry-after") >= 1);
            assert_eq!(gate.reached(&answer).len(), 0);
        }
    }
}

#[test]
fn an_endpoint_that_is_down_at_the_start_is_found_when_it_comes_up() {
    let setup = Setup::gateway(document(json!({ "jwks_timeout": "200ms" })));
    let gate = setup.start_after(|services| stop([&services.auth]));
    let token = Token::default().mint();
    let answer = gate.get("/api/orders/7").token(&token).send();
    answer.refused(503, "keys_unavailable");
    assert_eq!(gate.reached(&answer).len(), 0);
    restart([&gate.services.auth]);
    eventually("the keys are there", || (status_of(&gate, &token) == 200).then_some(()));
    gate.has_not_trapped();
}

#[test]
fn a_set_stays_in_use_while_its_endpoint_fails_in_any_way() {
    let gate = Setup::gateway(document(json!({ "jwks_refresh": "1s", "jwks_cooldown": "1s" }))).start();
    assert_eq!(status_of(&gate, &Token::of(&fresh_user()).mint()), 200);
    let failures: [&dyn Fn(); 5] = [
        &|| gate.services.jwks.down(),
        &|| gate.services.jwks.garbage(),
        &|| gate.services.jwks.answer(200, "{\"keys\":[]}"),
        &|| gate.services.jwks.answer(200, "[".repeat(100_000)),
        &|| gate.services.jwks.answer(200, vec![b' '; 300 << 10]),
    ];
    for fail in failures {
        fail();
        let before = fetches(&gate);
        eventually("the endpoint is asked again", || (fetches(&gate) > before).then_some(()));
        assert_eq!(status_of(&gate, &Token::of(&fresh_user()).mint()), 200);
    }
    gate.has_not_trapped();
}

#[test]
fn one_bad_key_does_not_spoil_its_neighbours() {
    let mut keys = services::key_set(&[Key::of(Alg::Rs256)]);
    let odd = [
        json!(7),
        json!({ "kty": "RSA" }),
        json!({ "kty": "RSA", "kid": "short", "alg": "RS256", "n": "AQAB", "e": "AQAB" }),
        json!({ "kty": "EC", "crv": "P-256", "kid": "x", "x": "AA", "y": "AA" }),
        json!({ "kty": "oct", "kid": "rs256", "k": "c2VjcmV0" }),
        json!({ "kty": "future", "kid": "rs256" }),
    ];
    keys["keys"].as_array_mut().unwrap().splice(0..0, odd);
    let setup = Setup::gateway(document(json!({})));
    let gate = setup.start_after(|services| services.jwks.answer(200, keys.to_string()));
    assert_eq!(status_of(&gate, &Token::default().mint()), 200);
    gate.has_not_trapped();
}

#[test]
fn a_rotated_key_is_fetched_when_its_first_token_comes_and_the_old_one_is_forgotten() {
    let gate = Setup::gateway(document(json!({}))).workers(2).start();
    let old = Token::default().mint();
    assert_eq!(status_of(&gate, &old), 200);
    gate.services.jwks.publish(&[Key::next(), Key::next_ec()]);
    let new = Token::by(Key::next()).mint();
    assert_eq!(status_of(&gate, &new), 200, "the first token of a new key waits for it");
    assert_eq!(status_of(&gate, &Token::by(Key::next_ec()).mint()), 200);
    // Two workers: each forgets the old key's tokens within two seconds.
    eventually("no worker takes the old key", || (0..8).all(|_| status_of(&gate, &old) == 401).then_some(()));
}

#[test]
fn a_flood_of_unknown_keys_asks_the_endpoint_once() {
    let gate = Setup::gateway(document(json!({}))).workers(2).start();
    assert_eq!(status_of(&gate, &Token::default().mint()), 200);
    let before = fetches(&gate);
    std::thread::scope(|threads| {
        for thread in 0..8 {
            let gate = &gate;
            threads.spawn(move || {
                let mut connection = gate.connect([127, 0, 0, 1]);
                for number in 0..125 {
                    let kid = format!("unknown-{thread}-{number}");
                    let token = Token::by(Key::of(Alg::Es256).named(&kid)).mint();
                    let answer = connection.send(&gate.get("/api/orders/7").token(token)).unwrap();
                    answer.refused(401, "token_invalid");
                }
            });
        }
    });
    assert_eq!(fetches(&gate) - before, 1, "one fetch in a cooldown, whatever is asked");
    gate.has_not_trapped();
}
