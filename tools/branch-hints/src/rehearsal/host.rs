//! What the host of a rehearsal knows while a request goes through.

use std::collections::{HashMap, VecDeque};
use std::mem;

use crate::branch::Tally;

/// Headers and a body, whichever way they go.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Message {
    pub(crate) fn new(headers: &[(&str, &str)], body: Vec<u8>) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self { headers: headers.iter().map(owned).collect(), body }
    }

    /// The first value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn status(&self) -> &str {
        self.header(":status").unwrap_or_default()
    }

    /// The first line of a request.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.header(":method").unwrap_or_default(), self.header(":path").unwrap_or_default())
    }

    /// How many lines of headers there are, as Envoy tells it.
    pub(crate) fn lines(&self) -> u32 {
        u32::try_from(self.headers.len()).unwrap_or(u32::MAX)
    }

    /// The headers as they cross the border: a count, the two lengths of each pair, then each name and value with a NUL behind it.
    pub(crate) fn encoded_headers(&self) -> Vec<u8> {
        let mut bytes = encoded_length(self.headers.len()).to_vec();
        for (name, value) in &self.headers {
            bytes.extend(encoded_length(name.len()).into_iter().chain(encoded_length(value.len())));
        }
        for (name, value) in &self.headers {
            bytes.extend(name.bytes().chain([0]).chain(value.bytes()).chain([0]));
        }
        bytes
    }
}

fn encoded_length(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes()
}

/// A call that the module has made and that is not answered yet.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) token: u32,
    pub(super) path: String,
}

/// The state of the host.
#[derive(Debug, Default)]
pub(crate) struct Host {
    pub(super) configuration: Vec<u8>,
    pub(super) request: Message,
    pub(super) answer: Message,
    /// What has come of the answer's body and was not sent on.
    pub(super) piece: Vec<u8>,
    pub(super) call_answer: Message,
    /// What the module answered itself.
    pub(super) reply: Option<Message>,
    /// Whether the module has written a body in an answer's place.
    pub(super) has_rewritten: bool,
    pub(super) calls: VecDeque<Call>,
    pub(super) made_calls: u32,
    pub(super) metrics: u32,
    pub(super) now: u64,
    pub(super) shared: HashMap<Vec<u8>, Shared>,
    pub(super) log: Vec<String>,
    asked: Vec<u8>,
    pub(super) tallies: Vec<Tally>,
}

/// A value of shared data, and how often it was written.
#[derive(Clone, Debug, Default)]
pub(super) struct Shared {
    pub(super) value: Vec<u8>,
    pub(super) version: u32,
}

/// A second of the year 2025, in nanoseconds.
const START: u64 = 1_750_000_000_000_000_000;
/// A request comes each millisecond.
const MILLISECOND: u64 = 1_000_000;

impl Host {
    pub(super) fn new(configuration: Vec<u8>, tallies: usize) -> Self {
        Self { configuration, tallies: vec![Tally::default(); tallies], now: START, ..Self::default() }
    }

    /// The next request.
    pub(super) fn begin(&mut self, request: Message) {
        self.now += MILLISECOND;
        self.request = request;
        self.reply = None;
        self.has_rewritten = false;
        self.piece.clear();
    }

    /// The map of headers with this number; empty for those that nothing comes with.
    pub(super) fn headers(&self, map: u32) -> Option<&Message> {
        match map {
            0 => Some(&self.request),
            2 => Some(&self.answer),
            6 => Some(&self.call_answer),
            _ => None,
        }
    }

    /// The buffer with this number.
    pub(super) fn buffer(&self, kind: u32) -> Option<&[u8]> {
        match kind {
            1 => Some(&self.piece),
            4 => Some(&self.call_answer.body),
            7 => Some(&self.configuration),
            _ => None,
        }
    }

    /// Notes a call; gives its token.
    pub(super) fn call(&mut self, path: String) -> u32 {
        self.made_calls += 1;
        self.calls.push_back(Call { token: self.made_calls, path });
        self.made_calls
    }

    /// Whether it is the question before this one, with a single bit changed.
    pub(super) fn is_tampered(&mut self, question: &[u8]) -> bool {
        let before = mem::replace(&mut self.asked, question.to_vec());
        let changed = before.iter().zip(question).map(|(a, b)| (a ^ b).count_ones()).sum::<u32>();
        before.len() == question.len() && changed == 1
    }

    pub(super) fn count(&mut self, tally: usize, holds: bool) {
        self.tallies.get_mut(tally).into_iter().for_each(|tally| tally.count(holds));
    }
}
