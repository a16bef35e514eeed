//! Where strings begin and end.

use wide::u8x16;

use super::text::stops;

/// The places of a chunk that are not plain in a string: quotes, backslashes and control characters.
///
/// They are marked a block at a time and taken in order. So where one is depends on none of the bytes in between, and a
/// processor that guesses well what tokens come is far ahead of them.
#[derive(Clone, Copy)]
pub(crate) struct Stops {
    base: usize,
    /// Those from `base` on that have not been taken.
    marks: u64,
}

const BLOCK: usize = 64;

impl Stops {
    /// The stops from `at` on.
    #[inline(always)]
    pub(crate) fn new(chunk: &[u8], at: usize) -> Self {
        Self { base: at, marks: marks_at(chunk, at) }
    }

    /// Takes the next one; the chunk's end or later where there is none.
    #[inline(always)]
    pub(crate) fn take(&mut self, chunk: &[u8]) -> usize {
        if self.marks == 0 {
            *self = Self::new(chunk, self.base + BLOCK);
            if self.marks == 0 {
                *self = Self::new(chunk, marked(chunk, self.base + BLOCK));
            }
        }
        let place = self.base + self.marks.trailing_zeros() as usize;
        self.marks &= self.marks - 1;
        place
    }

    /// Those before `at` are of no interest.
    #[inline(always)]
    pub(crate) fn seek(&mut self, chunk: &[u8], at: usize) {
        let within = at.wrapping_sub(self.base);
        if within < BLOCK {
            self.marks &= u64::MAX << within;
        } else {
            *self = Self::new(chunk, at);
        }
    }
}

/// The first block from `at` on in which something is marked.
#[inline(never)]
fn marked(chunk: &[u8], mut at: usize) -> usize {
    while marks_at(chunk, at) == 0 {
        at += BLOCK;
    }
    at
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
    fn stops_are_taken_in_order_from_everywhere_in_chunks_of_any_length() {
        for length in 0..150 {
            let mut chunk = vec![b'x'; length];
            for at in [3, 4, 63, 64, 100, 149] {
                if let Some(byte) = chunk.get_mut(at) {
                    *byte = b"\"\\\n"[at % 3];
                }
            }
            let stop_from = |at: usize| (at..length).find(|place| chunk[*place] != b'x');
            for start in 0..length {
                let mut stops = Stops::new(&chunk, 0);
                stops.seek(&chunk, start);
                let mut at = start;
                while let Some(stop) = stop_from(at) {
                    assert_eq!(stops.take(&chunk), stop, "{length}, from {start}");
                    at = stop + 1;
                }
                assert!(stops.take(&chunk) >= length);
            }
        }
    }
}
