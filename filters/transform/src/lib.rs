//! Rewrites JSON bodies while they stream by: fields go, stay, are renamed or set, and every other byte leaves as it came.

mod fault;
mod json;
mod rules;
mod rewriter;

pub use fault::{Fault, Malformed};
pub use rewriter::{Changes, MOST_LEVELS, Rewriter};
pub use rules::Rules;
