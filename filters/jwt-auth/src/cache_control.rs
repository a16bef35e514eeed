//! How long an answer says that it stays fresh (RFC 9111, section 5.2.2.1).

use std::time::Duration;

/// The `max-age` of `Cache-Control` header lines; 0 where an answer may not be used without asking.
///
/// A malformed age is none, and of several the shortest counts: fetching too often does no harm.
pub fn max_age<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Option<Duration> {
    let directives = lines.flat_map(|line| line.split(|byte| *byte == b','));
    directives.map(<[u8]>::trim_ascii).filter_map(age).min()
}

fn age(directive: &[u8]) -> Option<Duration> {
    if is_never(directive) {
        return Some(Duration::ZERO);
    }
    seconds(directive).map(Duration::from_secs)
}

fn is_never(directive: &[u8]) -> bool {
    directive.eq_ignore_ascii_case(b"no-store") || directive.eq_ignore_ascii_case(b"no-cache")
}

fn seconds(directive: &[u8]) -> Option<u64> {
    let (name, value) = directive.split_at_checked(b"max-age=".len())?;
    if !name.eq_ignore_ascii_case(b"max-age=") {
        return None;
    }
    let unquoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
    std::str::from_utf8(unquoted.unwrap_or(value)).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::max_age;
    use std::time::Duration;

    #[test]
    fn the_shortest_age_counts() {
        let table: [(&[&str], Option<u64>); 11] = [
            (&["max-age=300"], Some(300)),
            (&["public, Max-Age=300, must-revalidate"], Some(300)),
            (&["max-age=300", "max-age=60"], Some(60)),
            (&["max-age=\"300\""], Some(300)),
            (&["max-age=0"], Some(0)),
            (&["max-age=300, no-store"], Some(0)),
            (&["No-Cache"], Some(0)),
            (&["s-maxage=300"], None),
            (&["max-age=-1"], None),
            (&["max-age=99999999999999999999"], None),
            (&[], None),
        ];
        for (lines, seconds) in table {
            let lines = lines.iter().map(|line| line.as_bytes());
            assert_eq!(
                max_age(lines.clone()),
                seconds.map(Duration::from_secs),
                "{:?}",
                lines.collect::<Vec<_>>()
            );
        }
    }
}
