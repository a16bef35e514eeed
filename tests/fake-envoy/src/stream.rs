//! The driver's side of a stream: the client that sends a request and the upstream that answers it.

mod request;
mod upstream;

use crate::abi::Direction;
use crate::calls::Call;
use crate::envoy::Envoy;
use crate::grpc::GrpcCall;
use crate::host;
use crate::local_reply::LocalReply;
use crate::outcome::{Message, Outcome, Reply};
use crate::stream_state::StreamState;
use crate::{flow, guest, properties};

pub use request::Request;
pub use upstream::{Response, Upstream};

/// A request on its way, and the client behind it.
#[derive(Debug, Clone, Copy)]
pub struct Stream<'envoy> {
    envoy: &'envoy Envoy,
    id: u32,
}

impl<'envoy> Stream<'envoy> {
    /// The context id that the module knows it by.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The client sends a piece of the body.
    pub fn chunk(self, bytes: impl AsRef<[u8]>) -> Self {
        flow::data(self.id, Direction::Request, bytes.as_ref().to_vec(), false);
        self
    }

    /// The client sends the last piece of the body.
    pub fn last_chunk(self, bytes: impl AsRef<[u8]>) -> Self {
        flow::data(self.id, Direction::Request, bytes.as_ref().to_vec(), true);
        self
    }

    /// The client ends the body, with an empty piece, as Envoy's HTTP/1 codec does.
    pub fn end(self) -> Self {
        self.last_chunk([])
    }

    /// The client ends the request with trailers.
    pub fn trailers<Name: AsRef<str>, Value: AsRef<[u8]>>(
        self,
        trailers: impl IntoIterator<Item = (Name, Value)>,
    ) -> Self {
        flow::trailers(self.id, Direction::Request, trailers.into_iter().collect());
        self
    }

    /// The client goes away. The calls that were made for it go on: they are the root's.
    pub fn client_leaves(self) {
        self.with(|stream| stream.client_left = true);
        guest::end_stream(self.id);
    }

    /// What came of the request so far.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.with(|stream| {
            if stream.reset || stream.client_left {
                return Outcome::Gone;
            }
            if let Some(reply) = local_reply(stream) {
                return Outcome::Replied(reply);
            }
            Message::of(&stream.request.passed).map_or(Outcome::Waiting, Outcome::Forwarded)
        })
    }

    /// What the client got so far; `None` before the headers.
    #[must_use]
    pub fn received(&self) -> Option<Message> {
        self.with(|stream| Message::of(&stream.response.passed))
    }

    /// Whether the client saw the stream torn down.
    #[must_use]
    pub fn was_reset(&self) -> bool {
        self.with(|stream| stream.reset)
    }

    /// Whether the module was told that the context is gone.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.with(|stream| stream.deleted)
    }

    /// `%RESPONSE_CODE_DETAILS%`
    #[must_use]
    pub fn details(&self) -> String {
        self.with(|stream| stream.details().unwrap_or_default().to_owned())
    }

    /// What `set_property` left for the access log, `%FILTER_STATE(wasm.<path>:PLAIN)%`.
    #[must_use]
    pub fn filter_state(&self, path: &str) -> Option<Vec<u8>> {
        self.with(|stream| stream.filter_state.get(&properties::path(path)))
    }

    /// The HTTP calls that were made for this stream and are not answered.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.envoy.calls().into_iter().filter(|call| call.made_for == self.id).collect()
    }

    /// The gRPC calls that were made for this stream and are not answered.
    #[must_use]
    pub fn grpc_calls(&self) -> Vec<GrpcCall> {
        self.envoy.grpc_calls().into_iter().filter(|call| call.made_for == self.id).collect()
    }

    /// The upstream answers.
    pub fn respond<Name: AsRef<str>, Value: AsRef<[u8]>>(
        self,
        headers: impl IntoIterator<Item = (Name, Value)>,
    ) -> Response<'envoy> {
        Response::new(self, headers.into_iter().collect())
    }

    /// The upstream cannot be reached, which Envoy's router answers with a local reply.
    pub fn upstream_fails(self) -> Self {
        let body =
            "upstream connect error or disconnect/reset before headers. reset reason: connection termination";
        let details = "upstream_reset_before_response_started{connection_termination}";
        flow::reply(self.id, &LocalReply::of_envoy(503, body, details));
        self
    }

    fn with<R>(&self, act: impl FnOnce(&mut StreamState) -> R) -> R {
        host::with(|host| act(host.streams.get_mut(&self.id).expect("a stream is kept as long as its Envoy")))
    }
}

fn local_reply(stream: &StreamState) -> Option<Reply> {
    let details = stream.local_details.clone()?;
    let message = Message::of(&stream.response.passed)?;
    Some(Reply { status: message.status()?, body: message.body(), headers: message.headers, details })
}
