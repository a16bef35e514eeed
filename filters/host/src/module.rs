//! The five modules: which sections of the document each reads, and which stages it makes of them.
//!
//! A module refers to its own stages only, so that the linker leaves the others out of it.

use portcullis_document::{Document, Fault, Mistakes, Section};

use crate::stage::Stage;
use crate::stages;

/// What Envoy loaded.
#[derive(Clone, Copy)]
pub struct Module {
    name: &'static str,
    sections: &'static [Section],
    /// Whether it exports the callbacks of answers. Envoy enters a module for each callback that it exports.
    sees_answers: bool,
    compile: Compile,
}

type Compile = fn(&Document, &mut Mistakes) -> Vec<Box<dyn Stage>>;

impl Module {
    /// `gateway.wasm`
    pub const GATEWAY: Self = Self::new("gateway", &Section::ALL, stages::gateway);
    /// `jwt_auth.wasm`
    pub const JWT_AUTH: Self = Self::new("jwt_auth", &[Section::AUTH], stages::jwt_auth);
    /// `rate_limit.wasm`
    pub const RATE_LIMIT: Self = Self::new("rate_limit", &[Section::RATE_LIMITING], stages::rate_limit);
    /// `aggregate.wasm`
    pub const AGGREGATE: Self =
        Self { sees_answers: false, ..Self::new("aggregate", &[Section::AGGREGATIONS], stages::aggregate) };
    /// `transform.wasm`
    pub const TRANSFORM: Self = Self::new("transform", &[Section::TRANSFORMATIONS], stages::transform);

    const fn new(name: &'static str, sections: &'static [Section], compile: Compile) -> Self {
        Self { name, sections, sees_answers: true, compile }
    }

    /// The file's name without its ending.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Whether its stages have a look at answers.
    pub(crate) fn sees_answers(&self) -> bool {
        self.sees_answers
    }

    /// Reads a document and makes stages of it; `None` where it is no object.
    pub(crate) fn read(
        &self,
        text: &str,
        mistakes: &mut Mistakes,
    ) -> Option<(Document, Vec<Box<dyn Stage>>)> {
        let document = Document::read(text, self.sections, mistakes)?;
        self.refuse_other_sections(&document, mistakes);
        let stages = (self.compile)(&document, mistakes);
        Some((document, stages))
    }

    /// Notes each section that this module does not read, with the one that does.
    fn refuse_other_sections(&self, document: &Document, mistakes: &mut Mistakes) {
        for section in &document.sections {
            if !self.sections.iter().any(|own| own.key() == *section) {
                mistakes.add(*section, Fault::OtherModule { module: reader_of(section) });
            }
        }
        if document.sections.is_empty() {
            mistakes.wrong("", format!("no section for {}.wasm is there", self.name));
        }
    }
}

fn reader_of(section: &str) -> &'static str {
    match section {
        "auth" => "jwt_auth",
        "rate_limiting" => "rate_limit",
        "aggregations" => "aggregate",
        _ => "transform",
    }
}
