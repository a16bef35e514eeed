//! Which map can be read and changed in which phase.

use fake_envoy::{Envoy, Setup};

use crate::guest::host::{self, CALL, REQUEST, REQUEST_TRAILERS, RESPONSE, RESPONSE_TRAILERS};
use crate::guest::{BAD_ARGUMENT, CALLBACKS, CONTINUE, Event, NOT_FOUND, PAUSE, play};

/// Which maps a guest can read: a missing header is `NotFound` where the map is there, `BadArgument` where it is not.
fn readable() -> Vec<u32> {
    (0..8).filter(|map| host::header(*map, "x-missing") == Err(NOT_FOUND)).collect()
}

#[test]
fn each_phase_has_its_own_map_and_no_other() {
    play(|_, event| {
        let expected: &[u32] = match event {
            Event::RequestHeaders { .. } => &[REQUEST],
            Event::RequestTrailers { .. } => &[REQUEST_TRAILERS],
            Event::ResponseHeaders { .. } => &[RESPONSE],
            Event::ResponseTrailers { .. } => &[RESPONSE_TRAILERS],
            Event::Log => {
                assert_eq!(host::set_header(RESPONSE, "x", "1"), Err(BAD_ARGUMENT), "it can only be read");
                &[0, 1, 2, 3, 4, 5, 6, 7]
            }
            _ => &[],
        };
        assert_eq!(readable(), expected, "{event:?}");
        CONTINUE
    });
    let envoy = Envoy::start(CALLBACKS, "").unwrap();
    let stream = envoy.post("/").open().chunk("body").trailers([("x-request", "trailer")]);
    stream.respond([(":status", "200")]).open().chunk("body").trailers([("x-response", "trailer")]);
    assert!(stream.is_over());
}

#[test]
fn a_map_that_the_phase_does_not_have_is_a_bad_argument_to_every_call_but_pairs() {
    play(|_, event| {
        if matches!(event, Event::ResponseHeaders { .. }) {
            assert_eq!(host::header(REQUEST, ":path"), Err(BAD_ARGUMENT));
            assert_eq!(host::header(CALL, ":status"), Err(BAD_ARGUMENT));
            assert_eq!(host::set_header(REQUEST, "x", "1"), Err(BAD_ARGUMENT));
            assert_eq!(host::add_header(REQUEST, "x", "1"), Err(BAD_ARGUMENT));
            assert_eq!(host::remove_header(REQUEST, "x"), Err(BAD_ARGUMENT));
            assert_eq!(host::set_headers(REQUEST, &[]), Err(BAD_ARGUMENT));
            assert_eq!(host::header(8, "x"), Err(BAD_ARGUMENT), "there is no such map at all");
            assert_eq!(host::headers(REQUEST).map(|pairs| pairs.len()), Ok(0));
            assert_eq!(host::headers(8).map(|pairs| pairs.len()), Err(BAD_ARGUMENT));
        }
        CONTINUE
    });
    let envoy = Envoy::start(CALLBACKS, "").unwrap();
    assert!(envoy.get("/").end().respond([(":status", "200")]).end().is_over());
}

#[test]
fn request_headers_that_wait_stay_readable_until_they_are_let_go() {
    play(|_, event| {
        match event {
            Event::RequestHeaders { .. } => return PAUSE,
            Event::RequestBody { end, .. } => {
                assert_eq!(host::set_header(REQUEST, "x-late", "1"), Ok(()));
                return if end { CONTINUE } else { PAUSE };
            }
            Event::ResponseHeaders { .. } => {
                assert_eq!(
                    host::header(REQUEST, ":path").as_deref(),
                    Ok("/"),
                    "the body let them go, not the guest"
                );
            }
            _ => {}
        }
        CONTINUE
    });
    let envoy = Setup::new(CALLBACKS).headers_wait(true).start("").unwrap();
    let stream = envoy.post("/").body("hello");
    assert_eq!(stream.outcome().forwarded().headers.text("x-late").as_deref(), Some("1"));
    assert!(stream.respond([(":status", "200")]).end().is_over());
}

#[test]
fn edits_reach_the_other_side() {
    play(|_, event| {
        match event {
            Event::RequestHeaders { count, .. } => {
                assert_eq!(count, 6);
                assert_eq!(
                    host::header(REQUEST, "X-TWICE").as_deref(),
                    Ok("a"),
                    "the first value, in any case"
                );
                assert_eq!(host::headers(REQUEST).map(|all| all.all("x-twice").count()), Ok(2));
                host::remove_header(REQUEST, "X-Twice").unwrap();
                host::set_header(REQUEST, ":path", "/other").unwrap();
                host::add_header(REQUEST, "X-Added", "1").unwrap();
            }
            Event::ResponseHeaders { .. } => {
                host::set_headers(RESPONSE, &[(":status", "203"), ("x-only", "1")]).unwrap();
            }
            _ => {}
        }
        CONTINUE
    });
    let envoy = Envoy::start(CALLBACKS, "").unwrap();
    let stream = envoy.get("/").header("X-Twice", "a").header("x-twice", "b").end();
    let forwarded = stream.outcome().forwarded();
    assert_eq!(forwarded.headers.get("x-twice"), None);
    assert_eq!(forwarded.headers.text(":path").as_deref(), Some("/other"));
    assert_eq!(forwarded.headers.iter().last(), Some(("x-added", b"1".as_slice())));
    stream.respond([(":status", "200"), ("x-gone", "1")]).end();
    let received = stream.received().unwrap();
    assert_eq!((received.status(), received.headers.len()), (Some(203), 2));
}

#[test]
fn headers_are_bytes() {
    play(|_, event| {
        if matches!(event, Event::RequestHeaders { .. }) {
            let headers = host::headers(REQUEST).unwrap();
            assert_eq!(headers.get("x-bytes"), Some([0xff, 0xfe, b'/'].as_slice()));
        }
        CONTINUE
    });
    let envoy = Envoy::start(CALLBACKS, "").unwrap();
    let stream = envoy.get("/").header("x-bytes", [0xff, 0xfe, b'/']).end();
    assert_eq!(stream.outcome().forwarded().headers.get("x-bytes"), Some([0xff, 0xfe, b'/'].as_slice()));
}
