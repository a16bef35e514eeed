//! Answers that a filter makes itself, and what tears a stream down.

use fake_envoy::{Envoy, Outcome, Setup};

use crate::guest::host::{self, REQUEST, RESPONSE};
use crate::guest::{CALLBACKS, CONTINUE, Event, PAUSE, play, seen};

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
fn of_two_replies_the_first_goes_out_with_the_details_of_the_second() {
    play(|_, event| {
        if matches!(event, Event::RequestHeaders { .. }) {
            assert_eq!(host::reply(401, &[], "", "first"), Ok(()));
            assert_eq!(host::reply(403, &[], "", "second"), Ok(()));
        }
        CONTINUE
    });
    let envoy = Envoy::start(CALLBACKS, "").unwrap();
    let reply = envoy.get("/").end().outcome().replied();
    assert_eq!((reply.status, reply.details.as_str()), (401, "second"));
}

#[test]
fn a_filter_can_answer_its_own_answer() {
    play(|_, event| {
        match event {
            Event::RequestHeaders { .. } => host::reply(401, &[], "no", "first").unwrap(),
            Event::ResponseHeaders { .. } => host::reply(500, &[], "again", "second").unwrap(),
            _ => {}
        }
        CONTINUE
    });
    let envoy = Envoy::start(CALLBACKS, "").unwrap();
    let reply = envoy.get("/").end().outcome().replied();
    assert_eq!((reply.status, reply.text().as_str()), (500, "again"));
}

#[test]
fn the_answer_to_a_head_has_no_body_and_grpc_is_answered_in_its_own_language() {
    play(|_, event| {
        if matches!(event, Event::RequestHeaders { .. }) {
            host::reply(429, &[("x-why", "limit")], "slow down", "limit").unwrap();
        }
        CONTINUE
    });
    let envoy = Envoy::start(CALLBACKS, "").unwrap();
    let head = [(":method", "HEAD"), (":path", "/"), (":authority", "a")];
    let reply = envoy.request(head).end().outcome().replied();
    assert_eq!((reply.status, reply.text().as_str()), (429, ""));
    assert_eq!(reply.headers.text("content-length").as_deref(), Some("9"));
    let reply = envoy.post("/").header("content-type", "application/grpc").end().outcome().replied();
    assert_eq!((reply.status, reply.text().as_str()), (200, ""));
    let header = |name| reply.headers.text(name);
    assert_eq!(header("grpc-status").as_deref(), Some("14"));
    assert_eq!(header("grpc-message").as_deref(), Some("slow down"));
    assert_eq!(header("x-why").as_deref(), Some("limit"));
}

#[test]
fn a_reply_to_another_stream_stops_the_one_whose_callback_is_running() {
    play(|_, event| if matches!(event, Event::RequestHeaders { .. }) { PAUSE } else { CONTINUE });
    let envoy = Envoy::start(CALLBACKS, "").unwrap();
    let waiting = envoy.get("/first").end();
    let id = waiting.id();
    play(move |_, event| {
        if matches!(event, Event::RequestHeaders { .. }) {
            host::set_effective_context(id).unwrap();
            host::reply(503, &[], "", "").unwrap();
        }
        CONTINUE
    });
    let other = envoy.get("/second").end();
    assert_eq!(waiting.outcome().replied().status, 503);
    assert_eq!(other.outcome(), Outcome::Waiting);
}

#[test]
fn headers_that_cannot_go_on_are_answered_by_envoy() {
    let cases: [(fn(), u16, &str); 4] = [
        (|| host::remove_header(REQUEST, ":path").unwrap(), 404, "route_not_found"),
        (
            || host::remove_header(REQUEST, ":method").unwrap(),
            503,
            "filter_removed_required_request_headers{missing_required_header:_:method}",
        ),
        (
            || host::set_header(REQUEST, "x-split", "a\nb").unwrap(),
            503,
            "filter_removed_required_request_headers{invalid_header_value_for:_x-split}",
        ),
        (|| host::set_headers(REQUEST, &[]).unwrap(), 404, "route_not_found"),
    ];
    for (spoil, status, details) in cases {
        play(move |_, event| {
            if matches!(event, Event::RequestHeaders { .. }) {
                spoil();
            }
            CONTINUE
        });
        let envoy = Envoy::start(CALLBACKS, "").unwrap();
        let reply = envoy.get("/").end().outcome().replied();
        assert_eq!((reply.status, reply.details.as_str()), (status, details));
    }
}

