//! What the fake Envoy of `tests/fake-envoy` imitates, seen on the real one: each test is the twin of a rule there.
//!
//! The filter here is the probe, which does what a request tells it to and writes down what the host did.

use std::sync::LazyLock;

use e2e_tests::{Act, Answer, Gate, Request, Setup, Word, eventually, rate_limiter, wire};
use serde_json::json;

/// `allow_on_headers_stop_iteration: true`
static FLAG: LazyLock<Gate> = LazyLock::new(|| Setup::module("probe", json!({})).start());
/// The default.
static NO_FLAG: LazyLock<Gate> = LazyLock::new(|| Setup::module("probe", json!({})).streaming().start());

fn both() -> [&'static Gate; 2] {
    [&FLAG, &NO_FLAG]
}

fn told(gate: &Gate, target: &str, words: &str) -> Request {
    gate.get(target).header("x-probe", words)
}

/// What the probe wrote down about the request of this id.
fn events_of(gate: &Gate, id: &str) -> Vec<String> {
    eventually("the probe has told", || {
        let log = gate.log();
        let (_, line) = log.lines().find_map(|line| line.split_once(&format!("probe {id} ")))?;
        Some(line.split(' ').map(str::to_owned).collect())
    })
}

fn events(gate: &Gate, answer: &Answer) -> Vec<String> {
    events_of(gate, answer.request_id())
}

fn sizes(events: &[String], callback: &str) -> Vec<usize> {
    let told = events.iter().filter_map(|event| event.strip_prefix(callback)?.strip_prefix('='));
    told.filter_map(|event| event.split('=').next()?.parse().ok()).collect()
}

fn has(events: &[String], prefix: &str) -> bool {
    events.iter().any(|event| event.starts_with(prefix))
}

#[test]
fn without_the_flag_headers_that_wait_stop_the_body_too() {
    let client = told(&NO_FLAG, "/api/users/waits", "pause:response_headers").abandon().unwrap();
    let seen = eventually("the service is asked", || {
        NO_FLAG.services.users.seen().all().into_iter().find(|seen| seen.path() == "/users/waits")
    });
    // The answer is on its way for sure once another one has come by.
    NO_FLAG.get("/api/users/7").send().passed();
    drop(client);
    // And a stream whose client leaves is logged like any other.
    let events = events_of(&NO_FLAG, seen.header("x-request-id").unwrap());
    assert!(!has(&events, "response_body"), "{events:?}");
}

#[test]
fn with_the_flag_a_body_that_continues_releases_headers_that_wait() {
    let answer = told(&FLAG, "/api/users/7", "pause:response_headers").send();
    answer.passed();
    assert!(has(&events(&FLAG, &answer), "response_body"));
}

#[test]
fn with_the_flag_a_request_is_forwarded_before_the_decision_unless_its_body_pauses() {
    let hung = wire(|_| vec![Act::Hang]);
    let gate = Setup::module("probe", json!({})).cluster("hung:80", hung.address()).start();
    let words = |words: &str| gate.post("/api/orders").header("x-probe", words);
    let client = words("call:hung:80").header("x-mark", "careless").body("{}").abandon().unwrap();
    eventually("it is forwarded while its call is pending", || {
        (!gate.services.orders.seen().with_header("x-mark", "careless").is_empty()).then_some(())
    });
    drop(client);
    let answer = words("call:hung:80,pause:request_body").header("x-mark", "careful").body("{}").send();
    let events = events(&gate, &answer);
    let at = |name: &str| events.iter().position(|event| event.starts_with(name)).unwrap();
    assert!(at("request_body") < at("answer=504") && at("answer=504") < at("response_headers"), "{events:?}");
}

#[test]
fn pause_buffers_and_the_size_is_of_all_that_was_buffered() {
    for gate in both() {
        let answer = told(gate, "/api/users/7?chunk=100&pause_ms=20", "hold:response_body").send();
        let events = events(gate, &answer);
        let sizes = sizes(&events, "response_body");
        assert!(sizes.windows(2).all(|pair| pair[0] <= pair[1]), "{events:?}");
        assert_eq!(sizes.last(), Some(&answer.body.len()), "{events:?}");
        assert!(sizes.len() > 2, "{events:?}");
    }
}

#[test]
fn continue_passes_each_piece_and_the_size_is_of_the_piece() {
    for gate in both() {
        let answer = told(gate, "/api/users/7?chunk=100&pause_ms=20", "").send();
        let events = events(gate, &answer);
        let sizes = sizes(&events, "response_body");
        assert_eq!(sizes.iter().sum::<usize>(), answer.body.len(), "{events:?}");
        assert!(sizes.len() > 2, "{events:?}");
    }
}

#[test]
fn a_buffer_is_replaced_from_its_start_prepended_to_or_appended_to() {
    for gate in both() {
        let plain = gate.get("/api/orders/7").send().text();
        let edited =
            |how: &str| told(gate, "/api/orders/7", &format!("hold:response_body,edit:{how}")).send().text();
        assert_eq!(edited("replace"), "new");
        assert_eq!(edited("prepend"), format!("new{plain}"));
        assert_eq!(edited("append"), format!("{plain}new"));
    }
}

