//! What was held goes on.

use super::{filter_data, filter_trailers, frame, pass, reply, with};
use crate::abi::Direction;
use crate::half::{Half, Iteration};
use crate::hazard;

/// What waits behind a stop.
struct Held {
    from_the_filter: bool,
    headers: bool,
    body: Option<Vec<u8>>,
    trailers: bool,
    ended: bool,
}

/// What was held goes on. After `StopAllIterationAndWatermark` the filter itself sees the body and the trailers first.
pub(crate) fn resume(stream: u32, direction: Direction) {
    let held = with(stream, |stream| {
        if stream.is_answered() {
            return None;
        }
        let half = stream.half_mut(direction);
        if half.headers.is_none() && direction == Direction::Response {
            hazard::hazard(hazard::CONTINUED_WITHOUT_A_RESPONSE);
        }
        Some(Held::take(half))
    });
    if let Some(held) = held.flatten() {
        held.go_on(stream, direction);
        deliver_held_back(stream, direction);
        reply::send_prepared(stream);
    }
}

impl Held {
    fn take(half: &mut Half) -> Self {
        let held = Self {
            from_the_filter: half.iteration == Iteration::StoppedAll,
            headers: half.passed.headers.is_none(),
            trailers: half.trailers.is_some() && half.passed.trailers.is_none(),
            ended: half.ended,
            body: half.buffer.take(),
        };
        half.iteration = Iteration::Going;
        held
    }

    fn go_on(self, stream: u32, direction: Direction) {
        if self.headers {
            pass::headers(stream, direction, self.ended && self.body.is_none() && !self.trailers);
        }
        let end = self.ended && !self.trailers;
        match self.body {
            Some(body) if self.from_the_filter => filter_data(stream, direction, body, end),
            Some(body) => pass::chunk(stream, direction, body, end),
            None => {}
        }
        if self.trailers && self.from_the_filter {
            check_body_is_kept(stream, direction);
            filter_trailers(stream, direction);
        } else if self.trailers {
            pass::trailers(stream, direction);
        }
    }
}

fn check_body_is_kept(stream: u32, direction: Direction) {
    if with(stream, |stream| stream.half(direction).iteration) == Some(Iteration::Stopped) {
        hazard::hazard(hazard::BODY_LOST);
    }
}

/// The sender, which was held back, goes on as well.
fn deliver_held_back(stream: u32, direction: Direction) {
    let waiting = with(stream, |stream| std::mem::take(&mut stream.half_mut(direction).held_back));
    for next in waiting.unwrap_or_default() {
        frame(stream, direction, next);
    }
}
