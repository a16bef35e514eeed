//! Durations and sizes as people write them.

use std::time::Duration;

/// Reads `250ms`, `2s`, `5m` or `24h`.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = number_and_unit(text)?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        "h" => number.checked_mul(3600).map(Duration::from_secs),
        _ => None,
    }
}

/// Reads `512B`, `64KiB`, `1MiB` or `1GiB`, in bytes.
pub(crate) fn size(text: &str) -> Option<u64> {
    let (number, unit) = number_and_unit(text)?;
    let factor = match unit {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(factor)
}

/// Writes a duration in its largest whole unit.
pub(crate) fn shown(span: Duration) -> String {
    let seconds = span.as_secs();
    match (span.subsec_millis(), seconds % 3600, seconds % 60) {
        (0, _, _) if seconds == 0 => "0s".to_owned(),
        (0, 0, _) => format!("{}h", seconds / 3600),
        (0, _, 0) => format!("{}m", seconds / 60),
        (0, _, _) => format!("{seconds}s"),
        _ => format!("{}ms", span.as_millis()),
    }
}

fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    Some((number.parse().ok()?, unit))
}

#[cfg(test)]
mod tests {
    use super::{duration, shown, size};
    use std::time::Duration;

    #[test]
    fn a_duration_has_a_number_and_a_unit() {
        let table = [("250ms", 250), ("2s", 2_000), ("5m", 300_000), ("24h", 86_400_000), ("0s", 0)];
        for (text, millis) in table {
            assert_eq!(duration(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in [
            "",
            "5",
            "s",
            "-1s",
            "1.5s",
            "1 s",
            "1S",
            "1d",
            "1m30s",
            "99999999999999999999s",
            "18446744073709551615h",
        ] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn a_size_has_a_number_and_a_binary_unit() {
        for (text, bytes) in [("0B", 0), ("64KiB", 65_536), ("1MiB", 1_048_576), ("2GiB", 2_147_483_648)] {
            assert_eq!(size(text), Some(bytes), "{text}");
        }
        for text in ["", "64", "KiB", "64KB", "64kib", "1.5MiB", "18446744073709551615KiB"] {
            assert_eq!(size(text), None, "{text}");
        }
    }

    #[test]
    fn a_duration_is_shown_in_its_largest_whole_unit() {
        for text in ["0s", "250ms", "1500ms", "90s", "5m", "24h"] {
            assert_eq!(shown(duration(text).unwrap()), text);
        }
    }
}
