//! gzip (RFC 1952), decoded piece by piece, with a bound on how much comes out.

use std::io::Write;

use flate2::write::MultiGzDecoder;

use crate::Fault;

/// Decodes a gzip stream of one or more members.
#[derive(Debug)]
pub(super) struct Gunzip {
    decoder: MultiGzDecoder<Vec<u8>>,
    come_in: u64,
    gone_out: u64,
}

/// Up to this much may come out whatever went in: small bodies of equal rows compress a thousandfold.
const FREE: u64 = 8 << 20;
/// Beyond that, this many bytes may come out for each that went in. JSON rarely reaches a tenth of it.
const MOST_GROWTH: u64 = 100;

impl Gunzip {
    pub(super) fn new() -> Self {
        Self { decoder: MultiGzDecoder::new(Vec::new()), come_in: 0, gone_out: 0 }
    }

    /// Decodes the next piece, and hands what comes out to `take` in pieces of some 32 KiB.
    pub(super) fn push(
        &mut self,
        mut piece: &[u8],
        mut take: impl FnMut(&[u8]) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        while !piece.is_empty() {
            let read = self.decoder.write(piece).map_err(|_| Fault::BadCompression)?;
            piece = piece.get(read..).filter(|_| read > 0).ok_or(Fault::BadCompression)?;
            self.come_in += u64::try_from(read).unwrap_or_default();
            self.hand_on(&mut take)?;
        }
        // What the decoder has written and not handed over yet must not wait for the next piece.
        self.decoder.flush().map_err(|_| Fault::BadCompression)?;
        self.hand_on(&mut take)
    }

    /// Ends the stream, which must be whole; one of no bytes at all is an empty body.
    pub(super) fn finish(&mut self, mut take: impl FnMut(&[u8]) -> Result<(), Fault>) -> Result<(), Fault> {
        if self.come_in == 0 {
            return Ok(());
        }
        self.decoder.try_finish().map_err(|_| Fault::BadCompression)?;
        self.hand_on(&mut take)
    }

    fn hand_on(&mut self, take: &mut impl FnMut(&[u8]) -> Result<(), Fault>) -> Result<(), Fault> {
        let decoded = self.decoder.get_mut();
        self.gone_out += u64::try_from(decoded.len()).unwrap_or_default();
        if self.gone_out > FREE && self.gone_out > self.come_in.saturating_mul(MOST_GROWTH) {
            return Err(Fault::Bomb);
        }
        take(decoded)?;
        decoded.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Gunzip;
    use crate::Fault;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    fn gunzip<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> Result<Vec<u8>, Fault> {
        let mut gunzip = Gunzip::new();
        let mut plain = Vec::new();
        let mut take = |decoded: &[u8]| {
            plain.extend_from_slice(decoded);
            Ok(())
        };
        for piece in pieces {
            gunzip.push(piece, &mut take)?;
        }
        gunzip.finish(&mut take)?;
        Ok(plain)
    }

    #[test]
    fn streams_are_decoded_wherever_they_are_cut() {
        let plain = br#"{"a":[1,2,3]}"#.repeat(20);
        let packed = gzip(&plain);
        for cut in 0..=packed.len() {
            assert_eq!(gunzip([&packed[..cut], &packed[cut..]]), Ok(plain.clone()), "cut at {cut}");
        }
        assert_eq!(gunzip(packed.chunks(1)), Ok(plain));
    }

    #[test]
    fn members_follow_one_another() {
        let packed = [gzip(b"[1,"), gzip(b""), gzip(b"2]")].concat();
        assert_eq!(gunzip(packed.chunks(7)), Ok(b"[1,2]".to_vec()));
    }

    #[test]
    fn what_is_broken_or_ends_early_is_refused() {
        let packed = gzip(b"{}");
        for end in 1..packed.len() {
            assert_eq!(gunzip([&packed[..end]]), Err(Fault::BadCompression), "ends at {end}");
        }
        for at in 0..packed.len() {
            let mut broken = packed.clone();
            broken[at] ^= 0x55;
            let harmless = (4..10).contains(&at);
            assert!(harmless || gunzip([&*broken]) != Ok(b"{}".to_vec()), "broken at {at}");
        }
        assert_eq!(gunzip([&*packed, b"{}"]), Err(Fault::BadCompression));
        assert_eq!(gunzip([&b"{}"[..]]), Err(Fault::BadCompression));
    }

    #[test]
    fn nothing_at_all_is_an_empty_body() {
        assert_eq!(gunzip([&b""[..]]), Ok(Vec::new()));
    }

    #[test]
    fn equal_rows_pass_and_a_bomb_does_not() {
        let rows = br#"{"id":1,"name":"x"},"#.repeat(200_000);
        assert_eq!(gunzip([&*gzip(&rows)]).map(|plain| plain.len()), Ok(rows.len()));
        let bomb = gzip(&vec![b' '; 20 << 20]);
        assert_eq!(gunzip([&*bomb]), Err(Fault::Bomb));
        assert_eq!(gunzip(bomb.chunks(100)), Err(Fault::Bomb));
    }
}
