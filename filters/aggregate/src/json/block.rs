//! Sixty-four bytes at a time, as bits: which of them are quotes, which are brackets, and so on.

use wide::u8x16;

/// How many bytes make a block: as many as a word has bits.
pub(super) const BLOCK: usize = 64;

/// Which bytes of a block are special, a bit for each, the first byte's lowest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    pub(super) quotes: u64,
    pub(super) backslashes: u64,
    /// Brackets, commas and colons; some control characters too, which are wrong wherever they stand.
    pub(super) operators: u64,
    /// Spaces and all that is below, line ends and tabs among them.
    pub(super) blanks: u64,
    /// What is below a space.
    pub(super) controls: u64,
}

impl Marks {
    #[inline(always)]
    pub(super) fn of(block: &[u8; BLOCK]) -> Self {
        let registers = Registers::of(block);
        let is = |register: u8x16, byte: u8| register.simd_eq(u8x16::splat(byte));
        // Brackets and braces differ by one bit, which commas and colons have already.
        let operators = |register: u8x16| {
            let folded = register | u8x16::splat(0x20);
            is(folded, b'{') | is(folded, b'}') | is(folded, b',') | is(folded, b':')
        };
        Self {
            quotes: registers.bits(|register| is(register, b'"')),
            backslashes: registers.rare_bits(|register| is(register, b'\\')),
            operators: registers.bits(operators),
            blanks: registers.bits(|register| register.simd_le(u8x16::splat(b' '))),
            controls: registers.rare_bits(|register| register.simd_lt(u8x16::splat(b' '))),
        }
    }
}

/// Whether all bytes are ASCII; at a glance where they are a whole block.
#[inline(always)]
pub(super) fn is_ascii(bytes: &[u8]) -> bool {
    let Ok(block) = bytes.try_into() else { return bytes.is_ascii() };
    let Registers([a, b, c, d]) = Registers::of(block);
    (a | b | c | d).to_bitmask() == 0
}

/// A block in registers.
struct Registers([u8x16; 4]);

impl Registers {
    #[inline(always)]
    fn of(block: &[u8; BLOCK]) -> Self {
        let (quarters, _) = block.as_chunks::<16>();
        let mut registers = [u8x16::ZERO; 4];
        registers.iter_mut().zip(quarters).for_each(|(register, quarter)| *register = u8x16::from(*quarter));
        Self(registers)
    }

    /// A bit for each byte that `marked` marks.
    #[inline(always)]
    fn bits(&self, marked: impl Fn(u8x16) -> u8x16) -> u64 {
        let [a, b, c, d] = self.0.map(|register| u64::from(marked(register).to_bitmask()));
        a | b << 16 | c << 32 | d << 48
    }

    /// The same for what most blocks have none of.
    #[inline(always)]
    fn rare_bits(&self, marked: impl Fn(u8x16) -> u8x16) -> u64 {
        let [a, b, c, d] = self.0.map(&marked);
        if (a | b | c | d).any() { self.bits(marked) } else { 0 }
    }
}

/// Where strings are, from block to block.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Strings {
    /// The next block's first byte is escaped.
    escapes: u64,
    /// All ones if the next block begins inside a string.
    is_inside: u64,
}

/// Where the strings of a block are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StringMarks {
    /// The quotes that begin or end a string.
    pub(super) quotes: u64,
    /// From each opening quote up to the closing one, which is not in it.
    pub(super) inside: u64,
    /// The bytes behind backslashes that begin an escape.
    pub(super) escaped: u64,
}

impl Strings {
    #[inline(always)]
    pub(super) fn next(&mut self, marks: &Marks) -> StringMarks {
        let escaped = self.escaped(marks.backslashes);
        let quotes = marks.quotes & !escaped;
        let inside = every_second_run(quotes) ^ self.is_inside;
        self.is_inside = 0_u64.wrapping_sub(inside >> 63);
        StringMarks { quotes, inside, escaped }
    }

    /// Whether a string is still open.
    pub(super) fn is_open(&self) -> bool {
        self.is_inside != 0
    }

    /// In a run of backslashes every second one is escaped by the one before it, and so may be the byte behind the run. Runs that begin at an
    /// odd place end differently from those at an even one: subtracting lets the carry find the ends of both.
    #[inline(always)]
    fn escaped(&mut self, backslashes: u64) -> u64 {
        const ODD_PLACES: u64 = 0xAAAA_AAAA_AAAA_AAAA;
        if backslashes == 0 {
            return std::mem::take(&mut self.escapes);
        }
        let starts = backslashes & !self.escapes;
        let ends = (starts << 1 | ODD_PLACES).wrapping_sub(starts) ^ ODD_PLACES;
        let escaped = ends ^ (backslashes | self.escapes);
        self.escapes = (ends & backslashes) >> 63;
        escaped
    }
}

/// Each bit is the parity of those up to it: set from every odd quote up to the next one.
#[inline(always)]
fn every_second_run(mut quotes: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        quotes ^= quotes << shift;
    }
    quotes
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, Marks, Strings};

    fn blocks(text: &str) -> Vec<[u8; BLOCK]> {
        let mut padded = text.as_bytes().to_vec();
        padded.resize(text.len().next_multiple_of(BLOCK), b' ');
        padded.as_chunks::<BLOCK>().0.to_vec()
    }

    /// Reads the string places of a text byte by byte: quotes, inside, escaped.
    fn slowly(text: &[u8]) -> Vec<(bool, bool, bool)> {
        let (mut is_inside, mut is_escape) = (false, false);
        let mut read = |byte: &u8| {
            let escaped = std::mem::take(&mut is_escape);
            is_escape = !escaped && *byte == b'\\';
            let is_quote = !escaped && *byte == b'"';
            is_inside ^= is_quote;
            (is_quote, is_inside, escaped)
        };
        text.iter().map(&mut read).collect()
    }

    #[test]
    fn strings_are_found_across_blocks() {
        for before in 0..70 {
            for run in 0..70 {
                let text = format!("{}\"{}\"x\" \"", "a".repeat(before), "\\".repeat(run));
                let blocks = blocks(&text);
                let mut strings = Strings::default();
                let marks: Vec<_> = blocks.iter().map(|block| strings.next(&Marks::of(block))).collect();
                for (at, expected) in slowly(text.as_bytes()).into_iter().enumerate() {
                    let (mark, bit) = (marks[at / BLOCK], at % BLOCK);
                    let is = |bits: u64| bits >> bit & 1 == 1;
                    assert_eq!(
                        (is(mark.quotes), is(mark.inside), is(mark.escaped)),
                        expected,
                        "{text} at {at}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_byte_has_its_marks() {
        for byte in 0..=127_u8 {
            for place in [0, 15, 16, 40, 63] {
                let mut block = [b'x'; BLOCK];
                block[place] = byte;
                let marks = Marks::of(&block);
                let bit = |is: bool| u64::from(is) << place;
                let expected = Marks {
                    quotes: bit(byte == b'"'),
                    backslashes: bit(byte == b'\\'),
                    operators: bit(b"{}[],:".contains(&byte) || b"\x0c\x1a".contains(&byte)),
                    blanks: bit(byte <= b' '),
                    controls: bit(byte < b' '),
                };
                assert_eq!(marks, expected, "{byte}");
            }
        }
    }
}
