//! UTF-8 (RFC 3629) across chunks.

use simdutf8::basic::from_utf8;

use crate::Fault;

/// What is left of a sequence that a chunk's end has cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Utf8 {
    begun: [u8; 4],
    len: u8,
}

/// A sequence that is cut has at most this many bytes already.
const LONGEST_CUT: usize = 3;

impl Utf8 {
    /// Checks the next chunk.
    pub(crate) fn push(&mut self, chunk: &[u8]) -> Result<(), Fault> {
        let mut rest = chunk;
        while self.len > 0 {
            let Some((byte, behind)) = rest.split_first() else { return Ok(()) };
            self.add(*byte)?;
            rest = behind;
        }
        let (sound, cut) = rest.split_at_checked(rest.len() - cut_at_end(rest)).unwrap_or((rest, &[]));
        from_utf8(sound).map_err(|_| Fault::NotUtf8)?;
        cut.iter().try_for_each(|byte| self.add(*byte))
    }

    /// Checks that no sequence is left open.
    pub(crate) fn finish(&self) -> Result<(), Fault> {
        if self.len == 0 { Ok(()) } else { Err(Fault::NotUtf8) }
    }

    fn add(&mut self, byte: u8) -> Result<(), Fault> {
        let at = usize::from(self.len);
        if let Some(place) = self.begun.get_mut(at) {
            *place = byte;
        }
        match std::str::from_utf8(self.begun.get(..=at).unwrap_or_default()) {
            Ok(_) => self.len = 0,
            Err(error) if error.error_len().is_none() => self.len += 1,
            Err(_) => return Err(Fault::NotUtf8),
        }
        Ok(())
    }
}

/// How many bytes at the end begin a sequence that goes on in the next chunk.
fn cut_at_end(chunk: &[u8]) -> usize {
    let last = chunk.iter().rev().take(LONGEST_CUT).position(|byte| *byte & 0xC0 != 0x80);
    let Some(behind) = last else { return 0 };
    let lead = chunk.iter().rev().nth(behind).copied().unwrap_or_default();
    let width = match lead {
        0xC0..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xFF => 4,
        _ => 1,
    };
    if width > behind + 1 { behind + 1 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::Utf8;
    use proptest::prelude::{Just, Strategy, any, prop, prop_oneof, proptest};

    fn check(chunks: &[&[u8]]) -> bool {
        let mut utf8 = Utf8::default();
        chunks.iter().all(|chunk| utf8.push(chunk).is_ok()) && utf8.finish().is_ok()
    }

    #[test]
    fn what_only_looks_like_utf8_is_refused_wherever_it_is_cut() {
        let table: [&[u8]; 12] = [
            b"\x80",
            b"\xbf",
            b"\xc0\xaf",
            b"\xc1\xbf",
            b"\xe0\x80\xaf",
            b"\xed\xa0\x80",
            b"\xed\xbf\xbf",
            b"\xf0\x80\x80\xaf",
            b"\xf4\x90\x80\x80",
            b"\xf8\x88\x80\x80\x80",
            b"\xe2\x28\xa1",
            b"\xfe\xff",
        ];
        for bytes in table {
            for cut in 0..=bytes.len() {
                assert!(!check(&[&bytes[..cut], &bytes[cut..], b"  "]), "{bytes:x?} cut at {cut}");
            }
        }
    }

    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            4 => any::<String>().prop_map(String::into_bytes),
            1 => prop::collection::vec(any::<u8>(), 1..3),
            1 => Just("é€😀".as_bytes().to_vec()),
        ];
        prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn chunks_are_judged_like_the_whole(bytes in bytes()) {
            let wanted = std::str::from_utf8(&bytes).is_ok();
            for cut in 0..=bytes.len() {
                assert_eq!(check(&[&bytes[..cut], &bytes[cut..]]), wanted);
            }
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            assert_eq!(check(&single), wanted);
        }
    }
}
