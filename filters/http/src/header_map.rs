//! A header map as the host hands it over: one buffer, read in place.

/// The lines of one header map, in the order in which they came.
///
/// The bytes are the proxy-wasm encoding: a count, the two lengths of each pair, then each name and value with a
/// NUL behind it; all numbers are 32 bits, little-endian. Nothing is copied out of it: a look-up walks the lengths,
/// which for the dozens of lines of a request costs less than building an index.
///
/// Names are lower case, as Envoy keeps them. Values are bytes; nothing here expects UTF-8.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderMap {
    bytes: Vec<u8>,
    count: usize,
}

const LENGTHS_OF_A_PAIR: usize = 8;
const COUNT: usize = 4;

impl HeaderMap {
    /// Takes the host's encoding; `None` where its lengths do not fit its size.
    #[must_use]
    pub fn decode(bytes: Vec<u8>) -> Option<Self> {
        if bytes.is_empty() {
            return Some(Self::default());
        }
        let count = read_u32(&bytes, 0)?;
        let map = Self { bytes, count };
        map.is_sound().then_some(map)
    }

    /// Encodes pairs as the host does. Names are lower-cased.
    #[must_use]
    pub fn from_pairs<N: AsRef<[u8]>, V: AsRef<[u8]>>(pairs: &[(N, V)]) -> Self {
        Self { bytes: Self::encode(pairs), count: pairs.len() }
    }

    /// The host's encoding of `pairs`, for calls that hand a header map over.
    #[must_use]
    pub fn encode<N: AsRef<[u8]>, V: AsRef<[u8]>>(pairs: &[(N, V)]) -> Vec<u8> {
        let text: usize = pairs.iter().map(|(n, v)| n.as_ref().len() + v.as_ref().len() + 2).sum();
        let mut bytes = Vec::with_capacity(COUNT + pairs.len() * LENGTHS_OF_A_PAIR + text);
        push_u32(&mut bytes, pairs.len());
        for (name, value) in pairs {
            push_u32(&mut bytes, name.as_ref().len());
            push_u32(&mut bytes, value.as_ref().len());
        }
        for (name, value) in pairs {
            let start = bytes.len();
            bytes.extend_from_slice(name.as_ref());
            bytes.get_mut(start..).into_iter().for_each(<[u8]>::make_ascii_lowercase);
            bytes.push(0);
            bytes.extend_from_slice(value.as_ref());
            bytes.push(0);
        }
        bytes
    }

    /// The number of lines.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is no line at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Every line, as name and value.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut at = COUNT + self.count * LENGTHS_OF_A_PAIR;
        (0..self.count).map_while(move |line| {
            let (name, value) = self.lengths(line)?;
            let pair =
                self.bytes.get(at..at + name).zip(self.bytes.get(at + name + 1..at + name + 1 + value));
            at += name + value + 2;
            pair
        })
    }

    /// The values of the lines called `name` (lower case), in order. A line whose name has another length is passed over
    /// at a glance.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let mut next = COUNT + self.count * LENGTHS_OF_A_PAIR;
        (0..self.count).filter_map(move |line| {
            let (name_len, value_len) = self.lengths(line)?;
            let (at, value) = (next, next + name_len + 1);
            next = value + value_len + 1;
            let is_called = name_len == name.len() && self.bytes.get(at..at + name_len)? == name.as_bytes();
            if is_called { self.bytes.get(value..value + value_len) } else { None }
        })
    }

    /// The value of the first line called `name` (lower case).
    #[must_use]
    pub fn first(&self, name: &str) -> Option<&[u8]> {
        self.all(name).next()
    }

    fn lengths(&self, line: usize) -> Option<(usize, usize)> {
        let at = COUNT + line * LENGTHS_OF_A_PAIR;
        read_u32(&self.bytes, at).zip(read_u32(&self.bytes, at + 4))
    }

    /// Every later sum of lengths stays within the buffer when this one does.
    fn is_sound(&self) -> bool {
        let table = self.count.checked_mul(LENGTHS_OF_A_PAIR).and_then(|t| t.checked_add(COUNT));
        let Some(table) = table.filter(|table| *table <= self.bytes.len()) else {
            return false;
        };
        let text = (0..self.count).try_fold(table, |at, line| {
            let (name, value) = self.lengths(line)?;
            at.checked_add(name)?.checked_add(value)?.checked_add(2)
        });
        text.is_some_and(|end| end <= self.bytes.len())
    }
}

fn read_u32(bytes: &[u8], at: usize) -> Option<usize> {
    let four: [u8; 4] = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
    usize::try_from(u32::from_le_bytes(four)).ok()
}

/// The host's numbers have 32 bits, and so has the module's memory: no length is cut.
#[inline]
fn push_u32(bytes: &mut Vec<u8>, number: usize) {
    bytes.extend_from_slice(&u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::HeaderMap;

    #[test]
    fn lines_come_back_in_order_with_lower_case_names() {
        let map = HeaderMap::from_pairs(&[("Accept", "a"), ("x-id", "1"), ("accept", "b")]);
        let again =
            HeaderMap::decode(HeaderMap::encode(&[("Accept", "a"), ("x-id", "1"), ("accept", "b")])).unwrap();
        assert_eq!(map, again);
        assert_eq!(map.all("accept").collect::<Vec<_>>(), [b"a", b"b"]);
        assert_eq!(map.first("x-id"), Some(&b"1"[..]));
        assert_eq!(map.first("x"), None);
        assert_eq!(map.len(), 3);
    }

    #[test]
    fn values_are_bytes() {
        let map = HeaderMap::from_pairs(&[(&b"x"[..], &b"\xff\x00\xfe"[..]), (b"y", b"")]);
        assert_eq!(map.first("x"), Some(&b"\xff\x00\xfe"[..]));
        assert_eq!(map.first("y"), Some(&b""[..]));
    }

    #[test]
    fn an_encoding_whose_lengths_lie_is_refused() {
        let sound = HeaderMap::encode(&[("name", "value")]);
        for cut in 1..sound.len() {
            assert_eq!(HeaderMap::decode(sound[..cut].to_vec()), None, "cut at {cut}");
        }
        assert_eq!(HeaderMap::decode(vec![0xff; 64]), None);
        assert!(HeaderMap::decode(Vec::new()).unwrap().is_empty());
    }
}
