//! A fake Envoy: the host side of proxy-wasm ABI 0.2.1, natively, with the rules of the real one.
//!
//! The README lists the rules, each with its test.

#![expect(clippy::expect_used, clippy::panic, reason = "a harness fails its test by panicking")]

mod abi;
mod allocations;
mod callbacks;
mod calls;
mod counts;
mod envoy;
mod flow;
mod grpc;
mod grpc_service;
mod guest;
mod half;
mod hazard;
mod header_map;
mod host;
mod host_calls;
mod local_reply;
mod memory;
mod metrics;
mod outcome;
mod properties;
mod setup;
mod shared_data;
mod shared_queues;
mod stream;
mod stream_state;
mod time;

pub use abi::{LogLevel, Status};
pub use allocations::Allocator;
pub use callbacks::*;
pub use calls::Call;
pub use counts::Counts;
pub use envoy::{Envoy, Refused};
pub use grpc::GrpcCall;
pub use header_map::HeaderMap;
pub use host::{ForeignFunction, LogLine};
pub use outcome::{Message, Outcome, Reply};
pub use setup::Setup;
pub use shared_data::SharedData;
pub use shared_queues::SharedQueues;
pub use stream::{Request, Response, Stream, Upstream};
