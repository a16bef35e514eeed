//! Contexts, configuration, timers, properties and what else a worker offers.

use std::sync::Arc;
use std::time::Duration;

use fake_envoy::{Envoy, Outcome, Setup, SharedData};

use crate::guest::host::{self, CONFIGURATION, REQUEST};
use crate::guest::{BAD_ARGUMENT, CALLBACKS, CONTINUE, Event, NOT_FOUND, PAUSE, play, seen, seen_by};

#[test]
fn a_plugin_starts_with_a_root_context_the_vm_and_its_configuration() {
    play(|_, event| {
        let expected = if matches!(event, Event::Configure { .. }) { Ok("{}") } else { Err(NOT_FOUND) };
        assert_eq!(host::buffer(CONFIGURATION).as_deref(), expected.as_ref().copied(), "{event:?}");
        CONTINUE
    });
    let envoy = Envoy::start(CALLBACKS, "{}").unwrap();
    assert_eq!(seen(), [Event::Create { root: 0 }, Event::VmStart, Event::Configure { size: 2 }]);
    drop(envoy);
    assert_eq!(seen(), [Event::Done, Event::Delete]);
}

#[test]
fn a_configuration_that_is_refused_starts_nothing_and_replaces_nothing() {
    play(|_, event| match event {
        Event::Configure { size: 3 } => PAUSE,
        _ => CONTINUE,
    });
    assert!(Envoy::start(CALLBACKS, "bad").is_err());
    let envoy = Envoy::start(CALLBACKS, "good").unwrap();
    assert!(envoy.reload("bad").is_err());
    let stream = envoy.get("/").end();
    stream.outcome().forwarded();
}

#[test]
fn a_new_configuration_is_a_new_root_and_the_old_one_goes_with_its_last_stream() {
    play(|_, _| CONTINUE);
    let envoy = Envoy::start(CALLBACKS, "old").unwrap();
    let (old_root, _) = seen_by()[0];
    let old = envoy.get("/").end();
    envoy.reload("new").unwrap();
    let new = envoy.get("/").end();
    let created: Vec<_> = seen_by()
        .into_iter()
        .filter_map(|(_, event)| match event {
            Event::Create { root } => Some(root),
            _ => None,
        })
        .collect();
    assert_eq!((created[0], created[1]), (old_root, 0));
    assert_ne!(created[2], old_root);
    old.respond([(":status", "200")]).end();
    assert!(seen_by().ends_with(&[(old_root, Event::Done), (old_root, Event::Delete)]));
    assert!(!new.is_over());
}

#[test]
fn a_root_that_is_not_done_stays_until_it_says_so() {
    let mut done = false;
    play(move |_, event| match event {
        Event::VmStart => host::set_tick_period(1000).map_or_else(|status| status, |()| CONTINUE),
        Event::Done if !done => {
            done = true;
            PAUSE
        }
        Event::Tick => {
            let _ = host::done();
            CONTINUE
        }
        _ => CONTINUE,
    });
    let envoy = Envoy::start(CALLBACKS, "old").unwrap();
    envoy.reload("new").unwrap();
    assert_eq!(seen().last(), Some(&Event::Done));
    envoy.advance(Duration::from_secs(1));
    assert!(seen().contains(&Event::Delete));
}

#[test]
fn a_host_call_is_about_the_effective_context_until_the_guest_returns() {
    play(|_, event| if matches!(event, Event::RequestHeaders { .. }) { PAUSE } else { CONTINUE });
    let envoy = Envoy::start(CALLBACKS, "").unwrap();
    let (first, second) = (envoy.get("/first").end(), envoy.get("/second").end());
    let ids = (first.id(), second.id());
    play(move |context, event| {
        if matches!(event, Event::RequestHeaders { .. }) {
            assert_eq!(host::header(REQUEST, ":path").as_deref(), Ok("/third"));
            host::set_effective_context(ids.0).unwrap();
            assert_eq!(host::header(REQUEST, ":path").as_deref(), Ok("/first"));
            host::continue_stream(0).unwrap();
            host::set_effective_context(ids.1).unwrap();
            assert_eq!(host::header(REQUEST, ":path").as_deref(), Ok("/second"));
            host::set_effective_context(context).unwrap();
            assert_eq!(host::set_effective_context(999_999), Err(BAD_ARGUMENT));
        }
        CONTINUE
    });
    envoy.get("/third").end().outcome().forwarded();
    first.outcome().forwarded();
    assert_eq!(second.outcome(), Outcome::Waiting);
}

