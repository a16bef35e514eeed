//! Where strings may end.

use wide::u8x16;

use super::text::stops;

/// The places of a chunk where a string's plain characters end: quotes, backslashes and control characters.
///
/// They are marked a block at a time, so that finding the next one of many is a look at a few bits.
pub(crate) struct Stops<'c> {
    chunk: &'c [u8],
    base: usize,
    marks: u64,
}

const BLOCK: usize = 64;

impl<'c> Stops<'c> {
    #[inline(always)]
    pub(crate) fn new(chunk: &'c [u8], at: usize) -> Self {
        Self { chunk, base: at, marks: marks_at(chunk, at) }
    }

    /// The first stop from `at` on; the chunk's end or later where there is none.
    #[inline(always)]
    pub(crate) fn next(&mut self, at: usize) -> usize {
        let within = at.wrapping_sub(self.base);
        if within < BLOCK {
            let marks = self.marks >> within;
            if marks != 0 {
                return at + marks.trailing_zeros() as usize;
            }
        }
        self.advance(at)
    }

    #[inline(always)]
    fn advance(&mut self, at: usize) -> usize {
        let mut base = at.max(self.base + BLOCK);
        loop {
            let marks = marks_at(self.chunk, base);
            if marks != 0 {
                self.base = base;
                self.marks = marks;
                return base + marks.trailing_zeros() as usize;
            }
            base += BLOCK;
        }
    }
}

#[inline(always)]
fn marks_at(chunk: &[u8], at: usize) -> u64 {
    match chunk.get(at..).and_then(<[u8]>::first_chunk::<BLOCK>) {
        Some(block) => marks_of(block),
        None => marks_of_tail(chunk, at),
    }
}

/// Behind the chunk's end stand zeros, which are stops.
#[inline(never)]
fn marks_of_tail(chunk: &[u8], at: usize) -> u64 {
    let mut block = [0; BLOCK];
    let rest = chunk.get(at..).unwrap_or_default();
    block.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
    marks_of(&block)
}

#[inline(always)]
fn marks_of(block: &[u8; BLOCK]) -> u64 {
    let quarter = |at: usize| {
        let lanes: [u8; 16] = *block.get(at..).and_then(<[u8]>::first_chunk).unwrap_or(&[0; 16]);
        u64::from(stops(u8x16::from(lanes)).to_bitmask())
    };
    quarter(0) | quarter(16) << 16 | quarter(32) << 32 | quarter(48) << 48
}

#[cfg(test)]
mod tests {
    use super::Stops;

    #[test]
    fn the_next_stop_is_found_from_everywhere_in_chunks_of_any_length() {
        for length in 0..150 {
            let mut chunk = vec![b'x'; length];
            for at in [3, 4, 63, 64, 100, 149] {
                if let Some(byte) = chunk.get_mut(at) {
                    *byte = b"\"\\\n"[at % 3];
                }
            }
            let mut stops = Stops::new(&chunk, 0);
            for at in 0..length {
                let wanted = (at..length).find(|place| chunk[*place] != b'x');
                let found = stops.next(at);
                assert_eq!((found < length).then_some(found), wanted, "{length}, from {at}");
            }
        }
    }
}
