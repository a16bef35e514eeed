//! How bodies and trailers pass, stop, are buffered and replaced.

use fake_envoy::{Envoy, Outcome, Setup};

use crate::guest::host::{self, REQUEST_BODY, RESPONSE, RESPONSE_BODY, RESPONSE_TRAILERS};
use crate::guest::{BAD_ARGUMENT, CALLBACKS, CONTINUE, Event, PAUSE, play, seen};

/// The headers wait, with the flag or without; everything else continues.
fn pausing_headers(headers_wait: bool) -> Envoy {
    play(|_, event| match event {
        Event::RequestHeaders { .. } | Event::ResponseHeaders { .. } => PAUSE,
        _ => CONTINUE,
    });
    Setup::new(CALLBACKS).headers_wait(headers_wait).start("").unwrap()
}

/// What the guest was told of bodies, as sizes with `end`.
fn bodies() -> Vec<(usize, bool)> {
    let all = seen().into_iter().filter_map(|event| match event {
        Event::RequestBody { size, end } | Event::ResponseBody { size, end } => Some((size, end)),
        _ => None,
    });
    all.collect()
}

#[test]
fn without_the_flag_headers_that_wait_stop_the_body_too() {
    let envoy = pausing_headers(false);
    let stream = envoy.post("/").open().chunk("hello").chunk("world").end();
    assert_eq!(bodies(), []);
    assert_eq!(stream.outcome(), Outcome::Waiting);
}

#[test]
fn with_the_flag_a_body_that_continues_releases_headers_that_wait() {
    let envoy = pausing_headers(true);
    let stream = envoy.post("/").open();
    assert_eq!(stream.outcome(), Outcome::Waiting);
    stream.chunk("hello");
    assert_eq!(bodies(), [(5, false)]);
    let forwarded = stream.chunk("world").end().outcome().forwarded();
    assert_eq!((forwarded.text().as_str(), forwarded.ended), ("helloworld", true));
}

#[test]
fn with_the_flag_trailers_that_continue_release_headers_that_wait() {
    play(|_, event| match event {
        Event::RequestHeaders { .. } | Event::RequestBody { .. } => PAUSE,
        _ => CONTINUE,
    });
    let envoy = Setup::new(CALLBACKS).headers_wait(true).start("").unwrap();
    let forwarded = envoy.post("/").open().chunk("body").trailers([("x", "1")]).outcome().forwarded();
    assert_eq!((forwarded.text().as_str(), forwarded.trailers.is_some()), ("body", true));
}

#[test]
fn pause_buffers_and_the_size_is_of_all_that_was_buffered() {
    play(|_, event| match event {
        Event::RequestBody { end: false, .. } => PAUSE,
        Event::RequestBody { end: true, .. } => {
            assert_eq!(host::buffer(REQUEST_BODY).as_deref(), Ok("helloworld"));
            CONTINUE
        }
        _ => CONTINUE,
    });
    let envoy = Envoy::start(CALLBACKS, "").unwrap();
    let stream = envoy.post("/").open().chunk("hello").chunk("world");
    assert_eq!(stream.outcome().forwarded().text(), "", "the headers have gone, the body has not");
    let forwarded = stream.end().outcome().forwarded();
    assert_eq!(bodies(), [(5, false), (10, false), (10, true)]);
    assert_eq!((forwarded.chunks, forwarded.ended), (vec![b"helloworld".to_vec()], true));
}

#[test]
fn continue_passes_each_piece_and_the_size_is_of_the_piece() {
    play(|_, event| {
        if matches!(event, Event::ResponseBody { .. }) {
            let piece = host::buffer(RESPONSE_BODY).unwrap();
            host::set_buffer(RESPONSE_BODY, 0, piece.len(), &format!("<{piece}>")).unwrap();
        }
        CONTINUE
    });
    let envoy = Envoy::start(CALLBACKS, "").unwrap();
    let stream = envoy.get("/").end().respond([(":status", "200")]).open().chunk("abc").chunk("defg").end();
    assert_eq!(bodies(), [(3, false), (4, false), (0, true)]);
    assert_eq!(stream.received().unwrap().chunks, [&b"<abc>"[..], b"<defg>", b"<>"]);
}

