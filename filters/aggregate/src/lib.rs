//! One request, many services: plan, gather and stitch the parts of one answer.
//!
//! What happens to a `GET` or `HEAD` of an aggregated path, in order:
//!
//! 1. A part whose `when` is not there is left out, and so are the parts that require it.
//! 2. A part whose needs are met is asked: its templates are filled, each value encoded for its place. A value that
//!    is absent or would make a dot segment fails the part before anything is sent.
//! 3. Its call goes to its own cluster and host, with the headers of the document, those that identify the request,
//!    and none else; its timeout ends with the deadline of the whole at the latest.
//! 4. A call that is slow for its `hedge` is sent a second time; the first good answer wins.
//! 5. An answer is taken if the service gave it, its status is accepted, its size is within `max_bytes`, its body is
//!    one JSON value, that value holds what `pick` wants, `response` can change it, and it has the form that its
//!    place needs. Everything else fails the part with a reason of its own.
//! 6. A required part that failed ends it at once: 504 if it was too slow, 404 if it was not found and `on_404` passes
//!    that on, else 502. Calls that are still under way are forgotten.
//! 7. When nothing is open any more, the values are copied into one object in the order of the document; what failed
//!    is replaced by its `fallback` and named in `X-Portcullis-Partial`.
//!
//! Nothing here reads a clock or calls a host: [`Turn`] carries the time and the one who sends, [`Answer`] what came
//! back. [`Aggregations`] is compiled once; [`Gather`] is one request under way.
//!
//! Caveats for who deploys it: a value may hold an encoded slash (`%2F`), which is one segment for every server that
//! reads URIs as RFC 3986 does, and two for one that decodes before it splits; and the headers that carry identity
//! are trusted as the request has them, so that a filter before this one must have removed those of the client.

mod aggregations;
mod compile;
mod plan;
mod template;
mod request;
mod gather;
mod sending;
mod call;
mod answer;
mod received;
mod json;
mod layout;
mod stitch;
mod failure;
mod outcome;

pub use aggregations::{Aggregations, Match, Surroundings};
pub use answer::{Answer, Response};
pub use call::{Call, CallId, Caller, Line, NotSent};
pub use failure::Failure;
pub use gather::{Gather, Progress, Turn};
pub use json::{DEEPEST, NotJson};
pub use outcome::{End, Ending, Outcome, PartEnd, Report};
pub use plan::{Plan, Rewrite};
pub use request::Request;
pub use template::Unfilled;
