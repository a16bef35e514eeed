//! The whole document: the four sections and what stands beside them.

use crate::auth::AuthConfig;
use crate::{AggregationConfig, Fields, Mistakes, Node};

/// A gateway document, as far as filters read it.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// The section `auth`.
    pub auth: Option<AuthConfig>,
    /// The section `aggregations`.
    pub aggregations: Vec<AggregationConfig>,
    /// The plugin entry has `allow_on_headers_stop_iteration: true`, so that headers may wait for a body.
    pub headers_wait: bool,
    /// How errors are written.
    pub errors: ErrorsConfig,
    /// Who may see what the filters did.
    pub debug: Option<DebugConfig>,
    /// The sections that are there, by their keys, in the order of the contract.
    pub sections: Vec<&'static str>,
}

/// The key `errors`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ErrorsConfig {
    /// Problem details only for clients that ask for them.
    #[default]
    Plain,
    /// Problem details (RFC 9457) for all.
    Problem,
}

/// The key `debug`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DebugConfig {
    /// The request header that carries the token, in lower case.
    pub header: String,
    /// The token that lets a request see its trace.
    pub token: String,
}

/// The sections that filters read.
const SECTIONS: [&str; 4] = ["auth", "rate_limiting", "aggregations", "transformations"];

/// A token that is guessed shows how the gateway decides: short ones are refused.
const SHORTEST_DEBUG_TOKEN: usize = 8;

impl Document {
    /// Reads a document; `None` where it is no object. What is wrong is noted, what can still be read is handed on.
    pub fn read(text: &str, mistakes: &mut Mistakes) -> Option<Self> {
        let mut fields = Node::root(text, mistakes)?.fields(mistakes)?;
        let mut document = Self::default();
        for key in SECTIONS {
            if let Some(section) = fields.take(key) {
                document.sections.push(key);
                document.read_section(key, &section, mistakes);
            }
        }
        document.headers_wait = fields.flag("headers_wait", mistakes).unwrap_or_default();
        document.errors = read_errors(&mut fields, mistakes);
        document.debug = fields.take("debug").and_then(|node| read_debug(&node, mistakes));
        skip_routing(&mut fields, mistakes);
        fields.finish(mistakes);
        Some(document)
    }

    fn read_section(&mut self, key: &str, section: &Node<'_>, mistakes: &mut Mistakes) {
        match key {
            "auth" => self.auth = AuthConfig::read(section, mistakes),
            "aggregations" => self.aggregations = AggregationConfig::read_all(section, mistakes),
            _ => {}
        }
    }
}

fn read_errors(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> ErrorsConfig {
    let Some(mut fields) = fields.take("errors").and_then(|node| node.fields(mistakes)) else {
        return ErrorsConfig::Plain;
    };
    let format = fields.required("format", mistakes).and_then(|node| match node.json() {
        "\"plain\"" => Some(ErrorsConfig::Plain),
        "\"problem\"" => Some(ErrorsConfig::Problem),
        _ => node.expected("\"plain\" or \"problem\"", mistakes),
    });
    fields.finish(mistakes);
    format.unwrap_or_default()
}

fn read_debug(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<DebugConfig> {
    let mut fields = node.fields(mistakes)?;
    let header = fields.text("header", mistakes).unwrap_or_else(|| "X-Portcullis-Debug".to_owned());
    let token = fields.required("token", mistakes).and_then(|node| {
        let token = node.text(mistakes)?;
        if token.len() >= SHORTEST_DEBUG_TOKEN { Some(token) } else { node.expected("a token of at least 8 characters", mistakes) }
    });
    fields.finish(mistakes);
    Some(DebugConfig { header: header.to_ascii_lowercase(), token: token? })
}

/// Routing is compiled to Envoy's own configuration by the command line; a filter that is handed the whole document
/// leaves it alone.
fn skip_routing(fields: &mut Fields<'_>, mistakes: &mut Mistakes) {
    for key in ["listen", "routes"] {
        if let Some(node) = fields.take(key) {
            mistakes.warn(node.path(), "has no effect here: listening and routing are Envoy's own configuration");
        }
    }
}
