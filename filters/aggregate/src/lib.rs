//! Plan, gather and stitch the parts of one answer.

mod json;
mod template;
mod request;
mod call;
mod answer;
mod failure;
mod layout;
mod stitch;

pub use answer::{Answer, Response};
pub use call::{Call, CallId, Caller, Line, NotSent};
pub use failure::Failure;
pub use json::NotJson;
pub use request::Request;
pub use template::Unfilled;
