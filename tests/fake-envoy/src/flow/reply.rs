//! Local replies, limits and resets.

use super::{data, headers, pass, with};
use crate::abi::Direction;
use crate::guest;
use crate::host;
use crate::local_reply::LocalReply;
use crate::stream_state::StreamState;

/// Which way a local reply takes.
enum Way {
    /// The stream is over already.
    Nowhere,
    /// A callback of the request is running; the reply waits until it has returned.
    Prepared,
    /// Nothing of an answer is there yet: through the filter's own response callbacks.
    ThroughTheFilter,
    /// An answer waits in the filter: in its stead, straight to the client.
    Straight,
    /// The answer's headers have gone: nothing is left but to tear the stream down.
    Reset,
}

/// Sends a local reply. Of two that were asked for in one callback the first goes out, with the details of the last.
pub(crate) fn reply(stream: u32, reply: &LocalReply) {
    match with(stream, |stream| way(stream, reply)) {
        Some(Way::ThroughTheFilter) => through_the_filter(stream, reply),
        Some(Way::Straight) => straight(stream, reply),
        Some(Way::Reset) => reset(stream),
        Some(Way::Nowhere | Way::Prepared) | None => {}
    }
}

fn way(stream: &mut StreamState, reply: &LocalReply) -> Way {
    if stream.is_answered() {
        return Way::Nowhere;
    }
    stream.local_details = Some(reply.details.clone());
    if stream.response.passed.headers.is_some() {
        return Way::Reset;
    }
    if stream.response.headers.is_some() {
        return Way::Straight;
    }
    if stream.decoding {
        stream.prepared.get_or_insert_with(|| reply.clone());
        return Way::Prepared;
    }
    Way::ThroughTheFilter
}

/// The callback has returned, and a reply that waited for that goes out.
pub(crate) fn send_prepared(stream: u32) {
    let prepared = with(stream, |stream| {
        stream.decoding = false;
        stream.prepared.take()
    });
    if let Some(reply) = prepared.flatten() {
        through_the_filter(stream, &reply);
    }
}

fn through_the_filter(stream: u32, reply: &LocalReply) {
    let Some((head, body)) = with(stream, |stream| reply.to(stream)) else { return };
    headers(stream, Direction::Response, head, body.is_empty());
    if !body.is_empty() {
        data(stream, Direction::Response, body, true);
    }
}

fn straight(stream: u32, reply: &LocalReply) {
    with(stream, |stream| {
        let (head, body) = reply.to(stream);
        stream.response.passed.headers = Some(head);
        stream.response.pass_chunk(body, true);
    });
    pass::ended(stream, Direction::Response, true);
}

/// More than the limit cannot be buffered: 413 for a request, 500 for an answer.
pub(crate) fn check_limit(stream: u32, direction: Direction) {
    let over = host::with(|host| {
        let limit = host.buffer_limit;
        host.stream(stream).is_some_and(|stream| stream.half(direction).buffered() > limit)
    });
    if over {
        let refusal = match direction {
            Direction::Request => LocalReply::of_envoy(413, "Payload Too Large", "request_payload_too_large"),
            Direction::Response => {
                LocalReply::of_envoy(500, "Internal Server Error", "response_payload_too_large")
            }
        };
        reply(stream, &refusal);
    }
}

/// The stream is torn down.
pub(crate) fn reset(stream: u32) {
    with(stream, |stream| stream.reset = true);
    guest::end_stream(stream);
}