#[test]
fn with_trailers_a_body_never_sees_its_end() {
    for gate in both() {
        let answer =
            told(gate, "/api/users/7?trailers=1", "hold:response_body").header("te", "trailers").send();
        answer.passed();
        let events = events(gate, &answer);
        assert!(
            events.iter().all(|event| !(event.starts_with("response_body") && event.ends_with("=true"))),
            "{events:?}"
        );
        assert!(has(&events, "response_trailers"), "{events:?}");
        assert!(events.contains(&format!("buffered={}", answer.body.len())), "{events:?}");
    }
}

#[test]
fn headers_that_wait_for_the_whole_body_can_still_be_changed() {
    for trailers in ["0", "1"] {
        let target = format!("/api/users/7?trailers={trailers}&chunk=100&pause_ms=5");
        let request =
            told(&FLAG, &target, "pause:response_headers,hold:response_body,mark").header("te", "trailers");
        assert_eq!(request.send().passed().header("x-probe-late"), Some("1"), "trailers={trailers}");
    }
}

#[test]
fn headers_that_end_the_answer_have_no_body_callback() {
    for gate in both() {
        for method in ["HEAD", "DELETE"] {
            let answer = gate.request(method, "/api/users/7").header("x-probe", "x").send();
            let events = events(gate, &answer);
            assert!(events.contains(&"response_headers=true".to_owned()), "{method}: {events:?}");
            assert!(!has(&events, "response_body"), "{method}: {events:?}");
        }
    }
}

#[test]
fn a_reply_to_a_request_passes_the_filters_own_response_callbacks() {
    for gate in both() {
        for place in ["request_headers", "request_body"] {
            let request = gate.post("/api/orders").header("x-probe", format!("reply:{place}"));
            let answer = request.body("{}").send();
            assert_eq!((answer.status, answer.text().as_str()), (418, "short"), "{place}");
            let events = events(gate, &answer);
            assert!(has(&events, "response_headers"), "{place}: {events:?}");
            assert!(has(&events, "response_body"), "{place}: {events:?}");
        }
    }
}

#[test]
fn a_reply_while_response_headers_wait_goes_straight_to_the_client() {
    let answer = told(&FLAG, "/api/users/7", "pause:response_headers,reply:response_body").send();
    assert_eq!((answer.status, answer.text().as_str()), (418, "short"));
    let events = events(&FLAG, &answer);
    let heads = events.iter().filter(|event| event.starts_with("response_headers")).count();
    assert_eq!(heads, 1, "{events:?}");
}

#[test]
fn a_reply_after_the_response_headers_have_gone_resets_the_stream() {
    for gate in both() {
        match told(gate, "/api/users/7?chunk=100&pause_ms=5", "reply:response_body").try_send() {
            Ok(answer) => assert!(!answer.complete && answer.body.is_empty(), "{answer:?}"),
            Err(_) => continue,
        }
    }
}

#[test]
fn a_request_that_is_too_big_to_buffer_is_a_413() {
    for gate in both() {
        let request = gate.post("/api/orders").header("x-probe", "hold:request_body");
        let answer = request.body("x".repeat(2 << 20)).send_or_lost();
        assert!(answer.is_none_or(|answer| answer.status == 413));
        eventually("it is logged as too large", || {
            gate.log().contains("request_payload_too_large").then_some(())
        });
    }
}

#[test]
fn a_response_that_is_too_big_to_buffer_is_a_500_or_a_reset() {
    let held =
        told(&FLAG, "/api/users/big?bytes=2000000", "pause:response_headers,hold:response_body").send();
    assert_eq!(held.status, 500);
    let late = told(&NO_FLAG, "/api/users/big?bytes=2000000", "hold:response_body").try_send();
    assert!(late.is_err() || late.is_ok_and(|answer| !answer.complete));
}

#[test]
fn an_upstream_that_fails_is_a_reply_of_envoys_that_passes_the_filter() {
    for gate in both() {
        let answer = told(gate, "/api/users/7?fail=reset", "").send();
        assert_eq!(answer.status, 503);
        assert!(has(&events(gate, &answer), "response_headers"));
    }
}

