//! Calls to other services, and who hears of their answers.

use std::time::Duration;

use fake_envoy::{Envoy, Outcome, Setup};

use crate::guest::host::{self, CALL, CALL_BODY, GRPC_MESSAGE, REQUEST, REQUEST_BODY};
use crate::guest::{
    BAD_ARGUMENT, CALLBACKS, CONTINUE, Event, INTERNAL_FAILURE, NOT_FOUND, PAUSE, play, seen_by,
};

const NO_HEADERS: [(&str, &str); 0] = [];

/// A request waits for a call; whatever comes lets it go on.
fn asking() -> Envoy {
    let mut waiting = 0;
    play(move |context, event| {
        match event {
            Event::RequestHeaders { .. } => {
                waiting = context;
                host::get("auth", "/check", 1000).unwrap();
                return PAUSE;
            }
            Event::RequestBody { .. } => return PAUSE,
            Event::CallAnswer { .. } if host::set_effective_context(waiting).is_ok() => {
                host::continue_stream(0).unwrap();
            }
            _ => {}
        }
        CONTINUE
    });
    Setup::new(CALLBACKS).cluster("auth").headers_wait(true).start("").unwrap()
}

/// The answers that were heard of, with the context that heard of them.
fn answers() -> Vec<(u32, Event)> {
    seen_by().into_iter().filter(|(_, event)| matches!(event, Event::CallAnswer { .. })).collect()
}

#[test]
fn the_root_hears_of_an_answer_not_the_stream_that_asked() {
    let envoy = asking();
    let stream = envoy.get("/").end();
    let [call] = stream.calls().try_into().unwrap();
    assert_eq!(stream.outcome(), Outcome::Waiting);
    envoy.answer(&call, 200, [("x-user", "7")], "yes");
    assert_eq!(answers(), [(call.root, Event::CallAnswer { token: call.token, headers: 2, body: 3 })]);
    assert_ne!(call.root, stream.id());
    stream.outcome().forwarded();
}

#[test]
fn a_call_outlives_the_stream_that_asked() {
    let envoy = asking();
    let stream = envoy.get("/").end();
    let [call] = stream.calls().try_into().unwrap();
    stream.client_leaves();
    assert_eq!(stream.calls().len(), 1, "nobody cancels it");
    envoy.answer(&call, 200, NO_HEADERS, "");
    assert_eq!(answers().len(), 1);
    assert_eq!(stream.outcome(), Outcome::Gone);
}

#[test]
fn an_answer_can_be_read_in_its_callback_and_not_after_it() {
    play(|_, event| {
        match event {
            Event::RequestHeaders { .. } => {
                host::get("auth", "/check", 1000).unwrap();
            }
            Event::CallAnswer { .. } => {
                assert_eq!(host::header(CALL, ":status").as_deref(), Ok("200"));
                assert_eq!(host::header(CALL, "x-user").as_deref(), Ok("7"));
                assert_eq!(host::buffer(CALL_BODY).as_deref(), Ok("yes"));
            }
            Event::ResponseHeaders { .. } => {
                assert_eq!(host::header(CALL, ":status"), Err(BAD_ARGUMENT));
                assert_eq!(host::buffer(CALL_BODY), Err(NOT_FOUND));
            }
            _ => {}
        }
        CONTINUE
    });
    let envoy = Setup::new(CALLBACKS).cluster("auth").start("").unwrap();
    let stream = envoy.get("/").end();
    let [call] = envoy.calls().try_into().unwrap();
    envoy.answer(&call, 200, [("X-User", "7")], "yes");
    assert!(stream.respond([(":status", "200")]).end().is_over());
}

#[test]
fn what_cannot_be_sent_is_refused_at_once() {
    let whole: &[(&str, &str)] = &[(":method", "GET"), (":path", "/"), (":authority", "a")];
    let by_host: &[(&str, &str)] = &[(":method", "GET"), (":path", "/"), ("Host", "a")];
    play(move |_, event| {
        if matches!(event, Event::Configure { .. }) {
            assert_eq!(host::call("unknown", whole, "", 100), Err(BAD_ARGUMENT));
            assert_eq!(host::call("sick", whole, "", 100), Err(INTERNAL_FAILURE));
            assert_eq!(host::call("well", whole, "", u32::MAX), Err(BAD_ARGUMENT), "a time below nought");
            for missing in 0..3 {
                let mut headers = whole.to_vec();
                headers.remove(missing);
                assert_eq!(host::call("well", &headers, "", 100), Err(BAD_ARGUMENT), "without {missing}");
            }
            assert!(host::call("well", by_host, "", 100).is_ok());
        }
        CONTINUE
    });
    let setup = Setup::new(CALLBACKS).cluster("well").unhealthy_cluster("sick");
    let envoy = setup.start("").unwrap();
    assert_eq!(envoy.calls().len(), 1);
}

