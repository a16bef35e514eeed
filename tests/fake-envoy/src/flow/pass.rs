//! What leaves the filter: to the router, or to the client.

use super::reply::reply;
use super::with;
use crate::abi::Direction;
use crate::guest;
use crate::hazard;
use crate::header_map::HeaderMap;
use crate::local_reply::LocalReply;

pub(crate) fn headers(stream: u32, direction: Direction, end: bool) {
    let fault = with(stream, |stream| {
        let half = stream.half_mut(direction);
        if half.passed.headers.is_some() {
            hazard::hazard(hazard::FORWARDED_TWICE);
        }
        let fault = half.headers.as_ref().and_then(|map| fault(direction, map));
        if fault.is_none() {
            half.pass_headers(end);
        }
        fault
    });
    match fault.flatten() {
        Some(fault) => reply(stream, &fault),
        None => ended(stream, direction, end),
    }
}

pub(crate) fn chunk(stream: u32, direction: Direction, chunk: Vec<u8>, end: bool) {
    with(stream, |stream| stream.half_mut(direction).pass_chunk(chunk, end));
    ended(stream, direction, end);
}

pub(crate) fn trailers(stream: u32, direction: Direction) {
    with(stream, |stream| stream.half_mut(direction).pass_trailers());
    ended(stream, direction, true);
}

/// A stream ends with its answer.
pub(crate) fn ended(stream: u32, direction: Direction, end: bool) {
    if direction == Direction::Response && end {
        guest::end_stream(stream);
    }
}

/// What Envoy answers when a filter left headers that cannot go on. The headers of an answer are not looked at but for the status:
/// a line break in one splits the answer.
fn fault(direction: Direction, map: &HeaderMap) -> Option<LocalReply> {
    match direction {
        Direction::Request => fault_of_request(map),
        Direction::Response => {
            if map.iter().any(|(_, value)| splits(value)) {
                hazard::hazard(hazard::ANSWER_SPLIT);
            }
            let missing = "missing required header: :status";
            let details = "filter_removed_required_response_headers{missing_required_header:_:status}";
            map.get(":status").is_none().then(|| LocalReply::of_envoy(502, missing, details))
        }
    }
}

/// Without a path there is no route; without a method, or with a value that HTTP does not allow, the router refuses.
fn fault_of_request(map: &HeaderMap) -> Option<LocalReply> {
    if map.get(":path").is_none() || map.get(":authority").is_none() {
        return Some(LocalReply::of_envoy(404, "", "route_not_found"));
    }
    let bad = map.iter().find(|(_, value)| value.iter().any(|byte| *byte < b' ' && *byte != b'\t'));
    let fault = match bad {
        Some((name, _)) => format!("invalid header value for: {name}"),
        None if map.get(":method").is_none() => String::from("missing required header: :method"),
        None => return None,
    };
    let details = format!("filter_removed_required_request_headers{{{}}}", LocalReply::without_space(&fault));
    Some(LocalReply::of_envoy(503, &fault, &details))
}

fn splits(value: &[u8]) -> bool {
    value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0))
}