#[test]
fn a_call_that_cannot_connect_is_an_ordinary_503_and_one_that_is_late_an_ordinary_504() {
    let hung = wire(|_| vec![Act::Hang]);
    let gone = wire(|_| vec![]).address();
    let well = wire(|_| vec![Act::send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")]);
    let big = wire(|_| {
        let size = (32 << 20) + 1;
        vec![Act::send(format!("HTTP/1.1 200 OK\r\ncontent-length: {size}\r\n\r\n{}", "x".repeat(size)))]
    });
    let setup = Setup::module("probe", json!({})).cluster("hung:80", hung.address()).cluster("gone:80", gone);
    let gate = setup
        .cluster("well:80", well.address())
        .cluster("big:80", big.address())
        .empty_cluster("empty:80")
        .start();
    let table = [
        ("well:80", "answer=200=upstream"),
        ("gone:80", "answer=503"),
        ("hung:80", "answer=504"),
        ("unknown:80", "call=BadArgument"),
        ("empty:80", "call=InternalFailure"),
    ];
    for (cluster, outcome) in table {
        let answer = told(&gate, "/api/users/7", &format!("call:{cluster}")).send();
        let events = events(&gate, &answer);
        assert!(events.contains(&outcome.to_owned()), "{cluster}: {events:?}");
    }
    // More than 32 MiB, or late because of it: in either case no answer of the service.
    let answer = told(&gate, "/api/users/7", "call:big:80").send();
    let events = events(&gate, &answer);
    assert!(
        events.contains(&"answer=".to_owned()) || events.contains(&"answer=504".to_owned()),
        "{events:?}"
    );
}

#[test]
fn a_grpc_call_is_answered_or_closed_and_one_whose_time_is_up_is_unavailable() {
    let words = [Word::Ok, Word::Fails(7), Word::Nothing];
    let services = words.map(|word| rate_limiter(move |_| word));
    let setup = Setup::module("probe", json!({}));
    let gate = ["well", "refuses", "silent"]
        .iter()
        .zip(&services)
        .fold(setup, |setup, (name, service)| setup.grpc_cluster(name, service.address()))
        .start();
    let table = [("well", "grpc=0=\\x08\\x01"), ("refuses", "grpc=7="), ("silent", "grpc=14=")];
    for (cluster, outcome) in table {
        let answer = told(&gate, "/api/users/7", &format!("grpc:{cluster}")).send();
        answer.passed();
        let events = events(&gate, &answer);
        assert!(events.contains(&outcome.to_owned()), "{cluster}: {events:?}");
    }
    gate.has_not_trapped();
}

#[test]
fn an_entry_of_shared_data_is_created_once() {
    for gate in both() {
        let answer = told(gate, "/api/users/7", "share:twin").send();
        let events = events(gate, &answer);
        let shared: Vec<&String> = events.iter().filter(|event| event.starts_with("share=")).collect();
        assert_eq!(shared, ["share=Ok(())", "share=Err(CasMismatch)"], "{events:?}");
        let answer = told(gate, "/api/users/7", "share:twin").send();
        let events = events_of(gate, answer.request_id());
        assert!(!events.contains(&"share=Ok(())".to_owned()), "{events:?}");
    }
}

#[test]
fn a_new_configuration_is_a_new_root_and_the_old_one_stays_for_its_streams() {
    let gate = Setup::module("probe", json!({ "n": 1 })).reloadable().start();
    std::thread::scope(|threads| {
        let old = threads.spawn(|| told(&gate, "/api/users/7?delay_ms=1500", "configured").send());
        eventually("the old stream is on its way", || {
            (gate.services.users.seen().count("/users/7") == 1).then_some(())
        });
        assert!(gate.reload(&json!({ "n": 2 })));
        eventually("the worker has the new root", || {
            let answer = told(&gate, "/api/orders/7", "configured").send();
            events(&gate, &answer).iter().any(|event| event.contains("\"n\":2")).then_some(())
        });
        let answer = old.join().unwrap();
        answer.passed();
        let events = events(&gate, &answer);
        assert!(has(&events, "response_body"), "the old stream lost its filter: {events:?}");
        assert!(events.iter().any(|event| event.contains("\"n\":1")), "{events:?}");
    });
    gate.has_not_trapped();
}

#[test]
fn ticks_come_to_every_root() {
    // One worker and the main thread.
    eventually("each root has ticked three times", || {
        (FLAG.log().lines().filter(|line| line.ends_with("probe tick 3")).count() >= 2).then_some(())
    });
}

#[test]
fn a_foreign_function_is_there_when_the_host_has_it() {
    let outcome = |name: &str| {
        let answer = told(&FLAG, "/api/users/7", &format!("foreign:{name}")).send();
        events(&FLAG, &answer).into_iter().find(|event| event.starts_with("foreign=")).unwrap()
    };
    assert_eq!(outcome("clear_route_cache"), "foreign=Ok(())");
    assert_ne!(outcome("verify_signature"), "foreign=Err(NotFound)");
    assert_eq!(outcome("nobody_has_this"), "foreign=Err(NotFound)");
}

#[test]
fn headers_are_bytes() {
    let answer = told(&FLAG, "/api/users/7", "bytes").send();
    let sent = FLAG.forwarded(&answer).header("x-bytes").map(str::to_owned);
    assert_eq!(sent.as_deref(), Some("\u{fffd}\u{fffd}"));
}

#[test]
fn request_properties_are_there_as_long_as_the_request_headers() {
    let answer = told(&FLAG, "/api/users/7", "property").send();
    let events = events(&FLAG, &answer);
    assert!(events.contains(&"property=request=true".to_owned()), "{events:?}");
    assert!(events.contains(&"property=response=false".to_owned()), "{events:?}");
}