#[test]
fn a_body_gives_a_call_its_length() {
    play(|_, event| {
        if matches!(event, Event::Configure { .. }) {
            let headers = [(":method", "POST"), (":path", "/x"), (":authority", "a"), ("X-Case", "1")];
            host::call("well", &headers, "hello", 0).unwrap();
        }
        CONTINUE
    });
    let envoy = Setup::new(CALLBACKS).cluster("well").start("").unwrap();
    let [call] = envoy.calls().try_into().unwrap();
    assert_eq!(call.headers.text("content-length").as_deref(), Some("5"));
    assert_eq!(call.headers.text("x-case").as_deref(), Some("1"));
    assert_eq!(call.timeout, None, "nought waits for ever");
}

#[test]
fn a_call_that_cannot_connect_is_an_ordinary_503_and_one_that_is_late_an_ordinary_504() {
    for (status, body) in [("503", "upstream connect error"), ("504", "upstream request timeout")] {
        play(move |_, event| {
            match event {
                Event::Configure { .. } => drop(host::get("well", "/", 100)),
                Event::CallAnswer { headers, .. } => {
                    assert_eq!((headers, host::header(CALL, ":status").as_deref()), (3, Ok(status)));
                    assert!(host::buffer(CALL_BODY).unwrap().starts_with(body));
                }
                _ => {}
            }
            CONTINUE
        });
        let envoy = Setup::new(CALLBACKS).cluster("well").start("").unwrap();
        let [call] = envoy.calls().try_into().unwrap();
        if status == "503" {
            envoy.connect_failure(&call);
        } else {
            envoy.time_out(&call);
        }
        assert_eq!(answers().len(), 1);
    }
}

#[test]
fn a_call_that_is_reset_has_no_headers_to_read() {
    play(|_, event| {
        match event {
            Event::Configure { .. } => drop(host::get("well", "/", 100)),
            Event::CallAnswer { headers, body, .. } => {
                assert_eq!((headers, body), (0, 0));
                assert_eq!(host::header(CALL, ":status"), Err(BAD_ARGUMENT));
                assert_eq!(host::status(), (11, String::from("reset")));
            }
            _ => {}
        }
        CONTINUE
    });
    let envoy = Setup::new(CALLBACKS).cluster("well").start("").unwrap();
    let [call] = envoy.calls().try_into().unwrap();
    envoy.fail(&call);
    envoy.fail(&call);
    assert_eq!(answers().len(), 1, "once");
}

#[test]
fn a_timeout_comes_when_its_time_has_come() {
    let envoy = asking();
    let stream = envoy.get("/").end();
    envoy.advance(Duration::from_millis(999));
    assert_eq!(stream.outcome(), Outcome::Waiting);
    envoy.advance(Duration::from_millis(1));
    assert_eq!(answers().len(), 1);
    stream.outcome().forwarded();
}

#[test]
fn with_the_flag_a_body_that_pauses_waits_for_the_call_and_can_be_read_in_its_callback() {
    let envoy = asking();
    let stream = envoy.post("/").open().chunk("hello").chunk("world").end();
    assert_eq!(stream.outcome(), Outcome::Waiting);
    let [call] = stream.calls().try_into().unwrap();
    let id = stream.id();
    play(move |_, event| {
        if matches!(event, Event::CallAnswer { .. }) {
            host::set_effective_context(id).unwrap();
            assert_eq!(host::header(REQUEST, ":method").as_deref(), Ok("POST"));
            assert_eq!(host::buffer(REQUEST_BODY).as_deref(), Ok("helloworld"));
            host::continue_stream(0).unwrap();
            assert_eq!(host::header(REQUEST, ":method"), Err(BAD_ARGUMENT), "let go, and out of reach");
        }
        CONTINUE
    });
    envoy.answer(&call, 200, NO_HEADERS, "");
    let forwarded = stream.outcome().forwarded();
    assert_eq!((forwarded.text().as_str(), forwarded.ended), ("helloworld", true));
}

#[test]
fn without_the_flag_the_body_callback_comes_after_the_resume_with_all_that_waited() {
    let mut waiting = 0;
    play(move |context, event| {
        match event {
            Event::RequestHeaders { .. } => {
                waiting = context;
                host::get("auth", "/check", 1000).unwrap();
                return PAUSE;
            }
            Event::CallAnswer { .. } => {
                host::set_effective_context(waiting).unwrap();
                assert_eq!(host::buffer(REQUEST_BODY).as_deref(), Ok(""), "it is not the filter's yet");
                host::continue_stream(0).unwrap();
            }
            Event::RequestBody { size, end } => assert_eq!((size, end), (10, true)),
            _ => {}
        }
        CONTINUE
    });
    let envoy = Setup::new(CALLBACKS).cluster("auth").start("").unwrap();
    let stream = envoy.post("/").open().chunk("hello").chunk("world").end();
    let [call] = stream.calls().try_into().unwrap();
    envoy.answer(&call, 200, NO_HEADERS, "");
    assert_eq!(stream.outcome().forwarded().text(), "helloworld");
}

