//! A filter that does what a request's `x-probe` header says, and writes down what the host did.
//!
//! The header is a list of words, divided by commas:
//!
//! | word | what the filter does |
//! |---|---|
//! | `pause:request_headers` (any callback) | answers Pause there, each time |
//! | `hold:response_body` (a body) | answers Pause there until the end, or until trailers |
//! | `reply:response_body` (any callback) | sends a local reply there, once |
//! | `call:NAME` | pauses the request's headers and calls this cluster, `/probe`, for 300 ms |
//! | `grpc:NAME` | pauses the request's headers and asks the rate limit service of this cluster, for 300 ms |
//! | `edit:replace`, `edit:prepend`, `edit:append` | changes the last piece of the answer's body |
//! | `mark` | sets a header on the answer when its body has ended |
//! | `share:KEY` | creates this entry of shared data twice |
//! | `property` | reads the property `request.path` in both directions |
//! | `foreign:NAME` | calls this foreign function with nothing |
//! | `bytes` | sets a request header that is no UTF-8 |
//! | `configured` | tells the configuration that its root was given |
//!
//! When the request is over, one line of the log tells everything: `probe <request id> <event> <event> ...`. Each root tells
//! its first ticks.

use std::time::Duration;

use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel};

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| Box::new(Root::default()));
}}

/// A CAS number that no entry has: with it, a write only creates.
const NEVER_ISSUED: u32 = u32::MAX;

/// How many of its ticks a root tells.
const TICKS_TOLD: u32 = 3;

#[derive(Default)]
struct Root {
    configuration: String,
    ticks: u32,
}

#[derive(Default)]
struct Probe {
    configuration: String,
    id: String,
    words: Vec<String>,
    events: Vec<String>,
    has_replied: bool,
}

impl Probe {
    fn is_told(&self, verb: &str, place: &str) -> bool {
        self.words.iter().any(|word| word.split_once(':') == Some((verb, place)))
    }

    fn word(&self, verb: &str) -> Option<String> {
        self.words.iter().find_map(|word| Some(word.strip_prefix(verb)?.strip_prefix(':')?.to_owned()))
    }

    fn has(&self, word: &str) -> bool {
        self.words.iter().any(|told| told == word)
    }

    fn note(&mut self, event: String) {
        self.events.push(event);
    }

    fn action(&mut self, place: &str, is_last: bool) -> Action {
        if self.is_told("reply", place) && !self.has_replied {
            self.has_replied = true;
            self.send_http_response(418, vec![("x-by", "probe")], Some(b"short"));
            return Action::Pause;
        }
        let pauses = self.is_told("pause", place) || (self.is_told("hold", place) && !is_last);
        if pauses { Action::Pause } else { Action::Continue }
    }

    fn call(&mut self, cluster: &str) {
        let headers = vec![(":method", "GET"), (":path", "/probe"), (":authority", "probe")];
        let sent = self.dispatch_http_call(cluster, headers, None, vec![], Duration::from_millis(300));
        match sent {
            Ok(_) => self.note("called".to_owned()),
            Err(status) => self.note(format!("call={status:?}")),
        }
    }

    fn ask_service(&mut self, cluster: &str) {
        let service = grpc_service(cluster);
        let (name, method) = ("envoy.service.ratelimit.v3.RateLimitService", "ShouldRateLimit");
        let sent = self.dispatch_grpc_call(&service, name, method, vec![], None, Duration::from_millis(300));
        match sent {
            Ok(_) => self.note("called".to_owned()),
            Err(status) => self.note(format!("grpc={status:?}")),
        }
    }

    fn share(&mut self, key: &str) {
        for _ in 0..2 {
            let outcome = self.set_shared_data(key, Some(b"1"), Some(NEVER_ISSUED));
            self.note(format!("share={outcome:?}"));
        }
    }

    fn ask_the_host(&mut self) {
        if let Some(key) = self.word("share") {
            self.share(&key);
        }
        if let Some(name) = self.word("foreign") {
            let outcome = self.call_foreign_function(&name, None).map(|_| ());
            self.note(format!("foreign={outcome:?}"));
        }
        if self.has("bytes") {
            self.set_http_request_header_bytes("x-bytes", Some(b"\xff\xfe"));
        }
        if self.has("configured") {
            self.note(format!("configuration={}", self.configuration.replace(' ', "")));
        }
    }

    fn read_property(&mut self, phase: &str) {
        if self.has("property") {
            let found = self.get_property(vec!["request", "path"]).is_some();
            self.note(format!("property={phase}={found}"));
        }
    }

