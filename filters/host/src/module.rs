//! The five modules, and which sections of the document each of them reads.

use portcullis_document::{Document, Fault, Mistakes};

/// What Envoy loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Module {
    /// `gateway.wasm`: all sections.
    Gateway,
    /// `jwt_auth.wasm`: `auth`.
    JwtAuth,
    /// `rate_limit.wasm`: `rate_limiting`.
    RateLimit,
    /// `aggregate.wasm`: `aggregations`.
    Aggregate,
    /// `transform.wasm`: `transformations`.
    Transform,
}

impl Module {
    /// The file's name without its ending.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::JwtAuth => "jwt_auth",
            Self::RateLimit => "rate_limit",
            Self::Aggregate => "aggregate",
            Self::Transform => "transform",
        }
    }

    /// Notes each section that this module does not read, with the one that does.
    pub(crate) fn refuse_other_sections(self, document: &Document, mistakes: &mut Mistakes) {
        for section in &document.sections {
            let module = Self::of_section(section);
            if self != Self::Gateway && self != module {
                mistakes.add(*section, Fault::OtherModule { module: module.name() });
            }
        }
        if document.sections.is_empty() {
            mistakes.wrong("", format!("no section for {}.wasm is there", self.name()));
        }
    }

    fn of_section(section: &str) -> Self {
        match section {
            "auth" => Self::JwtAuth,
            "rate_limiting" => Self::RateLimit,
            "aggregations" => Self::Aggregate,
            _ => Self::Transform,
        }
    }
}