#[test]
fn a_stream_that_has_gone_cannot_be_made_effective() {
    play(|_, _| CONTINUE);
    let envoy = Envoy::start(CALLBACKS, "").unwrap();
    let gone = envoy.get("/").end().respond([(":status", "200")]).end().id();
    play(move |_, event| {
        if matches!(event, Event::RequestHeaders { .. }) {
            assert_eq!(host::set_effective_context(gone), Err(BAD_ARGUMENT));
        }
        CONTINUE
    });
    envoy.get("/").end().outcome().forwarded();
}

#[test]
fn a_stream_ends_with_log_done_and_delete_also_when_its_client_leaves() {
    play(|_, event| if matches!(event, Event::RequestHeaders { .. }) { PAUSE } else { CONTINUE });
    let envoy = Envoy::start(CALLBACKS, "").unwrap();
    let stream = envoy.get("/").end();
    seen();
    stream.client_leaves();
    assert_eq!(seen(), [Event::Log, Event::Done, Event::Delete]);
    stream.client_leaves();
    assert_eq!(seen(), [], "once");
}

#[test]
fn a_request_that_envoy_refuses_itself_is_a_stream_that_ends_before_it_began() {
    play(|_, event| {
        if event == Event::Log {
            assert_eq!(host::header(REQUEST, ":path"), Err(NOT_FOUND));
        }
        CONTINUE
    });
    let envoy = Envoy::start(CALLBACKS, "").unwrap();
    let (root, _) = seen_by()[0];
    envoy.unparsable_request();
    assert_eq!(seen(), [Event::Create { root }, Event::Log, Event::Done, Event::Delete]);
}

#[test]
fn ticks_come_at_their_period_and_the_clock_may_step() {
    play(|_, event| {
        if matches!(event, Event::VmStart) {
            host::set_tick_period(100).unwrap();
        }
        CONTINUE
    });
    let envoy = Envoy::start(CALLBACKS, "").unwrap();
    assert_eq!(envoy.tick_period(), Some(Duration::from_millis(100)));
    seen();
    envoy.advance(Duration::from_millis(99));
    assert_eq!(seen(), []);
    envoy.set_clock(Duration::from_secs(5));
    envoy.advance(Duration::from_millis(201));
    assert_eq!(seen(), [Event::Tick; 3]);
    assert_eq!(envoy.now(), Duration::from_millis(5201));
}

#[test]
fn request_properties_are_there_as_long_as_the_request_headers_and_when_it_is_logged() {
    play(|_, event| {
        let path = host::property("request.path");
        match event {
            Event::RequestHeaders { .. } => {
                assert_eq!(path, Ok(b"/a?b=c".to_vec()));
                assert_eq!(host::property("request.url_path"), Ok(b"/a".to_vec()));
                assert_eq!(host::property("request.query"), Ok(b"b=c".to_vec()));
                assert_eq!(host::property("request.headers.:authority"), Ok(b"gateway.example".to_vec()));
                assert_eq!(host::property("response.code"), Err(NOT_FOUND));
                assert_eq!(host::property("source.address"), Ok(b"203.0.113.9:1234".to_vec()));
                assert_eq!(host::property("no.such.thing"), Err(NOT_FOUND));
            }
            Event::ResponseHeaders { .. } => {
                assert_eq!(path, Err(NOT_FOUND));
                assert_eq!(host::property("request.protocol"), Ok(b"HTTP/1.1".to_vec()));
                assert_eq!(host::property("response.code_details"), Ok(b"via_upstream".to_vec()));
                assert_eq!(host::property("response.code"), Ok(200_u64.to_le_bytes().to_vec()));
            }
            Event::Log => assert_eq!(path, Ok(b"/a?b=c".to_vec())),
            _ => {}
        }
        CONTINUE
    });
    let envoy = Envoy::start(CALLBACKS, "").unwrap();
    let stream = envoy.get("/a?b=c").property("source.address", "203.0.113.9:1234").end();
    assert!(stream.respond([(":status", "200")]).end().is_over());
}

