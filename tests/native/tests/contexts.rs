//! Contexts as the ABI allows them, in orders in which Envoy does not bring them: nothing passes undecided.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fake_envoy::Envoy;
use portcullis_host::callbacks;
use serde_json::json;
use services::{Alg, Key};

const CONTINUE: u32 = 0;
const PAUSE: u32 = 1;
/// Numbers that the fake Envoy does not give to a context.
const STRANGER: u32 = 1_000_001;
const EARLY: u32 = 1_000_002;
const NO_ROOT: u32 = 1_000_003;

const ROOT: u32 = 1;

/// Every request needs a token, but those to `/open`.
fn start() -> Envoy {
    let keys = services::key_set(&[Key::of(Alg::Es256)]);
    let auth =
        json!({ "type": "jwt", "jwks": keys, "issuer": "https://a.example", "exclude_paths": ["/open"] });
    native_tests::gateway(&json!({ "auth": auth }).to_string()).start().unwrap()
}

/// What the callbacks after a request's headers say.
fn later(context: u32) -> [u32; 5] {
    [
        callbacks::request_body(context, 1, false),
        callbacks::request_trailers(context, 1),
        callbacks::response_headers(context, 1, false),
        callbacks::response_body(context, 1, true),
        callbacks::response_trailers(context, 1),
    ]
}

#[test]
fn nothing_passes_of_a_context_that_was_never_announced() {
    let _envoy = start();
    assert_eq!(callbacks::request_headers(STRANGER, 1, true), PAUSE);
    assert_eq!(later(STRANGER), [PAUSE; 5]);
    callbacks::delete(STRANGER);
}

#[test]
fn nothing_passes_of_a_context_whose_root_is_not_known() {
    let _envoy = start();
    callbacks::context_create(EARLY, NO_ROOT);
    assert_eq!(callbacks::request_headers(EARLY, 1, true), PAUSE);
    assert_eq!(later(EARLY), [PAUSE; 5]);
    callbacks::delete(EARLY);
}

#[test]
fn a_context_may_be_announced_long_before_its_headers() {
    let envoy = start();
    callbacks::context_create(EARLY, ROOT);
    envoy.get("/").end().outcome().replied();
    assert_eq!(callbacks::request_body(EARLY, 1, false), PAUSE, "its headers have not come");
    callbacks::delete(EARLY);
}

#[test]
fn what_was_let_through_whole_is_answered_at_once() {
    let envoy = start();
    let stream = envoy.get("/open").end();
    stream.outcome().forwarded();
    assert_eq!(later(stream.id()), [CONTINUE; 5]);
}
