//! Looking for a byte.

/// Where `byte` first stands in `text`. Not copied to where one is looked for: code that has run already for one byte is
/// fast for the next.
#[inline(never)]
pub(crate) fn position(byte: u8, text: &[u8]) -> Option<usize> {
    memchr::memchr(byte, text)
}
