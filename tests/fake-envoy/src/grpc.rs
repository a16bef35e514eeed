//! gRPC calls that the module made and that nobody has answered yet. Streams are not played: nothing here opens one.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::header_map::HeaderMap;

/// A unary gRPC call on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrpcCall {
    /// What the module got as its token.
    pub token: u32,
    /// The cluster that was named.
    pub cluster: String,
    /// `package.Service`
    pub service: String,
    /// `Method`
    pub method: String,
    /// The request's metadata.
    pub metadata: HeaderMap,
    /// The request, a protobuf message.
    pub message: Vec<u8>,
    /// How long the module waits.
    pub timeout: Duration,
    /// The context on whose behalf it was made.
    pub made_for: u32,
    /// The root context, which is the one that hears of the answer.
    pub root: u32,
    pub(crate) due: Option<Duration>,
}

#[derive(Debug, Default)]
pub(crate) struct GrpcCalls {
    pub(crate) pending: BTreeMap<u32, GrpcCall>,
    /// The message that can be read, while its callback runs.
    pub(crate) receiving: Option<Vec<u8>>,
    count: u32,
}

impl GrpcCalls {
    pub(crate) fn send(&mut self, mut call: GrpcCall) -> u32 {
        call.token = self.next_token();
        let token = call.token;
        self.pending.insert(token, call);
        token
    }

    /// The two low bits of a token say that it is of a gRPC call.
    pub(crate) fn next_token(&mut self) -> u32 {
        self.count += 1;
        self.count << 2 | 1
    }

    pub(crate) fn due(&self, now: Duration) -> Option<GrpcCall> {
        let late = self.pending.values().filter(|call| call.due.is_some_and(|due| due <= now));
        late.min_by_key(|call| call.due).cloned()
    }
}
