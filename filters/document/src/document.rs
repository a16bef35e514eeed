//! The whole document: the four sections and what stands beside them.

use crate::{
    AggregationConfig, AuthConfig, Fields, Mistakes, Node, RateLimitingConfig, TransformationConfig,
    header_name,
};

/// A gateway document, as far as filters read it.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// The section `auth`.
    pub auth: Option<AuthConfig>,
    /// The section `rate_limiting`.
    pub rate_limiting: Option<RateLimitingConfig>,
    /// The section `aggregations`.
    pub aggregations: Vec<AggregationConfig>,
    /// The section `transformations`.
    pub transformations: Vec<TransformationConfig>,
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

/// One of the four sections, and how it is read.
#[derive(Clone, Copy)]
pub struct Section {
    key: &'static str,
    read: fn(&mut Document, &Node<'_>, &mut Mistakes),
}

/// The sections that filters read.
const SECTIONS: [&str; 4] = ["auth", "rate_limiting", "aggregations", "transformations"];

/// A token that is guessed shows how the gateway decides: short ones are refused.
const SHORTEST_DEBUG_TOKEN: usize = 8;

/// A module names the sections that it reads, and holds no code for the others.
impl Section {
    /// `auth`
    pub const AUTH: Self = Self {
        key: "auth",
        read: |document, node, mistakes| document.auth = AuthConfig::read(node, mistakes),
    };
    /// `rate_limiting`
    pub const RATE_LIMITING: Self = Self {
        key: "rate_limiting",
        read: |document, node, mistakes| document.rate_limiting = RateLimitingConfig::read(node, mistakes),
    };
    /// `aggregations`
    pub const AGGREGATIONS: Self = Self {
        key: "aggregations",
        read: |document, node, mistakes| document.aggregations = AggregationConfig::read_all(node, mistakes),
    };
    /// `transformations`
    pub const TRANSFORMATIONS: Self = Self {
        key: "transformations",
        read: |document, node, mistakes| {
            document.transformations = TransformationConfig::read_list(node, mistakes);
        },
    };
    /// All of them.
    pub const ALL: [Self; 4] = [Self::AUTH, Self::RATE_LIMITING, Self::AGGREGATIONS, Self::TRANSFORMATIONS];

    /// Its key in the document.
    #[must_use]
    pub fn key(&self) -> &'static str {
        self.key
    }
}

impl Document {
    /// Reads a document with these of its sections; `None` where it is no object. What is wrong is noted, what can
    /// still be read is handed on. Other sections are only listed.
    pub fn read(text: &str, sections: &[Section], mistakes: &mut Mistakes) -> Option<Self> {
        let mut fields = Node::root(text, mistakes)?.fields(mistakes)?;
        let mut document = Self::default();
        for key in SECTIONS {
            let Some(node) = fields.take(key) else { continue };
            document.sections.push(key);
            if let Some(section) = sections.iter().find(|section| section.key == key) {
                (section.read)(&mut document, &node, mistakes);
            }
        }
        document.headers_wait = fields.flag("headers_wait", mistakes).unwrap_or_default();
        document.errors = read_errors(&mut fields, mistakes);
        document.debug = fields.take("debug").and_then(|node| read_debug(&node, mistakes));
        skip_routing(&mut fields, mistakes);
        fields.finish(mistakes);
        Some(document)
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
    let header = match fields.take("header") {
        Some(node) => header_name::read(&node, mistakes),
        None => Some("x-portcullis-debug".to_owned()),
    };
    let token = fields.required("token", mistakes).and_then(|node| read_token(&node, mistakes));
    fields.finish(mistakes);
    Some(DebugConfig { header: header?, token: token? })
}

fn read_token(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<String> {
    let token = node.text(mistakes)?;
    let is_long = token.len() >= SHORTEST_DEBUG_TOKEN;
    if is_long { Some(token) } else { node.expected("a token of at least 8 characters", mistakes) }
}

/// Routing is compiled to Envoy's own configuration by the command line; a filter that is handed the whole document
/// leaves it alone.
fn skip_routing(fields: &mut Fields<'_>, mistakes: &mut Mistakes) {
    for key in ["listen", "routes"] {
        if let Some(node) = fields.take(key) {
            mistakes
                .warn(node.path(), "has no effect here: listening and routing are Envoy's own configuration");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DebugConfig, Document, ErrorsConfig, Section};
    use crate::Mistakes;

    fn read(text: &str) -> (Option<Document>, Vec<String>) {
        let mut mistakes = Mistakes::default();
        let document = Document::read(text, &Section::ALL, &mut mistakes);
        (document, mistakes.found().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn what_stands_beside_the_sections_is_read() {
        let text = r#"{"headers_wait": true, "errors": {"format": "problem"}, "debug": {"header": "X-D", "token": "12345678"}}"#;
        let (document, mistakes) = read(text);
        let document = document.unwrap();
        assert_eq!(mistakes, [""; 0]);
        assert!(document.headers_wait && document.errors == ErrorsConfig::Problem);
        assert_eq!(
            document.debug,
            Some(DebugConfig { header: "x-d".to_owned(), token: "12345678".to_owned() })
        );
    }

    #[test]
    fn all_mistakes_are_told_with_their_places() {
        let text = r#"{"auht": {}, "headers_wait": 1, "errors": {"format": "xml", "x": 1}, "debug": {"token": "short"},
            "rate_limiting": {"default": {"requests_per_second": 0}}, "headers_wait": true}"#;
        let (_, mistakes) = read(text);
        for expected in [
            r#"auht: unknown key, did you mean "auth"?"#,
            "headers_wait: defined twice, first as headers_wait",
            "headers_wait: expected true or false, got 1",
            r#"errors.format: expected "plain" or "problem", got "xml""#,
            "errors.x: unknown key",
            r#"debug.token: expected a token of at least 8 characters, got "short""#,
            "rate_limiting.default.requests_per_second: expected a whole number of at least 1, got 0",
        ] {
            assert!(mistakes.iter().any(|mistake| mistake == expected), "{expected}\n{mistakes:#?}");
        }
        assert_eq!(mistakes.len(), 7, "{mistakes:#?}");
    }

    #[test]
    fn a_short_struct_is_told_from_wrong_json() {
        let auth =
            "\u{a}\u{18}\u{a}\u{4}auth\u{12}\u{10}*\u{e}\u{a}\u{c}\u{a}\u{4}type\u{12}\u{4}\u{1a}\u{2}jw";
        let (document, mistakes) = read(auth);
        assert!(document.is_none());
        assert!(
            mistakes.iter().all(|mistake| mistake.contains("google.protobuf.StringValue")),
            "{mistakes:?}"
        );
        assert_eq!(read("\n{").1, ["not JSON at line 2, column 1"]);
    }

    #[test]
    fn what_is_no_json_object_is_no_document() {
        for (text, mistake) in [
            ("", "not JSON at line 1, column 0"),
            ("{\"auth\": ", "not JSON at line 1, column 9"),
            ("{} {}", "not JSON at line 1, column 4"),
            ("[]", "expected an object, got []"),
        ] {
            let (document, mistakes) = read(text);
            assert!(document.is_none());
            assert_eq!(mistakes, [mistake], "{text}");
        }
    }
}
