//! What the filters did with a request, for who may see it.

use std::fmt::{self, Write as _};

use portcullis_http::Head;

use crate::abi;

/// The items of a request's trace, such as `jwt;sub=usr_8a3f;cache=hit`; none where nobody asked for one.
#[derive(Clone, Debug, Default)]
pub struct Trace(Option<String>);

impl Trace {
    pub(crate) fn new(is_asked_for: bool) -> Self {
        Self(is_asked_for.then(String::new))
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

    /// Shows it to the client, and as filter state `wasm.portcullis` to the access log. A trace may hold text from a
    /// token, and a header may not hold all of it.
    pub(crate) fn show(&self, head: &mut Head) {
        if let Some(trace) = &self.0 {
            let printable = |byte: u8| if (0x20..0x7f).contains(&byte) { byte } else { b'?' };
            let trace: Vec<u8> = trace.bytes().map(printable).collect();
            // A host that keeps no filter state still shows the header.
            let _ = abi::set_property("portcullis", &trace);
            head.set("portcullis-trace", trace);
        }
    }
}
