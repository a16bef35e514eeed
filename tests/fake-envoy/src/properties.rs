//! Properties: what a guest can read of a stream, and what it wrote there itself.

use std::collections::BTreeMap;

use crate::half::Half;
use crate::header_map::HeaderMap;
use crate::stream_state::StreamState;

/// Values under their paths. Segments are joined by a nought, as in the ABI; tests write a `.` for it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Properties {
    values: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Properties {
    pub(crate) fn set(&mut self, path: &[u8], value: &[u8]) {
        self.values.insert(path.to_vec(), value.to_vec());
    }

    pub(crate) fn get(&self, path: &[u8]) -> Option<Vec<u8>> {
        self.values.get(path).cloned()
    }
}

/// The path of a property as the ABI has it, from the one that a test wrote.
pub(crate) fn path(dotted: &str) -> Vec<u8> {
    dotted.replace('.', "\0").into_bytes()
}

/// The names that Envoy keeps for itself: a guest can set filter state of such a name, and reads Envoy's value all the same.
const RESERVED: &[&str] = &[
    "connection",
    "connection_id",
    "destination",
    "filter_state",
    "metadata",
    "plugin_name",
    "plugin_root_id",
    "plugin_vm_id",
    "request",
    "response",
    "source",
    "upstream",
    "xds",
];

/// What a guest reads at a path: what the test put there for this stream or for all, what Envoy knows by itself, and what the guest set.
pub(crate) fn lookup(path: &[u8], general: &Properties, stream: Option<&StreamState>) -> Option<Vec<u8>> {
    let of_test = || stream.and_then(|stream| stream.properties.get(path)).or_else(|| general.get(path));
    let of_guest = || stream.and_then(|stream| stream.filter_state.get(path));
    let first = path.split(|byte| *byte == 0).next().unwrap_or_default();
    if RESERVED.iter().any(|name| name.as_bytes() == first) {
        of_test().or_else(|| built_in(stream?, path))
    } else {
        of_guest().or_else(of_test)
    }
}

/// Whole numbers are eight bytes, the least first.
fn number(value: u64) -> Vec<u8> {
    value.to_le_bytes().to_vec()
}

/// What Envoy knows by itself. `request.*` is there as long as the request's headers are: until they are let go, and again when the stream
/// is logged.
fn built_in(stream: &StreamState, path: &[u8]) -> Option<Vec<u8>> {
    let path = std::str::from_utf8(path).ok()?;
    match path.split_once('\0')? {
        ("filter_state", key) => stream.filter_state.get(key.strip_prefix("wasm.")?.as_bytes()),
        ("request", "protocol") => Some(b"HTTP/1.1".to_vec()),
        ("request", what) => of_request(visible(&stream.request, stream.logging)?, what),
        ("response", what) => of_response(stream, what),
        _ => None,
    }
}

fn visible(half: &Half, logging: bool) -> Option<&HeaderMap> {
    half.headers.as_ref().filter(|_| half.headers_visible || logging)
}

fn of_request(headers: &HeaderMap, what: &str) -> Option<Vec<u8>> {
    let header = |name| headers.get(name).map(<[u8]>::to_vec);
    let target = || headers.text(":path");
    if let Some(name) = what.strip_prefix("headers\0") {
        return header(name);
    }
    match what {
        "path" => header(":path"),
        "url_path" => Some(target()?.split('?').next()?.into()),
        "query" => Some(target()?.split_once('?').map_or("", |(_, query)| query).into()),
        "method" => header(":method"),
        "host" => header(":authority"),
        "scheme" => header(":scheme"),
        "id" => header("x-request-id"),
        "useragent" => header("user-agent"),
        _ => None,
    }
}

fn of_response(stream: &StreamState, what: &str) -> Option<Vec<u8>> {
    match what {
        "code" => Some(number(stream.response.headers.as_ref()?.text(":status")?.parse().ok()?)),
        "code_details" => Some(stream.details()?.into()),
        _ => {
            let name = what.strip_prefix("headers\0")?;
            visible(&stream.response, stream.logging)?.get(name).map(<[u8]>::to_vec)
        }
    }
}