#[test]
fn a_property_that_is_set_is_filter_state_and_a_root_has_none() {
    play(|_, event| {
        match event {
            Event::RequestHeaders { .. } => {
                host::set_property("trace", "jwt").unwrap();
                assert_eq!(host::property("trace"), Ok(b"jwt".to_vec()));
                host::set_property("request.path", "other").unwrap();
                assert_eq!(
                    host::property("request.path"),
                    Ok(b"/".to_vec()),
                    "Envoy's own names stay Envoy's"
                );
                assert_eq!(host::property(""), Err(3));
            }
            Event::Configure { .. } => assert_eq!(host::set_property("trace", "jwt"), Err(NOT_FOUND)),
            _ => {}
        }
        CONTINUE
    });
    let envoy = Envoy::start(CALLBACKS, "").unwrap();
    assert_eq!(envoy.get("/").end().filter_state("trace"), Some(b"jwt".to_vec()));
}

#[test]
fn a_foreign_function_is_there_when_the_host_has_it() {
    play(|_, event| {
        if matches!(event, Event::RequestHeaders { .. }) {
            assert_eq!(host::foreign_function("shout", "hey").as_deref(), Ok("HEY"));
            assert_eq!(host::length_of_foreign_function("shout", "hey"), Ok(3));
            assert_eq!(host::foreign_function("drain_connection", ""), Err(NOT_FOUND));
        }
        CONTINUE
    });
    let shout = |argument: &[u8]| Ok(argument.to_ascii_uppercase());
    let envoy = Setup::new(CALLBACKS).foreign_function("shout", shout).start("").unwrap();
    envoy.get("/").end().outcome().forwarded();
}

#[test]
fn every_crossing_of_the_border_is_counted_by_name() {
    play(|_, event| {
        if matches!(event, Event::RequestHeaders { .. }) {
            let _ = host::header(REQUEST, ":path");
            let _ = host::header(REQUEST, ":path");
        }
        CONTINUE
    });
    let envoy = Envoy::start(CALLBACKS, "").unwrap();
    let before = envoy.counts();
    let stream = envoy.get("/").end();
    stream.respond([(":status", "200")]).end();
    let spent = envoy.counts().since(&before);
    assert_eq!(spent.of("proxy_get_header_map_value"), 2);
    // Each answer with bytes in it enters the module once more, for memory.
    assert_eq!(spent.of("proxy_on_memory_allocate"), 2);
    assert_eq!((spent.host_calls(), spent.entries()), (2, 8));
}

#[test]
fn workers_share_data_and_of_many_that_create_a_key_one_wins() {
    /// A number that is never issued.
    const CREATE: u32 = u32::MAX;
    /// `CasMismatch`
    const CAS_MISMATCH: u32 = 8;
    let shared = Arc::new(SharedData::default());
    let worker = |_| {
        let shared = Arc::clone(&shared);
        std::thread::spawn(move || {
            play(|_, event| {
                let Event::Configure { .. } = event else { return CONTINUE };
                let created = host::set_shared_data("bucket", "full", CREATE);
                assert_eq!(host::shared_data("bucket").map(|(value, _)| value).as_deref(), Ok("full"));
                assert!(matches!(created, Ok(()) | Err(CAS_MISMATCH)));
                u32::from(created.is_err())
            });
            Setup::new(CALLBACKS).shared_data(shared).start("").is_ok()
        })
    };
    let threads: Vec<_> = (0..4).map(worker).collect();
    let created = threads.into_iter().map(|thread| thread.join().unwrap());
    assert_eq!(created.filter(|created| *created).count(), 1);
}
