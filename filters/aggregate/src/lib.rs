//! Plan, gather and stitch the parts of one answer.

mod json;
mod template;
