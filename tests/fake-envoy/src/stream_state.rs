//! What Envoy knows of one HTTP stream.

use crate::abi::Direction;
use crate::half::Half;
use crate::local_reply::LocalReply;
use crate::properties::Properties;

/// One request with its answer.
#[derive(Debug, Default)]
pub(crate) struct StreamState {
    pub(crate) root: u32,
    pub(crate) request: Half,
    pub(crate) response: Half,
    pub(crate) properties: Properties,
    /// What the guest set with `set_property`: `wasm.<path>` in an access log.
    pub(crate) filter_state: Properties,
    /// A local reply was asked for; a second one is refused.
    pub(crate) reply_asked: bool,
    /// The details of the answer, if Envoy or a filter made it.
    pub(crate) local_details: Option<String>,
    /// A reply that is sent when the callback of the request has returned.
    pub(crate) prepared: Option<LocalReply>,
    /// A callback of the request is running.
    pub(crate) decoding: bool,
    pub(crate) reset: bool,
    pub(crate) client_left: bool,
    /// `on_log` runs, in which every map can be read.
    pub(crate) logging: bool,
    /// The guest was told that the context is gone.
    pub(crate) deleted: bool,
}

impl StreamState {
    pub(crate) fn half(&self, direction: Direction) -> &Half {
        match direction {
            Direction::Request => &self.request,
            Direction::Response => &self.response,
        }
    }

    pub(crate) fn half_mut(&mut self, direction: Direction) -> &mut Half {
        match direction {
            Direction::Request => &mut self.request,
            Direction::Response => &mut self.response,
        }
    }

    /// `%RESPONSE_CODE_DETAILS%`
    pub(crate) fn details(&self) -> &str {
        match &self.local_details {
            Some(details) => details,
            None if self.client_left => "downstream_remote_disconnect",
            None if self.response.headers.is_some() => "via_upstream",
            None => "",
        }
    }

    /// Frames of a request that was answered are dropped.
    pub(crate) fn is_answered(&self) -> bool {
        self.reset || self.client_left || self.response.passed.ended
    }
}
