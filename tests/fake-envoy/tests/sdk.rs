//! An unmodified filter of the ecosystem's own SDK links with the fake and runs over it.
//!
//! The SDK defines the callbacks itself, which is why this is a test of its own.

#![expect(clippy::unwrap_used, reason = "a guest of a test fails the test by panicking")]
#![expect(unsafe_code, reason = "the SDK's callbacks are reached by their names")]

use std::time::Duration;

use fake_envoy::{Callbacks, Envoy, LogLevel, Outcome, Setup};
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType};
use proxy_wasm::{hostcalls, types};

/// Asks `auth` about each request, and counts them.
struct Root {
    greeting: String,
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _: usize) -> bool {
        let configuration = self.get_plugin_configuration().unwrap_or_default();
        self.greeting = String::from_utf8(configuration).unwrap_or_default();
        hostcalls::log(types::LogLevel::Warn, &format!("greeting is {:?}", self.greeting)).unwrap();
        !self.greeting.is_empty()
    }

    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Asking { greeting: self.greeting.clone() }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

struct Asking {
    greeting: String,
}

impl Context for Asking {
    fn on_http_call_response(&mut self, _: u32, _: usize, _: usize, _: usize) {
        if self.get_http_call_response_header(":status").as_deref() == Some("200") {
            self.set_http_request_header("x-greeting", Some(&self.greeting));
            self.resume_http_request();
        } else {
            self.send_http_response(403, vec![("x-why", "auth")], Some(b"no"));
        }
    }
}

impl HttpContext for Asking {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        let (_, cas) = self.get_shared_data("count");
        self.set_shared_data("count", Some(b"1"), cas.or(Some(u32::MAX))).unwrap();
        let headers = vec![(":method", "GET"), (":path", "/check"), (":authority", "auth")];
        self.dispatch_http_call("auth", headers, None, vec![], Duration::from_secs(1)).unwrap();
        Action::Pause
    }

    fn on_http_response_body(&mut self, size: usize, end: bool) -> Action {
        if !end {
            return Action::Pause;
        }
        let body = self.get_http_response_body(0, size).unwrap_or_default();
        self.set_http_response_body(0, size, &body.to_ascii_uppercase());
        Action::Continue
    }
}

unsafe extern "C" {
    fn proxy_on_context_create(context: u32, root: u32);
    fn proxy_on_vm_start(root: u32, size: usize) -> bool;
    fn proxy_on_configure(root: u32, size: usize) -> bool;
    fn proxy_on_request_headers(context: u32, count: usize, end: bool) -> Action;
    fn proxy_on_request_body(context: u32, size: usize, end: bool) -> Action;
    fn proxy_on_response_headers(context: u32, count: usize, end: bool) -> Action;
    fn proxy_on_response_body(context: u32, size: usize, end: bool) -> Action;
    fn proxy_on_http_call_response(root: u32, token: u32, headers: usize, body: usize, trailers: usize);
    fn proxy_on_done(context: u32) -> bool;
    fn proxy_on_log(context: u32);
    fn proxy_on_delete(context: u32);
}

// SAFETY, of all: they are the SDK's, declared as it defines them, and take numbers only.
const CALLBACKS: Callbacks = Callbacks {
    on_context_create: Some(|context, root| unsafe { proxy_on_context_create(context, root) }),
    on_vm_start: Some(|root, size| unsafe { proxy_on_vm_start(root, size) }),
    on_configure: Some(|root, size| unsafe { proxy_on_configure(root, size) }),
    on_tick: None,
    on_request_headers: Some(|id, count, end| unsafe { proxy_on_request_headers(id, count, end) as u32 }),
    on_request_body: Some(|id, size, end| unsafe { proxy_on_request_body(id, size, end) as u32 }),
    on_request_trailers: None,
    on_response_headers: Some(|id, count, end| unsafe { proxy_on_response_headers(id, count, end) as u32 }),
    on_response_body: Some(|id, size, end| unsafe { proxy_on_response_body(id, size, end) as u32 }),
    on_response_trailers: None,
    on_http_call_response: Some(|root, token, headers, body, trailers| unsafe {
        proxy_on_http_call_response(root, token, headers, body, trailers);
    }),
    on_grpc_receive_initial_metadata: None,
    on_grpc_receive: None,
    on_grpc_receive_trailing_metadata: None,
    on_grpc_close: None,
    on_queue_ready: None,
    on_done: Some(|context| unsafe { proxy_on_done(context) }),
    on_log: Some(|context| unsafe { proxy_on_log(context) }),
    on_delete: Some(|context| unsafe { proxy_on_delete(context) }),
};

fn start(greeting: &str) -> Result<Envoy, fake_envoy::Refused> {
    proxy_wasm::set_root_context(|_| Box::new(Root { greeting: String::new() }));
    Setup::new(CALLBACKS).cluster("auth").start(greeting)
}

#[test]
fn a_filter_of_the_sdk_asks_resumes_and_rewrites() {
    let envoy = start("hello").unwrap();
    assert_eq!(envoy.log()[0].text, "greeting is \"hello\"");
    let stream = envoy.get("/").end();
    assert_eq!(stream.outcome(), Outcome::Waiting);
    envoy.answer(&stream.calls()[0], 200, [("x", "1")], "");
    assert_eq!(stream.outcome().forwarded().headers.text("x-greeting").as_deref(), Some("hello"));
    stream.respond([(":status", "200")]).open().chunk("quiet ").chunk("please").end();
    assert_eq!(stream.received().unwrap().text(), "QUIET PLEASE");
    assert!(stream.is_over());
}

#[test]
fn a_filter_of_the_sdk_replies() {
    let envoy = start("hello").unwrap();
    let stream = envoy.get("/").end();
    envoy.answer(&stream.calls()[0], 401, [("x", "1")], "");
    let reply = stream.outcome().replied();
    assert_eq!(
        (reply.status, reply.text().as_str()),
        (403, "NO"),
        "its own reply passes its response callbacks"
    );
    assert_eq!(reply.headers.text("x-why").as_deref(), Some("auth"));
}

#[test]
fn a_filter_of_the_sdk_refuses_a_configuration() {
    let refused = start("").unwrap_err();
    assert_eq!((refused.log[0].level, refused.log[0].text.as_str()), (LogLevel::Warn, "greeting is \"\""));
}
