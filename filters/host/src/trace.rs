//! What the filters did with a request, for who may see it.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use portcullis_http::{Head, Reply};

use crate::abi;

const HEADER: &str = "portcullis-trace";

/// The items of a request's trace, such as `jwt;sub=usr_8a3f;cache=hit`; none where nobody asked for one.
#[derive(Clone, Debug, Default)]
pub struct Trace(Option<String>);

/// Whether a header is the trace.
pub(crate) fn is_header(name: &str) -> bool {
    name == HEADER
}

impl Trace {
    /// A trace that was asked for.
    pub(crate) fn begun() -> Self {
        Self(Some(String::new()))
    }

    pub(crate) fn is_asked_for(&self) -> bool {
        self.0.is_some()
    }

    /// Adds an item; costs nothing where nobody asked for one.
    pub fn add(&mut self, item: fmt::Arguments<'_>) {
        if let Some(trace) = &mut self.0 {
            let separator = if trace.is_empty() { "" } else { ", " };
            // Writing to a String cannot fail.
            let _ = write!(trace, "{separator}{item}");
        }
    }

    /// Shows it to the client, and as filter state `wasm.portcullis` to the access log.
    pub(crate) fn show(&self, head: &mut Head) {
        if let Some(trace) = self.told() {
            head.set(HEADER, trace);
        }
    }

    /// The same for a reply that does not come through the answer's callbacks.
    pub(crate) fn show_in(&self, reply: &mut Reply) {
        if let Some(trace) = self.told() {
            reply.headers.push((Cow::Borrowed(HEADER), trace));
        }
    }

    /// A trace may hold text from a token, and a header may not hold all of it.
    fn told(&self) -> Option<Vec<u8>> {
        let printable = |byte: u8| if (0x20..0x7f).contains(&byte) { byte } else { b'?' };
        let trace: Vec<u8> = self.0.as_ref()?.bytes().map(printable).collect();
        // A host that keeps no filter state still shows the header.
        let _ = abi::set_property("portcullis", &trace);
        Some(trace)
    }
}
