//! How one part of an aggregation stands.

use std::borrow::Cow;
use std::time::Duration;

use crate::answer::Answer;
use crate::failure::Failure;
use crate::json::Json;
use crate::outcome::{End, PartEnd};
use crate::plan::Part;
use crate::received::Received;
use crate::request::Request;
use crate::template::{Source, Values};

/// How a part stands. Durations are the times from its call to its end.
#[derive(Debug)]
pub(super) enum State {
    /// It has not been asked.
    Due,
    /// It is left out of this answer.
    LeftOut,
    /// It has been asked.
    Called(Called),
    /// It has come.
    Came(Received, Duration),
    /// It has failed.
    Failed(Failure, Duration),
}

/// A part that has been asked.
#[derive(Debug)]
pub(super) struct Called {
    at: Duration,
    /// When its time is up.
    end: Duration,
    /// When a second copy is due, if it was not sent yet.
    pub(super) hedge_at: Option<Duration>,
    /// How many calls of it are under way.
    copies: u32,
}

/// Envoy's timers count from the start of the event loop's turn, which is earlier than the time that filters see: on a busy
/// machine by some milliseconds.
const CLOCKS_APART: Duration = Duration::from_millis(5);
/// What breaks off within the last twentieth of its time has run out of it, too: seconds have more room for a slow turn.
const LAST_PART: u32 = 20;

impl Called {
    pub(super) fn new(at: Duration, end: Duration, hedge: Option<Duration>) -> Self {
        Self { at, end, hedge_at: hedge.map(|hedge| at.saturating_add(hedge)), copies: 1 }
    }

    /// Envoy resets a call whose time is up after its answer has begun, and does not say that this was why.
    fn reset_at(&self, now: Duration) -> Failure {
        let apart = (self.end.saturating_sub(self.at) / LAST_PART).max(CLOCKS_APART);
        if now.saturating_add(apart) < self.end { Failure::Reset } else { Failure::TimedOut }
    }
}

impl State {
    /// Takes an answer in. A failure counts once no copy of the call is left that may succeed.
    pub(super) fn settle(&mut self, part: &Part, answer: &Answer<'_>, now: Duration) {
        let Self::Called(called) = self else { return };
        let took = now.saturating_sub(called.at);
        let received = match answer {
            Answer::Response(response) => Received::take(part, response),
            Answer::Reset => Err(called.reset_at(now)),
        };
        match received {
            Ok(received) => *self = Self::Came(received, took),
            Err(_) if called.copies > 1 => called.copies -= 1,
            Err(failure) => *self = Self::Failed(failure, took),
        }
    }

    /// Whether it may still change.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Due | Self::Called(_))
    }

    pub(super) fn called(&self) -> Option<&Called> {
        match self {
            Self::Called(called) => Some(called),
            _ => None,
        }
    }

    /// Since when its call is under way, if a second copy is due; it is due once.
    pub(super) fn hedge_due(&mut self, now: Duration) -> Option<Duration> {
        let Self::Called(called) = self else { return None };
        called.hedge_at.take_if(|at| *at <= now).map(|_| called.at)
    }

    pub(super) fn add_copy(&mut self) {
        if let Self::Called(called) = self {
            called.copies += 1;
        }
    }

    /// What stands for the part in the answer.
    pub(super) fn value<'a>(&'a self, part: &'a Part) -> Option<Json<'a>> {
        match self {
            Self::Came(received, _) => Some(received.shown()),
            Self::Failed(..) => Some(part.stand_in.json()),
            Self::Due | Self::Called(_) | Self::LeftOut => None,
        }
    }

    pub(super) fn end(&self) -> PartEnd {
        let (end, took) = match self {
            Self::Due | Self::Called(_) => (End::Unfinished, Duration::ZERO),
            Self::LeftOut => (End::LeftOut, Duration::ZERO),
            Self::Came(_, took) => (End::Came, *took),
            Self::Failed(failure, took) => (End::Failed(failure.clone()), *took),
        };
        PartEnd { end, took }
    }
}

/// Where the templates of one aggregation find their values.
pub(super) struct Filling<'a> {
    pub(super) request: Request<'a>,
    pub(super) captures: &'a [Vec<u8>],
    pub(super) states: &'a [State],
}

impl Values for Filling<'_> {
    fn value(&self, source: &Source) -> Option<Cow<'_, [u8]>> {
        match source {
            Source::Capture(position) => {
                self.captures.get(*position).map(|value| Cow::Borrowed(value.as_slice()))
            }
            Source::Part { part, steps } => match self.states.get(*part)? {
                State::Came(received, _) => received.scalar(steps).map(bytes),
                _ => None,
            },
            source => self.request.value(source),
        }
    }
}

fn bytes(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}
