//! The scenes of the demo, in the order of a request's way: who are you, how often, from where, and what may you see.

use std::time::Duration;

use e2e_tests::{Token, restart, stop};

use crate::transcript::Transcript;

/// Plays every scene.
pub fn play(transcript: &mut Transcript<'_>) {
    identity(transcript);
    refusals(transcript);
    tricks(transcript);
    transformation(transcript);
    aggregation(transcript);
    limits(transcript);
    routes(transcript);
}

fn identity(transcript: &mut Transcript<'_>) {
    let token = Token::default().mint();
    let request = transcript.request("GET", "/api/orders/ord_x7k9").token(&token);
    transcript
        .scene("A token becomes headers, and stays at the gate", &request)
        .status(200)
        .saw_path("/orders/ord_x7k9")
        .saw("host", Some("orders-service:3002"))
        .saw("x-user-id", Some("usr_8a3f"))
        .saw("x-user-role", Some("customer"))
        .saw("authorization", None);
    let request =
        transcript.request("GET", "/api/orders/ord_x7k9").header("X-User-Id", "usr_root").token(&token);
    transcript
        .scene("A client's own identity header is taken off", &request)
        .status(200)
        .saw("x-user-id", Some("usr_8a3f"));
    let request = transcript.request("GET", "/api/health").header("X-User-Id", "usr_root");
    transcript
        .scene("On an excluded path as well", &request)
        .status(200)
        .saw_path("/health")
        .saw("x-user-id", None);
}

fn refusals(transcript: &mut Transcript<'_>) {
    let request = transcript.request("GET", "/api/orders/ord_x7k9").header("X-User-Id", "usr_root");
    transcript
        .scene("No token", &request)
        .status(401)
        .error("token_missing")
        .has("www-authenticate")
        .reached_nobody();
    let bad = [
        ("An expired token", Token::default().expired(), "token_expired"),
        ("A forged token", Token::default().forged(), "token_invalid"),
        ("A token for somebody else", Token::default().for_another_audience(), "token_invalid"),
    ];
    for (title, token, error) in bad {
        let request = transcript.request("GET", "/api/orders/ord_x7k9").token(token.mint());
        transcript.scene(title, &request).status(401).error(error).has("www-authenticate").reached_nobody();
    }
}

fn tricks(transcript: &mut Transcript<'_>) {
    let request = transcript.request("GET", "/API/health");
    transcript.scene("A path that only looks like an excluded one", &request).status(401).reached_nobody();
    let request = transcript.request("GET", "/api/health/..%2fusers/usr_8a3f");
    transcript.scene("A hidden way out of an excluded path", &request).status(400).reached_nobody();
}

fn transformation(transcript: &mut Transcript<'_>) {
    let request = transcript.request("GET", "/api/users/usr_8a3f").token(Token::of("usr_fields").mint());
    let mut scene = transcript.scene("Internal fields are gone at any depth, one is renamed", &request);
    scene.status(200).tells("\"email\":\"ada@example.com\"").tells("12345678901234567890");
    for field in
        ["internal_id", "internal\\u005fid", "db_shard", "feature_flags", "created_by_admin", "email_address"]
    {
        scene.hides(field);
    }
}

fn aggregation(transcript: &mut Transcript<'_>) {
    let home = transcript.request("GET", "/api/home").token(Token::of("usr_home").mint());
    transcript
        .scene("Three services in one answer", &home)
        .status(200)
        .tells("\"user\":{")
        .tells("\"recent_orders\":[{")
        .tells("\"recommendations\":[{")
        .has("x-response-time");
    let services = transcript.services;
    stop([&services.products, &services.orders]);
    transcript
        .scene("Two services are down: one has a fallback, one is optional", &home)
        .status(200)
        .tells("\"recent_orders\":[]")
        .tells("\"recommendations\":null")
        .has("x-portcullis-partial");
    stop([&services.users]);
    transcript.scene("A required one is down", &home).status(502).error("upstream_failed").tells("user");
    restart([&services.users, &services.orders, &services.products]);
}

fn limits(transcript: &mut Transcript<'_>) {
    let search = transcript.request("GET", "/api/search/engines").token(Token::of("usr_search").mint());
    let (passed, mut scene) = transcript.burst("Twenty a second for each user", &search, 60);
    scene.status(429).error("rate_limit_exceeded").has("retry-after").has("x-ratelimit-remaining");
    // 60 requests on one connection take far less than a second, in which 20 more may pass.
    scene.expect((20..40).contains(&passed), &format!("20 or a few more to pass, not {passed}"));
    let seconds = scene.answer.header("retry-after").and_then(|text| text.parse().ok()).unwrap_or(1);
    transcript.say(&format!("... {seconds} s later, as Retry-After says"));
    std::thread::sleep(Duration::from_secs(seconds));
    transcript.scene("After Retry-After", &search).status(200);
    let login = transcript.request("POST", "/api/auth/login").body("{}");
    let (passed, mut scene) = transcript.burst("Ten logins a minute from one address", &login, 12);
    scene.status(429).has("retry-after").expect(passed == 10, &format!("10 to pass, not {passed}"));
}

fn routes(transcript: &mut Transcript<'_>) {
    let token = Token::of("usr_lost").mint();
    let request = transcript.request("GET", "/api/nothing").token(&token);
    transcript.scene("Envoy's own errors have the same shape", &request).status(404).error("not_found");
    let request = transcript.request("DELETE", "/api/orders/7").token(&token);
    transcript.scene("Also for a method that no route takes", &request).status(405).has("allow");
}
