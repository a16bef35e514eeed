//! Properties: what a guest can read of a stream, and what it wrote there itself.

use std::collections::BTreeMap;

use crate::half::Half;
use crate::header_map::HeaderMap;
use crate::stream_state::StreamState;

/// Values under their paths, segments joined by `.` (the ABI joins them by a nought).
#[derive(Debug, Clone, Default)]
pub(crate) struct Properties {
    values: BTreeMap<String, Vec<u8>>,
}

impl Properties {
    pub(crate) fn set(&mut self, path: &str, value: &[u8]) {
        self.values.insert(path.to_owned(), value.to_vec());
    }

    pub(crate) fn get(&self, path: &str) -> Option<Vec<u8>> {
        self.values.get(path).cloned()
    }
}

/// The path of a property, as tests write it.
pub(crate) fn path_from_abi(path: &[u8]) -> String {
    String::from_utf8_lossy(path).trim_end_matches('\0').replace('\0', ".")
}

/// Whole numbers are eight bytes, the least first.
fn number(value: u64) -> Vec<u8> {
    value.to_le_bytes().to_vec()
}

/// What Envoy knows by itself. `request.*` is there as long as the request's headers are: until they are let go, and again
/// when the stream is logged.
pub(crate) fn built_in(stream: &StreamState, path: &str) -> Option<Vec<u8>> {
    match path.split_once('.')? {
        ("request", what) => of_request(visible(&stream.request, stream.logging)?, what),
        ("response", what) => of_response(stream, what),
        _ => None,
    }
}

fn visible(half: &Half, logging: bool) -> Option<&HeaderMap> {
    half.headers.as_ref().filter(|_| half.headers_visible || logging)
}

fn of_request(headers: &HeaderMap, what: &str) -> Option<Vec<u8>> {
    let target = || headers.text(":path");
    if let Some(name) = what.strip_prefix("headers.") {
        return headers.get(name).map(<[u8]>::to_vec);
    }
    match what {
        "path" => target().map(String::into_bytes),
        "url_path" => Some(target()?.split('?').next()?.into()),
        "query" => Some(target()?.split_once('?').map_or("", |(_, query)| query).into()),
        "method" => headers.get(":method").map(<[u8]>::to_vec),
        "host" => headers.get(":authority").map(<[u8]>::to_vec),
        "scheme" => headers.get(":scheme").map(<[u8]>::to_vec),
        "id" => headers.get("x-request-id").map(<[u8]>::to_vec),
        "useragent" => headers.get("user-agent").map(<[u8]>::to_vec),
        _ => None,
    }
}

fn of_response(stream: &StreamState, what: &str) -> Option<Vec<u8>> {
    let headers = stream.response.headers.as_ref();
    match what {
        "code" => Some(number(headers?.text(":status")?.parse().ok()?)),
        "code_details" => Some(stream.details().into()),
        _ => {
            let name = what.strip_prefix("headers.")?;
            visible(&stream.response, stream.logging)?.get(name).map(<[u8]>::to_vec)
        }
    }
}
