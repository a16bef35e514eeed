//! What all workers know of the table: its secret, and how many sets it ever had.

use crate::hash::Secret;

/// The first entry of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) secret: Secret,
    /// The bit `n` stands where the table has, or had, `2^n` sets. Entries are never deleted, and so a bucket may
    /// still lie where it was before a configuration with another number.
    pub(crate) sizes: u32,
}

/// A change of the encoding takes another number, and then all buckets begin anew.
const VERSION: u8 = 1;

impl Header {
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (&[version], rest) = bytes.split_first_chunk()?;
        let (secret, sizes) = rest.split_first_chunk()?;
        let sizes = u32::from_le_bytes(sizes.try_into().ok()?);
        (version == VERSION).then_some(Self { secret: Secret(*secret), sizes })
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        [[VERSION].as_slice(), &self.secret.0, &self.sizes.to_le_bytes()].concat()
    }

    /// The numbers of sets other than `sets`.
    pub(crate) fn former_sizes(&self, sets: u32) -> Vec<u32> {
        let sizes = (0..u32::BITS).map(|bit| 1 << bit);
        sizes.filter(|size| size & self.sizes != 0 && *size != sets).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Header;
    use crate::hash::Secret;

    #[test]
    fn a_header_comes_back_and_nothing_else_is_one() {
        let header = Header { secret: Secret([7; 16]), sizes: 0b1001 };
        let bytes = header.encode();
        assert_eq!(Header::decode(&bytes), Some(header.clone()));
        assert_eq!(header.former_sizes(8), [1]);
        assert_eq!(header.former_sizes(4), [1, 8]);
        for length in 0..bytes.len() {
            assert_eq!(Header::decode(&bytes[..length]), None, "{length}");
        }
        assert_eq!(Header::decode(&[&bytes[..], &[0]].concat()), None);
        assert_eq!(Header::decode(&[&[2], &bytes[1..]].concat()), None);
    }
}
