//! The filter manager: how frames pass one filter, stop at it, and go on.
//!
//! Envoy's own rules for `StopIteration`, `StopAllIterationAndWatermark` and `StopIterationAndBuffer`, in the shape that they take for
//! a single filter between the client and the router.

use crate::abi::Direction;
use crate::guest::{self, Verdict};
use crate::half::{Body, Iteration};
use crate::header_map::HeaderMap;
use crate::host;
use crate::local_reply::LocalReply;
use crate::stream_state::StreamState;

/// Does something with a stream that the guest still knows.
fn with<R>(stream: u32, act: impl FnOnce(&mut StreamState) -> R) -> Option<R> {
    host::with(|host| host.stream_mut(stream).map(act))
}

/// Headers arrive.
pub(crate) fn headers(stream: u32, direction: Direction, map: HeaderMap, end: bool) {
    let size = map.len();
    let arrived = with(stream, |stream| {
        stream.decoding = direction == Direction::Request;
        let half = stream.half_mut(direction);
        half.headers = Some(map);
        half.headers_visible = true;
        half.ended = end;
    });
    if arrived.is_none() {
        return;
    }
    let verdict = guest::headers(stream, direction, size, end);
    match verdict {
        Verdict::Continue => {
            with(stream, |stream| {
                stream.half_mut(direction).headers_visible = false;
            });
            pass_headers(stream, direction, end);
        }
        Verdict::Pause => {
            let waits = host::with(|host| host.headers_wait);
            stop(stream, direction, if waits { Iteration::Stopped } else { Iteration::StoppedAll });
        }
        Verdict::Stop => stop(stream, direction, Iteration::StoppedAll),
    }
    send_prepared(stream);
}

/// A piece of the body arrives.
pub(crate) fn data(stream: u32, direction: Direction, chunk: Vec<u8>, end: bool) {
    let reaches_the_filter = with(stream, |stream| {
        if direction == Direction::Request && stream.is_answered() {
            return false;
        }
        let half = stream.half_mut(direction);
        half.ended |= end;
        if half.iteration == Iteration::StoppedAll {
            // Nobody reads, so the sender is held back; what it has sent already waits, whatever its size.
            half.buffer(chunk.clone());
            return false;
        }
        true
    });
    if reaches_the_filter == Some(true) {
        filter_data(stream, direction, chunk, end);
        send_prepared(stream);
    }
}

/// The filter sees a piece of the body: all that was buffered while it says Pause, else this piece alone.
fn filter_data(stream: u32, direction: Direction, chunk: Vec<u8>, end: bool) {
    let buffering = with(stream, |stream| {
        stream.decoding = direction == Direction::Request;
        let half = stream.half_mut(direction);
        if half.body == Body::Buffered {
            half.buffer(chunk);
            return true;
        }
        half.body = Body::Chunk(chunk);
        false
    });
    if buffering == Some(true) && overflows(stream, direction) {
        return;
    }
    let Some(size) =
        with(stream, |stream| stream.half_mut(direction).visible_body().map_or(0, |body| body.len()))
    else {
        return;
    };
    let verdict = guest::body(stream, direction, size, end);
    match verdict {
        Verdict::Continue => body_continues(stream, direction, end),
        Verdict::Pause => body_pauses(stream, direction),
        Verdict::Stop => body_stops(stream, direction),
    }
}

/// Continue lets everything go that was held: this piece, what was buffered, and the headers too if they wait.
fn body_continues(stream: u32, direction: Direction, end: bool) {
    let held = with(stream, |stream| {
        let half = stream.half_mut(direction);
        let chunk = half.take_chunk();
        if half.iteration == Iteration::Going {
            return Some(match half.buffer.take() {
                Some(mut buffered) => {
                    buffered.extend(chunk);
                    buffered
                }
                None => chunk,
            });
        }
        half.buffer(chunk);
        None
    });
    match held {
        Some(Some(chunk)) => pass_chunk(stream, direction, chunk, end),
        Some(None) => resume(stream, direction),
        None => {}
    }
}

fn body_pauses(stream: u32, direction: Direction) {
    with(stream, |stream| {
        let half = stream.half_mut(direction);
        let chunk = half.take_chunk();
        half.buffer(chunk);
        half.body = Body::Buffered;
        half.iteration = Iteration::Stopped;
    });
    overflows(stream, direction);
}

/// After a reply or a reset the piece is dropped.
fn body_stops(stream: u32, direction: Direction) {
    with(stream, |stream| {
        let half = stream.half_mut(direction);
        half.take_chunk();
        half.iteration = Iteration::Stopped;
    });
}

/// More than the limit cannot be buffered: 413 for a request, 500 for an answer whose headers wait, else a reset.
fn overflows(stream: u32, direction: Direction) -> bool {
    let over = host::with(|host| {
        let limit = host.buffer_limit;
        host.stream(stream).is_some_and(|stream| stream.half(direction).buffered() > limit)
    });
    if over {
        let (status, body, details) = match direction {
            Direction::Request => (413, "Payload Too Large", "request_payload_too_large"),
            Direction::Response => (500, "Internal Server Error", "response_payload_too_large"),
        };
        reply(stream, LocalReply::of_envoy(status, body, details));
    }
    over
}

/// Trailers arrive; they end the direction, and the body never saw an end.
pub(crate) fn trailers(stream: u32, direction: Direction, map: HeaderMap) {
    let reaches_the_filter = with(stream, |stream| {
        if direction == Direction::Request && stream.is_answered() {
            return false;
        }
        let half = stream.half_mut(direction);
        half.ended = true;
        half.trailers = Some(map);
        half.iteration != Iteration::StoppedAll
    });
    if reaches_the_filter == Some(true) {
        filter_trailers(stream, direction);
        send_prepared(stream);
    }
}

