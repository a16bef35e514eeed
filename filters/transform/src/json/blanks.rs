//! Blanks between tokens (RFC 8259, section 2).

use super::block;

/// The first place from `at` on that is no blank, or the chunk's end.
#[inline(always)]
pub(crate) fn skip(chunk: &[u8], at: usize) -> usize {
    // Compact JSON has no blanks, and the ones behind a colon come alone.
    if !is_blank_at(chunk, at) {
        return at;
    }
    if !is_blank_at(chunk, at + 1) {
        return at + 1;
    }
    skip_run(chunk, at + 2)
}

/// The same, where a run of blanks is likely: indentation is long.
#[inline(never)]
pub(crate) fn skip_run(chunk: &[u8], at: usize) -> usize {
    block::find(
        chunk,
        at,
        |block| {
            !(block::is(block, b' ')
                | block::is(block, b'\n')
                | block::is(block, b'\r')
                | block::is(block, b'\t'))
        },
        |byte| !is_blank(byte),
    )
}

#[inline(always)]
pub(crate) fn is_blank_at(chunk: &[u8], at: usize) -> bool {
    chunk.get(at).is_some_and(|byte| is_blank(*byte))
}

#[inline(always)]
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

#[cfg(test)]
mod tests {
    use super::skip;

    #[test]
    fn runs_of_any_length_are_skipped_in_chunks_of_any_length() {
        for before in 0..40 {
            for run in 0..40 {
                for after in 0..20 {
                    let blanks = b" \n\r\t".repeat(10);
                    let chunk = [&b"x".repeat(before), &blanks[..run], &b"\x0b".repeat(after)].concat();
                    assert_eq!(skip(&chunk, before), before + run, "{chunk:?}");
                }
            }
        }
    }
}
