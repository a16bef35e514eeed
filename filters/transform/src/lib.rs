//! Rewrites JSON bodies while they stream by: fields go, stay, are renamed or set, and every other byte leaves as it
//! came.
//!
//! Reading order: [`Rules`] is what the document says, compiled; [`Rewriter`] applies it to one JSON text; [`Body`]
//! finds the texts in a body, encoded or not, and decides what waits for what; [`prepare_request`] and [`read_answer`]
//! do what heads need; [`Transformations`] finds the rule for an answer.

mod fault;
mod json;
mod rules;
mod rewriter;
mod message;
mod body;
mod transformations;
mod refusal;

pub use body::{Body, Step};
pub use fault::{Fault, Malformed};
pub use message::{Answer, DIGESTS, Encoding, Format, Reading, make_true, prepare_request, read_answer};
pub use refusal::refusal;
pub use rewriter::{Changes, MOST_LEVELS, Rewriter};
pub use rules::Rules;
pub use transformations::{Chosen, Transformation, Transformations};