#[test]
fn an_answer_without_a_status_is_a_502_straight_to_the_client() {
    play(|_, event| {
        if matches!(event, Event::ResponseHeaders { .. }) {
            host::remove_header(RESPONSE, ":status").unwrap();
        }
        CONTINUE
    });
    let envoy = Envoy::start(CALLBACKS, "").unwrap();
    let stream = envoy.get("/").end();
    stream.respond([(":status", "200")]).body("x");
    assert_eq!(stream.outcome().replied().status, 502);
}

/// What fails a test here crashes the real Envoy, or makes it do what nobody can want.
mod hazards {
    use super::*;

    fn in_request_headers(act: impl Fn() -> u32 + 'static) {
        play(move |_, event| if matches!(event, Event::RequestHeaders { .. }) { act() } else { CONTINUE });
        let envoy = Envoy::start(CALLBACKS, "").unwrap();
        let _ = envoy.get("/").end();
    }

    #[test]
    #[should_panic(expected = "a response was continued that has not begun")]
    fn continuing_a_response_before_there_is_one() {
        in_request_headers(|| host::continue_stream(1).map_or(PAUSE, |()| PAUSE));
    }

    #[test]
    #[should_panic(expected = "they go out twice")]
    fn continuing_a_request_in_its_own_callback_and_by_its_answer() {
        in_request_headers(|| host::continue_stream(0).map_or(PAUSE, |()| CONTINUE));
    }

    #[test]
    #[should_panic(expected = "torn down")]
    fn answering_a_stream_that_is_logged() {
        play(|_, event| {
            if event == Event::Log {
                host::reply(500, &[], "", "").unwrap();
            }
            CONTINUE
        });
        let envoy = Envoy::start(CALLBACKS, "").unwrap();
        envoy.get("/").end().client_leaves();
    }

    #[test]
    #[should_panic(expected = "line break")]
    fn a_line_break_in_a_header_of_an_answer() {
        in_request_headers(|| {
            host::reply(401, &[("x-why", "a\r\nset-cookie: b")], "", "").map_or(PAUSE, |()| PAUSE)
        });
    }

    #[test]
    #[should_panic(expected = "drops the body")]
    fn a_body_that_pauses_again_before_trailers_that_continue() {
        play(|_, event| match event {
            Event::RequestHeaders { .. } | Event::RequestBody { .. } => PAUSE,
            Event::Tick => host::set_effective_context(2)
                .and_then(|()| host::continue_stream(0))
                .map_or(PAUSE, |()| PAUSE),
            Event::VmStart => host::set_tick_period(1).map_or(PAUSE, |()| CONTINUE),
            _ => CONTINUE,
        });
        let envoy = Envoy::start(CALLBACKS, "").unwrap();
        let stream = envoy.post("/").open().chunk("body").trailers([("x", "1")]);
        assert_eq!(stream.id(), 2);
        envoy.tick();
    }
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
fn a_request_that_is_too_big_to_buffer_is_a_413_that_the_filter_sees() {
    play(|_, event| if matches!(event, Event::RequestBody { .. }) { PAUSE } else { CONTINUE });
    let envoy = Setup::new(CALLBACKS).buffer_limit(10).start("").unwrap();
    let stream = envoy.post("/").open().chunk("0123456789");
    stream.outcome().forwarded();
    seen();
    let reply = stream.chunk("!").outcome().replied();
    assert_eq!((reply.status, reply.details.as_str()), (413, "request_payload_too_large"));
    let expected =
        [Event::RequestBody { size: 11, end: false }, Event::ResponseHeaders { count: 3, end: false }];
    assert!(seen().starts_with(&expected));
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
fn what_waits_behind_headers_without_the_flag_holds_its_sender_back_at_the_limit() {
    play(|_, event| if matches!(event, Event::RequestHeaders { .. }) { PAUSE } else { CONTINUE });
    let envoy = Setup::new(CALLBACKS).buffer_limit(10).start("").unwrap();
    let stream = envoy.post("/").open().chunk("more than ten bytes").chunk("held back").end();
    assert_eq!(stream.outcome(), Outcome::Waiting);
    seen();
    let id = stream.id();
    play(move |_, event| {
        if matches!(event, Event::RequestHeaders { .. }) {
            host::set_effective_context(id).unwrap();
            host::continue_stream(0).unwrap();
        }
        CONTINUE
    });
    let _ = envoy.get("/other").end();
    assert_eq!(stream.outcome().forwarded().text(), "more than ten bytesheld back");
    let sizes = seen().into_iter().filter_map(|event| match event {
        Event::RequestBody { size, end } => Some((size, end)),
        _ => None,
    });
    assert_eq!(sizes.collect::<Vec<_>>(), [(19, false), (9, false), (0, true)]);
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
