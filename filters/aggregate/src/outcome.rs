//! How an aggregation ended: what the client gets, and what there is to tell about it.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::rc::Rc;
use std::time::Duration;

use portcullis_http::{Head, Refusal, Reply};

use crate::failure::Failure;
use crate::plan::Plan;

/// The end of an aggregation.
#[derive(Debug)]
pub struct Outcome {
    /// What the client gets.
    pub ending: Ending,
    /// What happened.
    pub report: Report,
}

/// What the client gets.
#[derive(Debug)]
pub enum Ending {
    /// The stitched answer.
    Answered(Reply),
    /// An error, since a required part failed.
    Refused(Refusal),
}

/// What happened, for metrics and traces; as text it is the trace's item.
#[derive(Debug)]
pub struct Report {
    pub(crate) plan: Rc<Plan>,
    pub(crate) parts: Vec<PartEnd>,
    pub(crate) clashed: Vec<usize>,
    pub(crate) took: Duration,
}

/// How a part ended, and how long its call took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartEnd {
    /// How it ended.
    pub end: End,
    /// The time from its call to its end; zero where there was no call.
    pub took: Duration,
}

/// How a part ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It stands in the answer.
    Came,
    /// It failed; what the document says stands in for it.
    Failed(Failure),
    /// Its `when` was not met.
    LeftOut,
    /// A required part failed before.
    Unfinished,
}

impl PartEnd {
    /// The whole milliseconds that its call took.
    #[must_use]
    pub fn millis(&self) -> u64 {
        millis(self.took)
    }
}

impl Report {
    /// The parts in the order of the document: their names and ends.
    pub fn parts(&self) -> impl Iterator<Item = (&str, &PartEnd)> {
        self.plan.parts.iter().map(|part| &*part.name).zip(&self.parts)
    }

    /// The names of parts that lost a member at the top level to an earlier one.
    pub fn clashed(&self) -> impl Iterator<Item = &str> {
        self.clashed.iter().filter_map(|part| self.plan.parts.get(*part)).map(|part| &*part.name)
    }

    /// The time from the start to the end.
    #[must_use]
    pub fn took(&self) -> Duration {
        self.took
    }

    /// The names of failed parts, each once, with commas between them.
    fn partial(&self) -> String {
        let mut names: Vec<&str> = Vec::new();
        for (name, part) in self.parts() {
            if matches!(part.end, End::Failed(_)) && !names.contains(&name) {
                names.push(name);
            }
        }
        names.join(", ")
    }

    /// The answer with this body.
    pub(crate) fn reply(&self, request: &Head, body: Vec<u8>) -> Reply {
        let mut reply = Reply {
            status: 200,
            headers: Vec::with_capacity(MOST_HEADERS),
            body,
            detail: "portcullis.aggregate.answered",
            is_refusal: false,
        };
        let mut add = |name: &'static str, value: Vec<u8>| reply.headers.push((Cow::Borrowed(name), value));
        add("content-type", b"application/json".to_vec());
        if let Some(id) = request.get("x-request-id") {
            add("x-request-id", id.to_vec());
        }
        add("x-response-time", response_time(self.took));
        let partial = self.partial();
        if !partial.is_empty() {
            add("x-portcullis-partial", partial.into_bytes());
            add("cache-control", b"no-store".to_vec());
            reply.detail = "portcullis.aggregate.partial";
        }
        reply
    }
}

/// What an answer has, with the trace that may come to it.
const MOST_HEADERS: usize = 6;

/// Such as `52ms`. Every answer has one, so that it is written without a formatter.
fn response_time(took: Duration) -> Vec<u8> {
    let mut digits = itoa::Buffer::new();
    [digits.format(millis(took)).as_bytes(), b"ms"].concat()
}

/// [`Duration::as_millis`] without 128 bits, which neither a processor nor a formatter takes in one step.
fn millis(time: Duration) -> u64 {
    time.as_secs().saturating_mul(1000).saturating_add(u64::from(time.subsec_millis()))
}

/// Such as `aggregate;rule="/api/home";parts=3;slowest=user:52ms;failed=recommendations:timed_out`.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "aggregate;rule={:?};parts={}", self.plan.path, self.parts.len())?;
        if let Some((name, part)) = self.parts().max_by_key(|(_, part)| part.took) {
            write!(f, ";slowest={name}:{}ms", millis(part.took))?;
        }
        list(f, "failed", self.parts().filter_map(|(name, part)| Some((name, failure(part)?.word()))))?;
        list(
            f,
            "left_out",
            self.parts().filter(|(_, part)| part.end == End::LeftOut).map(|(name, _)| (name, "")),
        )?;
        list(f, "clashed", self.clashed().map(|name| (name, "")))
    }
}

fn failure(part: &PartEnd) -> Option<&Failure> {
    match &part.end {
        End::Failed(failure) => Some(failure),
        _ => None,
    }
}

/// Writes `;label=a:x|b:y`, or nothing for no items.
fn list<'a>(
    f: &mut fmt::Formatter<'_>,
    label: &str,
    items: impl Iterator<Item = (&'a str, &'a str)>,
) -> fmt::Result {
    for (at, (name, word)) in items.enumerate() {
        match at {
            0 => write!(f, ";{label}={name}")?,
            _ => write!(f, "|{name}")?,
        }
        if !word.is_empty() {
            f.write_char(':')?;
            f.write_str(word)?;
        }
    }
    Ok(())
}
