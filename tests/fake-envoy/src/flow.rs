//! The filter manager: how frames pass one filter, stop at it, and go on.
//!
//! Envoy's own rules for `StopIteration`, `StopAllIterationAndWatermark` and `StopIterationAndBuffer`, in the shape that they take for a
//! single filter between the client and the router.

mod hold;
mod pass;
mod reply;

use crate::abi::Direction;
use crate::guest::{self, Verdict};
use crate::half::{Arrival, Body, Frame, Iteration};
use crate::header_map::HeaderMap;
use crate::host;
use crate::stream_state::StreamState;

pub(crate) use hold::resume;
pub(crate) use reply::{reply, reset};

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
    match guest::headers(stream, direction, size, end) {
        Verdict::Continue => {
            with(stream, |stream| stream.half_mut(direction).headers_visible = false);
            pass::headers(stream, direction, end);
        }
        Verdict::Pause => {
            let waits = host::with(|host| host.headers_wait);
            stop(stream, direction, if waits { Iteration::Stopped } else { Iteration::StoppedAll });
        }
        Verdict::Stop => stop(stream, direction, Iteration::StoppedAll),
    }
    reply::send_prepared(stream);
}

/// A piece of the body arrives.
pub(crate) fn data(stream: u32, direction: Direction, chunk: Vec<u8>, end: bool) {
    frame(stream, direction, Frame::Data { chunk, end });
}

/// Trailers arrive; they end the direction, and the body never saw an end.
pub(crate) fn trailers(stream: u32, direction: Direction, map: HeaderMap) {
    frame(stream, direction, Frame::Trailers(map));
}

/// What comes after the headers. It reaches the filter unless all iteration is stopped; then it waits, up to the limit in Envoy's buffer,
/// beyond it with the sender.
fn frame(stream: u32, direction: Direction, frame: Frame) {
    let limit = host::with(|host| host.buffer_limit);
    let arrival = with(stream, |stream| {
        if direction == Direction::Request && stream.is_answered() {
            return Arrival::Kept;
        }
        let half = stream.half_mut(direction);
        if half.is_held_back(limit) {
            half.held_back.push_back(frame);
            return Arrival::Kept;
        }
        half.arrive(frame)
    });
    match arrival {
        Some(Arrival::Data { chunk, end }) => filter_data(stream, direction, chunk, end),
        Some(Arrival::Trailers) => filter_trailers(stream, direction),
        Some(Arrival::Kept) | None => {}
    }
    reply::send_prepared(stream);
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
    if buffering == Some(true) {
        reply::check_limit(stream, direction);
    }
    let size = with(stream, |stream| stream.half_mut(direction).visible_body().map_or(0, |body| body.len()));
    let Some(size) = size else { return };
    match guest::body(stream, direction, size, end) {
        Verdict::Continue => body_continues(stream, direction, end),
        Verdict::Pause => body_pauses(stream, direction),
        Verdict::Stop => body_stops(stream, direction),
    }
}

/// Continue lets everything go that was held: this piece, what was buffered, and the headers too if they wait.
fn body_continues(stream: u32, direction: Direction, end: bool) {
    let Some((iteration, held)) = with(stream, |stream| {
        if stream.prepared.is_some() {
            // The limit was passed on the way in, so that nothing goes on any more.
            return None;
        }
        let half = stream.half_mut(direction);
        let chunk = half.take_chunk();
        half.buffer(chunk);
        let held = if half.iteration == Iteration::Going { half.buffer.take() } else { None };
        Some((half.iteration, held.unwrap_or_default()))
    })
    .flatten() else {
        return;
    };
    match iteration {
        Iteration::Going => pass::chunk(stream, direction, held, end),
        Iteration::Stopped | Iteration::StoppedAll => resume(stream, direction),
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
    reply::check_limit(stream, direction);
}

/// After a reply the piece is dropped.
fn body_stops(stream: u32, direction: Direction) {
    with(stream, |stream| {
        let half = stream.half_mut(direction);
        half.take_chunk();
        half.iteration = Iteration::Stopped;
    });
}

fn filter_trailers(stream: u32, direction: Direction) {
    let size = with(stream, |stream| {
        stream.decoding = direction == Direction::Request;
        let half = stream.half_mut(direction);
        half.trailers_visible = true;
        half.trailers.as_ref().map_or(0, HeaderMap::len)
    });
    let Some(size) = size else { return };
    match guest::trailers(stream, direction, size) {
        Verdict::Continue => trailers_continue(stream, direction),
        Verdict::Pause | Verdict::Stop => stop(stream, direction, Iteration::Stopped),
    }
}

fn trailers_continue(stream: u32, direction: Direction) {
    let iteration = with(stream, |stream| {
        let half = stream.half_mut(direction);
        half.trailers_visible = false;
        half.iteration
    });
    match iteration {
        Some(Iteration::Going) => pass::trailers(stream, direction),
        Some(Iteration::Stopped | Iteration::StoppedAll) => resume(stream, direction),
        None => {}
    }
}

fn stop(stream: u32, direction: Direction, iteration: Iteration) {
    with(stream, |stream| stream.half_mut(direction).iteration = iteration);
}