#[test]
fn a_buffer_is_replaced_from_its_start_prepended_to_or_appended_to() {
    for (start, size, bytes, result) in [
        (0, 100, "new", Ok("new")),
        (0, 2, "N", Ok("Nllo")),
        (0, 0, "pre-", Ok("pre-hello")),
        (5, 0, "-post", Ok("hello-post")),
        (100, 0, "-post", Ok("hello-post")),
        (2, 1, "x", Err(BAD_ARGUMENT)),
    ] {
        play(move |_, event| {
            if matches!(event, Event::RequestBody { end: false, .. }) {
                let answer = host::set_buffer(REQUEST_BODY, start, size, bytes);
                assert_eq!(answer, result.map(drop), "start {start}, size {size}");
            }
            CONTINUE
        });
        let envoy = Envoy::start(CALLBACKS, "").unwrap();
        let forwarded = envoy.post("/").body("hello").outcome().forwarded();
        assert_eq!(forwarded.text(), result.unwrap_or("hello"), "start {start}, size {size}");
    }
}

#[test]
fn a_part_of_a_buffer_can_be_read_and_what_is_past_the_end_is_nothing() {
    play(|_, event| {
        if matches!(event, Event::RequestBody { end: false, .. }) {
            assert_eq!(host::buffer_part(REQUEST_BODY, 1, 3).as_deref(), Ok("ell"));
            assert_eq!(host::buffer_part(REQUEST_BODY, 3, 100).as_deref(), Ok("lo"));
            assert_eq!(
                host::buffer_part(REQUEST_BODY, 1, usize::MAX),
                Err(BAD_ARGUMENT),
                "the sum overflows"
            );
        }
        CONTINUE
    });
    let envoy = Envoy::start(CALLBACKS, "").unwrap();
    assert_eq!(envoy.post("/").body("hello").outcome().forwarded().text(), "hello");
}

#[test]
fn with_trailers_a_body_never_sees_its_end() {
    play(|_, event| match event {
        Event::ResponseBody { .. } => PAUSE,
        Event::ResponseTrailers { count } => {
            assert_eq!(count, 1);
            assert_eq!(host::buffer(RESPONSE_BODY).as_deref(), Ok("abcdefg"));
            host::set_buffer(RESPONSE_BODY, 0, 7, "new").unwrap();
            host::set_header(RESPONSE_TRAILERS, "x-more", "2").unwrap();
            CONTINUE
        }
        _ => CONTINUE,
    });
    let envoy = Envoy::start(CALLBACKS, "").unwrap();
    let stream = envoy.get("/").end();
    stream.respond([(":status", "200")]).open().chunk("abc").chunk("defg").trailers([("x-trailer", "1")]);
    assert_eq!(bodies(), [(3, false), (7, false)]);
    let received = stream.received().unwrap();
    assert_eq!((received.text().as_str(), received.trailers.map(|all| all.len())), ("new", Some(2)));
}

#[test]
fn headers_that_wait_for_the_whole_body_can_still_be_changed() {
    play(|_, event| match event {
        Event::ResponseHeaders { .. } => PAUSE,
        Event::ResponseBody { end: false, .. } => PAUSE,
        Event::ResponseBody { end: true, size } => {
            host::set_buffer(RESPONSE_BODY, 0, size, "short").unwrap();
            host::set_header(RESPONSE, "content-length", "5").unwrap();
            host::set_header(RESPONSE, ":status", "299").unwrap();
            CONTINUE
        }
        _ => CONTINUE,
    });
    let envoy = Setup::new(CALLBACKS).headers_wait(true).start("").unwrap();
    let stream =
        envoy.get("/").end().respond([(":status", "200"), ("content-length", "10")]).body("0123456789");
    let received = stream.received().unwrap();
    assert_eq!((received.status(), received.text().as_str()), (Some(299), "short"));
    assert_eq!(received.headers.text("content-length").as_deref(), Some("5"));
}

#[test]
fn headers_that_end_the_answer_have_no_body_callback() {
    play(|_, _| CONTINUE);
    let envoy = Envoy::start(CALLBACKS, "").unwrap();
    let stream = envoy.get("/").end().respond([(":status", "204")]).end();
    assert_eq!(bodies(), []);
    assert!(stream.received().unwrap().ended);
}
