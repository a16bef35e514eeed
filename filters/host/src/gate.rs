//! A document, compiled into the stages that its requests go through.

use std::time::Duration;

use portcullis_document::{DebugConfig, ErrorsConfig, Fault, Mistakes};
use portcullis_http::{ErrorFormat, Head};

use crate::host::{Answer, CallId};
use crate::module::Module;
use crate::stage::Stage;

/// The stages of a document in the order of a request, and what they share.
pub(crate) struct Gate {
    stages: Vec<Box<dyn Stage>>,
    errors: ErrorFormat,
    headers_wait: bool,
    sees_answers: bool,
    debug: Option<DebugConfig>,
}

impl Gate {
    /// Compiles the document of a plugin's configuration for a module; all its mistakes come back at once.
    pub(crate) fn compile(module: &Module, configuration: &[u8]) -> Result<Self, Mistakes> {
        let mut mistakes = Mistakes::default();
        let gate =
            std::str::from_utf8(configuration).ok().and_then(|text| Self::read(module, text, &mut mistakes));
        if gate.is_none() && mistakes.is_empty() {
            mistakes.add("", Fault::NotText);
        }
        mistakes.warnings().iter().for_each(|warning| log::warn!("{warning}"));
        gate.filter(|_| mistakes.is_empty()).ok_or(mistakes)
    }

    fn read(module: &Module, text: &str, mistakes: &mut Mistakes) -> Option<Self> {
        let (document, stages) = module.read(text, mistakes)?;
        let errors = match document.errors {
            ErrorsConfig::Plain => ErrorFormat::Plain,
            ErrorsConfig::Problem => ErrorFormat::Problem,
        };
        let (headers_wait, sees_answers) = (document.headers_wait, module.sees_answers());
        Some(Self { stages, errors, headers_wait, sees_answers, debug: document.debug })
    }

    pub(crate) fn stages(&self) -> &[Box<dyn Stage>] {
        &self.stages
    }

    pub(crate) fn error_format(&self) -> ErrorFormat {
        self.errors
    }

    pub(crate) fn headers_wait(&self) -> bool {
        self.headers_wait
    }

    /// Whether answers come by, those of the stages themselves among them.
    pub(crate) fn sees_answers(&self) -> bool {
        self.sees_answers
    }

    /// Whether the request shows the token that lets it see what the filters did.
    pub(crate) fn is_traced(&self, request: &Head) -> bool {
        let Some(debug) = &self.debug else { return false };
        request.get(&debug.header).is_some_and(|shown| equal_in_constant_time(shown, debug.token.as_bytes()))
    }

    pub(crate) fn next_tick(&self) -> Option<Duration> {
        self.stages.iter().filter_map(|stage| stage.next_tick()).min()
    }

    pub(crate) fn on_tick(&self, now: Duration) {
        for stage in self.stages.iter().filter(|stage| stage.next_tick().is_some_and(|due| due <= now)) {
            stage.on_tick(now);
        }
    }

    pub(crate) fn on_answer(&self, call: CallId, answer: &Answer, now: Duration) {
        self.stages.iter().for_each(|stage| stage.on_answer(call, answer, now));
    }
}

/// Compares in a time that does not tell how much of a guess was right.
fn equal_in_constant_time(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (x, y)| difference | (x ^ y)) == 0
}
