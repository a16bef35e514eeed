//! Content types whose bodies hold JSON.

/// How JSON stands in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The body is one JSON text.
    Text,
    /// Every line is one (`application/x-ndjson`).
    Lines,
    /// JSON texts, each behind a record separator (`application/json-seq`, RFC 7464).
    Sequence,
    /// The data of every event is one (`text/event-stream`).
    Events,
}

impl Format {
    /// Whether each record is of use on its own, so that none waits for the next.
    #[must_use]
    pub fn is_stream(self) -> bool {
        self != Self::Text
    }

    /// The format by the values of `Content-Type`; `None` where there is no JSON.
    ///
    /// There should be one value. Where there are several, alone or joined by commas, clients do not agree on which
    /// one counts, and the first that holds JSON does here.
    pub(super) fn of<'v>(content_types: impl Iterator<Item = &'v [u8]>) -> Option<Self> {
        content_types.flat_map(|value| value.split(|byte| *byte == b',')).find_map(of_one)
    }
}

fn of_one(value: &[u8]) -> Option<Format> {
    let essence =
        value.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii().to_ascii_lowercase();
    match &*essence {
        b"application/json" | b"text/json" => Some(Format::Text),
        b"application/x-ndjson"
        | b"application/ndjson"
        | b"application/jsonl"
        | b"application/x-jsonlines" => Some(Format::Lines),
        b"application/json-seq" => Some(Format::Sequence),
        b"text/event-stream" => Some(Format::Events),
        other if other.ends_with(b"+json-seq") => Some(Format::Sequence),
        other if other.ends_with(b"+json") => Some(Format::Text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Format;

    #[test]
    fn json_is_recognised_by_its_content_type() {
        let table = [
            ("application/json", Some(Format::Text)),
            ("Application/JSON ; charset=utf-8", Some(Format::Text)),
            ("application/problem+json", Some(Format::Text)),
            ("application/vnd.api+json;ext=\"x\"", Some(Format::Text)),
            ("text/json", Some(Format::Text)),
            ("text/html, application/json", Some(Format::Text)),
            ("application/x-ndjson", Some(Format::Lines)),
            ("application/json-seq", Some(Format::Sequence)),
            ("application/geo+json-seq", Some(Format::Sequence)),
            ("text/event-stream; charset=utf-8", Some(Format::Events)),
            ("text/plain", None),
            ("application/jsonp", None),
            ("application/json5", None),
            ("application/javascript", None),
            ("text/plain; a=application/json", None),
            ("", None),
        ];
        for (value, format) in table {
            assert_eq!(Format::of([value.as_bytes()].into_iter()), format, "{value}");
        }
        assert_eq!(Format::of([&b"text/html"[..], b"application/json"].into_iter()), Some(Format::Text));
        assert_eq!(Format::of(std::iter::empty()), None);
    }
}