    fn edit(&mut self, size: usize) {
        match self.word("edit").as_deref() {
            Some("replace") => self.set_http_response_body(0, size, b"new"),
            Some("prepend") => self.set_http_response_body(0, 0, b"new"),
            Some("append") => self.set_http_response_body(size, 0, b"new"),
            _ => {}
        }
    }

    fn mark(&mut self) {
        if self.has("mark") {
            self.set_http_response_header("x-probe-late", Some("1"));
        }
    }
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _: usize) -> bool {
        let configuration = self.get_plugin_configuration().unwrap_or_default();
        self.configuration = String::from_utf8_lossy(&configuration).into_owned();
        self.set_tick_period(Duration::from_millis(20));
        true
    }

    fn on_tick(&mut self) {
        self.ticks = self.ticks.saturating_add(1);
        if self.ticks <= TICKS_TOLD {
            let _ = hostcalls::log(LogLevel::Info, &format!("probe tick {}", self.ticks));
        }
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Probe { configuration: self.configuration.clone(), ..Probe::default() }))
    }
}

impl Context for Probe {
    fn on_http_call_response(&mut self, _: u32, headers: usize, _: usize, _: usize) {
        // Where there are no headers, reading one would end the module.
        let status = if headers == 0 { None } else { self.get_http_call_response_header(":status") };
        let own =
            headers > 0 && self.get_http_call_response_header("x-envoy-upstream-service-time").is_some();
        self.note(format!("answer={}{}", status.unwrap_or_default(), if own { "=upstream" } else { "" }));
        self.resume_http_request();
    }

    fn on_grpc_call_response(&mut self, _: u32, status: u32, size: usize) {
        let message = self.get_grpc_call_response_body(0, size).unwrap_or_default();
        self.note(format!("grpc={status}={}", message.escape_ascii()));
        self.resume_http_request();
    }
}

/// `GrpcService { envoy_grpc { cluster_name } }`: a bare name that parses as this message would abort Envoy. The lengths of short
/// names are characters.
fn grpc_service(cluster: &str) -> String {
    let length = |text: &str| char::from(u8::try_from(text.len()).unwrap_or_default());
    let envoy_grpc = format!("\n{}{cluster}", length(cluster));
    format!("\n{}{envoy_grpc}", length(&envoy_grpc))
}

impl HttpContext for Probe {
    fn on_http_request_headers(&mut self, _: usize, is_last: bool) -> Action {
        self.id = self.get_http_request_header("x-request-id").unwrap_or_default();
        let words = self.get_http_request_header("x-probe").unwrap_or_default();
        self.words = words.split(',').map(str::to_owned).collect();
        self.note(format!("request_headers={is_last}"));
        self.read_property("request");
        self.ask_the_host();
        let (call, question) = (self.word("call"), self.word("grpc"));
        if call.is_some() || question.is_some() {
            call.inspect(|cluster| self.call(cluster));
            question.inspect(|cluster| self.ask_service(cluster));
            return if self.events.iter().any(|event| event == "called") {
                Action::Pause
            } else {
                Action::Continue
            };
        }
        self.action("request_headers", is_last)
    }

    fn on_http_request_body(&mut self, size: usize, is_last: bool) -> Action {
        self.note(format!("request_body={size}={is_last}"));
        self.action("request_body", is_last)
    }

    fn on_http_request_trailers(&mut self, _: usize) -> Action {
        self.note("request_trailers".to_owned());
        self.action("request_trailers", true)
    }

    fn on_http_response_headers(&mut self, _: usize, is_last: bool) -> Action {
        self.note(format!("response_headers={is_last}"));
        self.read_property("response");
        if self.word("edit").is_some() {
            self.set_http_response_header("content-length", None);
        }
        self.action("response_headers", is_last)
    }

    fn on_http_response_body(&mut self, size: usize, is_last: bool) -> Action {
        self.note(format!("response_body={size}={is_last}"));
        if is_last {
            self.edit(size);
            self.mark();
        }
        self.action("response_body", is_last)
    }

    fn on_http_response_trailers(&mut self, _: usize) -> Action {
        self.note("response_trailers".to_owned());
        let whole = self.get_http_response_body(0, usize::MAX).map_or(0, |body| body.len());
        self.note(format!("buffered={whole}"));
        self.mark();
        self.action("response_trailers", true)
    }

    fn on_log(&mut self) {
        let line = format!("probe {} {}", self.id, self.events.join(" "));
        let _ = hostcalls::log(LogLevel::Info, &line);
    }
}
