//! The only crate that knows Envoy's ABI: host calls that never panic, the flow of one request, one stage per filter.
//!
//! Reading order: [`stage`] says what a filter is, [`exchange`] what it sees of a request, `flow` and `answer` drive
//! the stages there and back, `gate` compiles a document into them, `vm` keeps the contexts (`root`, `requests`), `abi` is the
//! border.

pub mod stage;
pub mod exchange;
pub mod trace;
mod flow;
mod answer;
pub mod answer_head;
mod edits;
pub mod module;
mod gate;
mod stages;
mod root;
mod requests;
mod vm;
pub mod callbacks;
mod export;
pub mod host;
pub mod shared_data;
pub mod metrics;
mod logger;
mod protobuf;
mod abi;
#[cfg(target_os = "wasi")]
mod allocator;
