//! A name without its escapes, for comparing.

/// Replaces the escapes of a string that was found sound, between its quotes.
pub(crate) fn unescape(raw: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(backslash) = memchr::memchr(b'\\', rest) {
        let (run, escaped) = rest.split_at_checked(backslash).unwrap_or((rest, &[]));
        plain.extend_from_slice(run);
        rest = escaped.get(1..).map_or(&[], |escape| push_escaped(escape, &mut plain));
    }
    plain.extend_from_slice(rest);
    plain
}

/// Writes the character that `escape` begins with, and answers what stands behind it.
fn push_escaped<'e>(escape: &'e [u8], plain: &mut Vec<u8>) -> &'e [u8] {
    let Some((kind, rest)) = escape.split_first() else { return &[] };
    let byte = match kind {
        b'u' => return push_unit(rest, plain),
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        other => *other,
    };
    plain.push(byte);
    rest
}

fn push_unit<'e>(digits: &'e [u8], plain: &mut Vec<u8>) -> &'e [u8] {
    let Some((unit, rest)) = take_unit(digits) else { return &[] };
    let (code, rest) = match rest.strip_prefix(b"\\u").and_then(take_unit) {
        Some((second, rest)) if (0xD800..0xDC00).contains(&unit) => {
            (0x10000 + ((unit & 0x3ff) << 10 | (second & 0x3ff)), rest)
        }
        _ => (unit, rest),
    };
    let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    plain.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    rest
}

fn take_unit(digits: &[u8]) -> Option<(u32, &[u8])> {
    let (four, rest) = digits.split_at_checked(4)?;
    let unit = u32::from_str_radix(std::str::from_utf8(four).ok()?, 16).ok()?;
    Some((unit, rest))
}

#[cfg(test)]
mod tests {
    use super::unescape;
    use proptest::prelude::{any, proptest};

    #[test]
    fn every_escape_becomes_its_character() {
        let table = [
            ("plain", "plain"),
            (r"internal\u005fid", "internal_id"),
            (r#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"),
            (r"\u00e9\u20AC\uD83D\uDE00!", "é€😀!"),
            (r"\u0000", "\0"),
            (r"a\\u0041", r"a\u0041"),
        ];
        for (raw, plain) in table {
            assert_eq!(unescape(raw.as_bytes()), plain.as_bytes(), "{raw}");
        }
    }

    proptest! {
        #[test]
        fn escapes_are_read_as_serde_json_reads_them(text in any::<String>()) {
            let units: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
            for json in [serde_json::to_string(&text).unwrap(), format!("\"{units}\"")] {
                assert_eq!(unescape(&json.as_bytes()[1..json.len() - 1]), text.as_bytes());
            }
        }
    }
}