#[test]
fn a_grpc_call_is_answered_or_closed_and_a_cancelled_one_is_neither() {
    play(|_, event| {
        match event {
            Event::Configure { .. } => {
                assert_eq!(host::grpc_call("unknown", "", 0), Err(4));
                for message in ["a", "b", "c"] {
                    host::grpc_call("limits", message, 20).unwrap();
                }
            }
            Event::GrpcMessage { .. } => assert_eq!(host::buffer(GRPC_MESSAGE).as_deref(), Ok("answer")),
            Event::GrpcClose { status, .. } => assert_eq!(host::status(), (status, String::from("down"))),
            _ => {}
        }
        CONTINUE
    });
    let envoy = Setup::new(CALLBACKS).cluster("limits").start("").unwrap();
    let [answered, failed, cancelled] = envoy.grpc_calls().try_into().unwrap();
    assert_eq!(
        (answered.service.as_str(), answered.message.as_slice()),
        ("package.Service", b"a".as_slice())
    );
    envoy.answer_grpc(&answered, "answer");
    envoy.fail_grpc(&failed, 14, "down");
    let token = cancelled.token;
    play(move |_, event| {
        if matches!(event, Event::RequestHeaders { .. }) {
            assert_eq!(host::grpc_cancel(token), Ok(()));
            assert_eq!(host::grpc_cancel(token), Err(NOT_FOUND));
        }
        CONTINUE
    });
    let _ = envoy.get("/").end();
    envoy.answer_grpc(&cancelled, "late");
    let heard = seen_by().into_iter().map(|(_, event)| event);
    let heard: Vec<_> =
        heard.filter(|event| matches!(event, Event::GrpcMessage { .. } | Event::GrpcClose { .. })).collect();
    let size = "answer".len();
    let expected = [
        Event::GrpcMessage { token: answered.token, size },
        Event::GrpcClose { token: failed.token, status: 14 },
    ];
    assert_eq!(heard, expected);
}

/// `GrpcService { envoy_grpc { cluster_name } }`
fn grpc_service(cluster: &str) -> String {
    let size = |text: &str| char::from(u8::try_from(text.len()).unwrap());
    let envoy_grpc = format!("\n{}{cluster}", size(cluster));
    format!("\n{}{envoy_grpc}", size(&envoy_grpc))
}

#[test]
fn a_grpc_cluster_that_is_named_in_a_message_fails_with_a_close_for_a_token_that_nobody_has() {
    play(|_, event| {
        if matches!(event, Event::Configure { .. }) {
            assert!(host::grpc_call(&grpc_service("limits"), "", 20).is_ok());
            assert_eq!(host::grpc_call(&grpc_service("unknown"), "", 20), Err(INTERNAL_FAILURE));
            assert_eq!(host::grpc_call(&grpc_service("sick"), "", 20), Err(INTERNAL_FAILURE));
        }
        CONTINUE
    });
    let envoy = Setup::new(CALLBACKS).cluster("limits").unhealthy_cluster("sick").start("").unwrap();
    assert_eq!(envoy.grpc_calls()[0].cluster, "limits");
    let closed =
        seen_by().into_iter().filter(|(_, event)| matches!(event, Event::GrpcClose { status: 14, .. }));
    assert_eq!(closed.count(), 2);
}

#[test]
fn a_grpc_call_whose_time_is_up_is_unavailable() {
    play(|_, event| {
        match event {
            Event::Configure { .. } => drop(host::grpc_call("limits", "", 20)),
            Event::GrpcClose { .. } => {
                let (status, message) = host::status();
                assert_eq!((status, message.as_str()), (14, "upstream request timeout{response_timeout}"));
            }
            _ => {}
        }
        CONTINUE
    });
    let envoy = Setup::new(CALLBACKS).cluster("limits").start("").unwrap();
    envoy.advance(Duration::from_millis(20));
    assert!(seen_by().iter().any(|(_, event)| matches!(event, Event::GrpcClose { status: 14, .. })));
}

#[test]
#[should_panic(expected = "happens to parse as a GrpcService message")]
fn a_grpc_cluster_whose_name_parses_as_a_message_aborts_envoy() {
    play(|_, event| {
        if matches!(event, Event::Configure { .. }) {
            let _ = host::grpc_call("empty", "", 20);
        }
        CONTINUE
    });
    let _ = Setup::new(CALLBACKS).cluster("empty").start("");
}

#[test]
fn what_a_call_sets_going_cannot_read_its_answer_any_more() {
    let mut waiting = 0;
    play(move |context, event| {
        match event {
            Event::RequestHeaders { .. } => {
                waiting = context;
                host::get("auth", "/check", 1000).unwrap();
                return PAUSE;
            }
            Event::CallAnswer { .. } => {
                host::set_effective_context(waiting).unwrap();
                host::reply(403, &[], "", "").unwrap();
                assert_eq!(host::header(CALL, ":status").as_deref(), Ok("200"));
            }
            Event::ResponseHeaders { .. } => assert_eq!(host::header(CALL, ":status"), Err(BAD_ARGUMENT)),
            _ => {}
        }
        CONTINUE
    });
    let envoy = Setup::new(CALLBACKS).cluster("auth").start("").unwrap();
    let stream = envoy.get("/").end();
    envoy.answer(&stream.calls()[0], 200, NO_HEADERS, "");
    assert_eq!(stream.outcome().replied().status, 403);
}
