//! Aggregations from their start to their end, with a host that is played.

mod calls;
mod chains;
mod endings;
mod hedges;
mod stage;

pub(crate) use stage::{Run, run, run_with};
