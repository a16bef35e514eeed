//! Answers that a filter makes itself, and what tears a stream down.

use fake_envoy::{Envoy, Outcome, Setup};

use crate::guest::host::{self, RESPONSE};
use crate::guest::{BAD_ARGUMENT, CALLBACKS, CONTINUE, Event, PAUSE, play, seen};

#[test]
fn a_reply_to_a_request_passes_the_filters_own_response_callbacks() {
    play(|_, event| {
        match event {
            Event::RequestHeaders { .. } => {
                host::reply(401, &[("WWW-Authenticate", "Bearer")], "no", "portcullis.jwt token missing")
                    .unwrap();
            }
            Event::ResponseHeaders { end, .. } => {
                assert_eq!((end, host::header(RESPONSE, ":status").as_deref()), (false, Ok("401")));
                host::set_header(RESPONSE, "x-seen", "1").unwrap();
            }
            _ => {}
        }
        CONTINUE
    });
    let envoy = Envoy::start(CALLBACKS, "").unwrap();
    let stream = envoy.get("/").end();
    let reply = stream.outcome().replied();
    assert_eq!((reply.status, reply.text().as_str()), (401, "no"));
    assert_eq!(reply.details, "portcullis.jwt_token_missing", "no white space");
    let header = |name| reply.headers.text(name);
    assert_eq!(header("www-authenticate").as_deref(), Some("Bearer"));
    assert_eq!(header("content-length").as_deref(), Some("2"));
    assert_eq!(header("content-type").as_deref(), Some("text/plain"));
    assert_eq!(header("x-seen").as_deref(), Some("1"));
    assert!(stream.is_over());
    let tail = [
        Event::ResponseHeaders { count: 4, end: false },
        Event::ResponseBody { size: 2, end: true },
        Event::Log,
        Event::Done,
        Event::Delete,
    ];
    assert!(seen().ends_with(&tail));
}

#[test]
fn a_second_reply_is_refused() {
    play(|_, event| {
        if matches!(event, Event::RequestHeaders { .. }) {
            assert_eq!(host::reply(401, &[], "", ""), Ok(()));
            assert_eq!(host::reply(403, &[], "", ""), Err(BAD_ARGUMENT));
        }
        CONTINUE
    });
    let envoy = Envoy::start(CALLBACKS, "").unwrap();
    assert_eq!(envoy.get("/").end().outcome().replied().status, 401);
}

#[test]
fn the_rest_of_a_request_that_was_answered_is_dropped() {
    play(|_, event| {
        if matches!(event, Event::RequestHeaders { .. }) {
            host::reply(401, &[], "no", "").unwrap();
        }
        CONTINUE
    });
    let envoy = Envoy::start(CALLBACKS, "").unwrap();
    let stream = envoy.post("/").open();
    seen();
    stream.chunk("body").end();
    assert_eq!(seen(), []);
}

/// The filter answers in the middle of the upstream's answer.
fn refusing_the_body(headers_wait: bool) -> Envoy {
    play(|_, event| match event {
        Event::ResponseHeaders { .. } => PAUSE,
        Event::ResponseBody { .. } => {
            host::reply(502, &[], "unreadable", "transform").unwrap();
            CONTINUE
        }
        _ => CONTINUE,
    });
    let mut callbacks = CALLBACKS;
    if !headers_wait {
        // Without the flag headers that wait would stop the body, so they go.
        callbacks.on_response_headers = None;
    }
    Setup::new(callbacks).headers_wait(headers_wait).start("").unwrap()
}

#[test]
fn a_reply_while_response_headers_wait_goes_straight_to_the_client() {
    let envoy = refusing_the_body(true);
    let stream = envoy.get("/").end();
    seen();
    stream.respond([(":status", "200"), ("x-upstream", "1")]).body("broken");
    let reply = stream.outcome().replied();
    assert_eq!((reply.status, reply.text().as_str()), (502, "unreadable"));
    assert_eq!(reply.headers.get("x-upstream"), None);
    let expected = [
        Event::ResponseHeaders { count: 2, end: false },
        Event::ResponseBody { size: 6, end: false },
        Event::Log,
        Event::Done,
        Event::Delete,
    ];
    assert_eq!(seen(), expected, "the filter does not see its own reply");
}

#[test]
fn a_reply_after_the_response_headers_have_gone_resets_the_stream() {
    let envoy = refusing_the_body(false);
    let stream = envoy.get("/").end();
    stream.respond([(":status", "200")]).body("broken");
    assert!(stream.was_reset());
    let received = stream.received().unwrap();
    assert_eq!((received.status(), received.text().as_str(), received.ended), (Some(200), "", false));
}

#[test]
fn closing_a_stream_tears_it_down() {
    play(|_, event| {
        if matches!(event, Event::RequestHeaders { .. }) {
            host::close_stream(0).unwrap();
        }
        CONTINUE
    });
    let envoy = Envoy::start(CALLBACKS, "").unwrap();
    let stream = envoy.get("/").end();
    assert_eq!(stream.outcome(), Outcome::Gone);
    assert!(stream.is_over());
}

#[test]
fn a_request_that_is_too_big_to_buffer_is_a_413() {
    play(|_, event| if matches!(event, Event::RequestBody { .. }) { PAUSE } else { CONTINUE });
    let envoy = Setup::new(CALLBACKS).buffer_limit(10).start("").unwrap();
    let stream = envoy.post("/").open().chunk("0123456789");
    stream.outcome().forwarded();
    let reply = stream.chunk("!").outcome().replied();
    assert_eq!((reply.status, reply.details.as_str()), (413, "request_payload_too_large"));
}

#[test]
fn a_response_that_is_too_big_to_buffer_is_a_500_or_a_reset() {
    for headers_wait in [true, false] {
        play(move |_, event| match event {
            Event::ResponseHeaders { .. } if headers_wait => PAUSE,
            Event::ResponseBody { .. } => PAUSE,
            _ => CONTINUE,
        });
        let envoy = Setup::new(CALLBACKS).headers_wait(headers_wait).buffer_limit(10).start("").unwrap();
        let stream = envoy.get("/").end();
        stream.respond([(":status", "200")]).body("01234567890");
        if headers_wait {
            let reply = stream.outcome().replied();
            assert_eq!((reply.status, reply.details.as_str()), (500, "response_payload_too_large"));
        } else {
            assert!(stream.was_reset());
        }
    }
}

#[test]
fn what_waits_behind_headers_without_the_flag_has_no_limit_of_the_filters() {
    play(|_, event| if matches!(event, Event::RequestHeaders { .. }) { PAUSE } else { CONTINUE });
    let envoy = Setup::new(CALLBACKS).buffer_limit(10).start("").unwrap();
    let stream = envoy.post("/").body("more than ten bytes");
    assert_eq!(stream.outcome(), Outcome::Waiting);
}

#[test]
fn an_upstream_that_fails_is_a_reply_of_envoys_that_passes_the_filter() {
    play(|_, _| CONTINUE);
    let envoy = Envoy::start(CALLBACKS, "").unwrap();
    let stream = envoy.get("/").end();
    seen();
    assert_eq!(stream.upstream_fails().outcome().replied().status, 503);
    assert!(matches!(
        seen()[..],
        [Event::ResponseHeaders { count: 3, end: false }, Event::ResponseBody { .. }, ..]
    ));
}
