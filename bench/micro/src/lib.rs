//! The pure crates in a loop, without Envoy's part of a request.
//!
//! The cases are the same in two places: inside the V8 that an Envoy carries (`scripts/bench --micro`), where the modules run, and natively under
//! criterion (`cargo bench -p micro`), where a profiler shows every line. Figures of one place mislead about the other.

mod aggregate;
mod auth;
mod bodies;
mod limit;
mod transform;
#[cfg(target_os = "wasi")]
mod v8;

use portcullis_document::{Document, Mistakes, Section};
use serde_json::Value;

/// One thing to measure.
pub struct Case {
    /// What is done once in each run.
    pub name: String,
    /// The bytes that a run reads; 0 where they are not the point.
    pub bytes: usize,
    /// Does it once.
    pub run: Box<dyn FnMut()>,
}

/// Every case, in the order of the report.
pub fn cases() -> Vec<Case> {
    [auth::cases(), limit::cases(), transform::cases(), aggregate::cases()].into_iter().flatten().collect()
}

fn case(name: impl Into<String>, bytes: usize, run: impl FnMut() + 'static) -> Case {
    Case { name: name.into(), bytes, run: Box::new(run) }
}

fn document(sections: &Value) -> Document {
    let mut mistakes = Mistakes::default();
    let document = Document::read(&sections.to_string(), &Section::ALL, &mut mistakes);
    assert!(mistakes.is_empty(), "{mistakes}");
    document.expect("a document without mistakes")
}
