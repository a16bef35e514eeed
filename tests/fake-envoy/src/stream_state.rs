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
    /// It is over, and the guest is being told.
    pub(crate) torn_down: bool,
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
    pub(crate) fn details(&self) -> Option<&str> {
        match &self.local_details {
            Some(details) => Some(details),
            None if self.client_left => Some("downstream_remote_disconnect"),
            None => self.response.headers.as_ref().map(|_| "via_upstream"),
        }
    }

    /// The answer to a HEAD has no body.
    pub(crate) fn is_head(&self) -> bool {
        self.request_header(":method").is_some_and(|method| method == b"HEAD")
    }

    /// A client of gRPC is answered in its own language.
    pub(crate) fn is_grpc(&self) -> bool {
        self.request_header("content-type").is_some_and(|kind| kind.starts_with(b"application/grpc"))
    }

    fn request_header(&self, name: &str) -> Option<&[u8]> {
        self.request.headers.as_ref()?.get(name)
    }

    /// Frames of a request that was answered are dropped.
    pub(crate) fn is_answered(&self) -> bool {
        self.reset || self.client_left || self.response.passed.ended
    }
}
