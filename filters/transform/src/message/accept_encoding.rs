//! `Accept-Encoding` (RFC 9110, section 12.5.3), narrowed to what is read here.

/// What to ask for in the client's place: `gzip` where the client takes it, and nothing else but the plain body.
///
/// A client that names no coding means the plain body.
pub(super) fn narrowed<'v>(values: impl Iterator<Item = &'v [u8]>) -> &'static str {
    let (mut gzip, mut any) = (None, None);
    for item in values.flat_map(|value| value.split(|byte| *byte == b',')) {
        let mut parts = item.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
        let coding = parts.next().unwrap_or_default();
        let is_taken = !parts.any(is_zero_weight);
        if coding.eq_ignore_ascii_case(b"gzip") || coding.eq_ignore_ascii_case(b"x-gzip") {
            gzip = Some(is_taken);
        } else if coding == b"*" {
            any = Some(is_taken);
        }
    }
    if gzip.or(any).unwrap_or_default() { "gzip" } else { "identity" }
}

/// Whether a parameter is `q=0`, or `0.000`.
fn is_zero_weight(parameter: &[u8]) -> bool {
    let weight = parameter.strip_prefix(b"q=").or_else(|| parameter.strip_prefix(b"Q="));
    weight.is_some_and(|weight| {
        weight.starts_with(b"0") && weight.iter().all(|byte| matches!(byte, b'0' | b'.'))
    })
}

#[cfg(test)]
mod tests {
    use super::narrowed;

    #[test]
    fn only_what_is_read_here_is_asked_for() {
        let table: [(&[&str], _); 12] = [
            (&[], "identity"),
            (&[""], "identity"),
            (&["gzip"], "gzip"),
            (&["gzip, deflate, br, zstd"], "gzip"),
            (&["br;q=1.0, GZIP;q=0.8, *;q=0.1"], "gzip"),
            (&["br", "x-gzip"], "gzip"),
            (&["*"], "gzip"),
            (&["br"], "identity"),
            (&["gzip;q=0, *"], "identity"),
            (&["gzip ; q=0.000"], "identity"),
            (&["*;q=0"], "identity"),
            (&["gzip;q=0.001"], "gzip"),
        ];
        for (values, wanted) in table {
            assert_eq!(narrowed(values.iter().map(|value| value.as_bytes())), wanted, "{values:?}");
        }
    }
}
