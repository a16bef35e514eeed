//! The steps that reading and walking share: white space, strings, numbers and words.

/// A position in bytes that is moved forward.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scan<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

/// What stood where a step was tried is not what the grammar has there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unexpected;

impl<'a> Scan<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Steps over `byte` if it comes next.
    pub(super) fn eats(&mut self, byte: u8) -> bool {
        let comes = self.peek() == Some(byte);
        self.at += usize::from(comes);
        comes
    }

    pub(super) fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    pub(super) fn word(&mut self, word: &[u8]) -> Result<(), Unexpected> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += word.len();
        rest.starts_with(word).then_some(()).ok_or(Unexpected)
    }

    /// A string with its quotes. Escapes are checked; half a surrogate pair is let through, as the grammar does.
    pub(super) fn string(&mut self) -> Result<(), Unexpected> {
        if !self.eats(b'"') {
            return Err(Unexpected);
        }
        loop {
            self.at += plain_run(self.bytes.get(self.at..).unwrap_or_default());
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                _ => return Err(Unexpected),
            }
        }
        self.at += 1;
        Ok(())
    }

    fn escape(&mut self) -> Result<(), Unexpected> {
        let escape = self.bytes.get(self.at + 1..).unwrap_or_default();
        let length = match escape {
            [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
            [b'u', hex @ ..] if has_four_hex(hex) => 6,
            _ => return Err(Unexpected),
        };
        self.at += length;
        Ok(())
    }

    pub(super) fn number(&mut self) -> Result<(), Unexpected> {
        self.eats(b'-');
        if !self.eats(b'0') {
            self.digits()?;
        }
        if self.eats(b'.') {
            self.digits()?;
        }
        if self.eats(b'e') || self.eats(b'E') {
            let _ = self.eats(b'+') || self.eats(b'-');
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Unexpected> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(()).ok_or(Unexpected)
    }
}

/// Whether four hexadecimal digits come.
pub(super) fn has_four_hex(hex: &[u8]) -> bool {
    hex.first_chunk::<4>().is_some_and(|four| four.iter().all(u8::is_ascii_hexdigit))
}

const LOW_BITS: u64 = u64::from_ne_bytes([0x01; 8]);
const HIGH_BITS: u64 = u64::from_ne_bytes([0x80; 8]);

/// How many bytes a string holds up to the next quote, backslash or control character.
///
/// Eight at a time: most of a body is text, and this walk over it is what checking costs.
fn plain_run(bytes: &[u8]) -> usize {
    let mut run = 0;
    while let Some(eight) = bytes.get(run..).and_then(<[u8]>::first_chunk::<8>) {
        let special = special_bytes(u64::from_le_bytes(*eight));
        if special != 0 {
            return run + special.trailing_zeros() as usize / 8;
        }
        run += 8;
    }
    let rest = bytes.get(run..).unwrap_or_default();
    run + rest.iter().take_while(|byte| !is_special(**byte)).count()
}

fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// A word whose lowest set bit is in the byte of `word` that is the first special one. Bits above it may be set for no reason,
/// since a borrow moves up.
fn special_bytes(word: u64) -> u64 {
    let below = |word: u64, bound: u64| word.wrapping_sub(LOW_BITS * bound) & !word;
    let is = |byte: u8| below(word ^ (LOW_BITS * u64::from(byte)), 1);
    (below(word, 0x20) | is(b'"') | is(b'\\')) & HIGH_BITS
}

#[cfg(test)]
mod tests {
    use super::{is_special, plain_run};

    #[test]
    fn every_special_byte_is_found_at_every_place() {
        for special in (0..=255).filter(|byte| is_special(*byte)) {
            for place in 0..20 {
                for behind in [0x00, 0x7f, 0x80, 0xff] {
                    let mut bytes = vec![behind; 24];
                    bytes[..place].fill(b'a');
                    bytes[place] = special;
                    assert_eq!(plain_run(&bytes), place, "{special} at {place} before {behind}");
                }
            }
        }
    }

    #[test]
    fn what_is_not_special_is_passed() {
        let plain: Vec<u8> = (0..=255).filter(|byte| !is_special(*byte)).collect();
        assert_eq!(plain_run(&plain), plain.len());
        for cut in 0..plain.len() {
            assert_eq!(plain_run(&plain[cut..]), plain.len() - cut);
        }
    }
}