fn filter_trailers(stream: u32, direction: Direction) {
    let Some(size) = with(stream, |stream| {
        stream.decoding = direction == Direction::Request;
        let half = stream.half_mut(direction);
        half.trailers_visible = true;
        half.trailers.as_ref().map_or(0, HeaderMap::len)
    }) else {
        return;
    };
    match guest::trailers(stream, direction, size) {
        Verdict::Continue => {
            let was_going = with(stream, |stream| {
                let half = stream.half_mut(direction);
                half.trailers_visible = false;
                half.iteration == Iteration::Going
            });
            match was_going {
                Some(true) => pass_trailers(stream, direction),
                Some(false) => resume(stream, direction),
                None => {}
            }
        }
        Verdict::Pause | Verdict::Stop => stop(stream, direction, Iteration::Stopped),
    }
}

fn stop(stream: u32, direction: Direction, iteration: Iteration) {
    with(stream, |stream| stream.half_mut(direction).iteration = iteration);
}

/// What was held goes on. After `StopAllIterationAndWatermark` the filter itself sees the body and the trailers first.
pub(crate) fn resume(stream: u32, direction: Direction) {
    let Some(resumed) = with(stream, |stream| {
        if stream.is_answered() {
            return None;
        }
        let half = stream.half_mut(direction);
        half.headers.as_ref()?;
        let held = Held {
            from_the_filter: half.iteration == Iteration::StoppedAll,
            headers: half.passed.headers.is_none(),
            trailers: half.trailers.is_some() && half.passed.trailers.is_none(),
            ended: half.ended,
            body: half.buffer.take(),
        };
        half.iteration = Iteration::Going;
        Some(held)
    })
    .flatten() else {
        return;
    };
    resumed.go_on(stream, direction);
    send_prepared(stream);
}

/// What waits behind a stop.
struct Held {
    from_the_filter: bool,
    headers: bool,
    body: Option<Vec<u8>>,
    trailers: bool,
    ended: bool,
}

impl Held {
    fn go_on(self, stream: u32, direction: Direction) {
        if self.headers {
            pass_headers(stream, direction, self.ended && self.body.is_none() && !self.trailers);
        }
        if let Some(body) = self.body {
            let end = self.ended && !self.trailers;
            if self.from_the_filter {
                filter_data(stream, direction, body, end);
            } else {
                pass_chunk(stream, direction, body, end);
            }
        }
        if self.trailers && self.from_the_filter {
            filter_trailers(stream, direction);
        } else if self.trailers {
            pass_trailers(stream, direction);
        }
    }
}

fn pass_headers(stream: u32, direction: Direction, end: bool) {
    with(stream, |stream| stream.half_mut(direction).pass_headers(end));
    ended(stream, direction, end);
}

fn pass_chunk(stream: u32, direction: Direction, chunk: Vec<u8>, end: bool) {
    with(stream, |stream| stream.half_mut(direction).pass_chunk(chunk, end));
    ended(stream, direction, end);
}

fn pass_trailers(stream: u32, direction: Direction) {
    with(stream, |stream| stream.half_mut(direction).pass_trailers());
    ended(stream, direction, true);
}

/// A stream ends with its answer.
fn ended(stream: u32, direction: Direction, end: bool) {
    if direction == Direction::Response && end {
        guest::end_stream(stream);
    }
}

/// A local reply. Before the answer's headers it goes through the filter's own response callbacks; while they wait it goes straight to
/// the client; when they are gone only a reset is left.
pub(crate) fn reply(stream: u32, reply: LocalReply) {
    enum Way {
        Nowhere,
        Later,
        ThroughTheFilter,
        Straight,
        Reset,
    }
    let way = with(stream, |stream| {
        if stream.is_answered() {
            return Way::Nowhere;
        }
        if stream.response.passed.headers.is_some() {
            return Way::Reset;
        }
        stream.local_details = Some(reply.details.clone());
        if stream.response.headers.is_some() {
            return Way::Straight;
        }
        if stream.decoding {
            stream.prepared = Some(reply.clone());
            return Way::Later;
        }
        Way::ThroughTheFilter
    });
    match way {
        Some(Way::ThroughTheFilter) => through_the_filter(stream, reply),
        Some(Way::Straight) => straight(stream, reply),
        Some(Way::Reset) => reset(stream),
        Some(Way::Nowhere | Way::Later) | None => {}
    }
}

/// A reply that was asked for in a callback of the request waits until that callback has returned.
fn send_prepared(stream: u32) {
    let prepared = with(stream, |stream| {
        stream.decoding = false;
        stream.prepared.take()
    });
    if let Some(reply) = prepared.flatten() {
        through_the_filter(stream, reply);
    }
}

fn through_the_filter(stream: u32, reply: LocalReply) {
    headers(stream, Direction::Response, reply.head(), reply.body.is_empty());
    if !reply.body.is_empty() {
        data(stream, Direction::Response, reply.body, true);
    }
}

fn straight(stream: u32, reply: LocalReply) {
    with(stream, |stream| {
        let half = &mut stream.response;
        half.passed.headers = Some(reply.head());
        half.pass_chunk(reply.body, true);
    });
    ended(stream, Direction::Response, true);
}

/// The stream is torn down.
pub(crate) fn reset(stream: u32) {
    with(stream, |stream| stream.reset = true);
    guest::end_stream(stream);
}
