//! A header map as the host hands it over: one buffer, read in place.

use std::slice;

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

/// The values of the lines of one name.
#[derive(Clone, Debug, Default)]
pub struct Values<'a, 'n> {
    edited: Option<&'a [u8]>,
    name: &'n [u8],
    lengths: slice::Iter<'a, [u8; LENGTHS_OF_A_PAIR]>,
    bytes: &'a [u8],
    at: usize,
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
        let count = as_usize(*bytes.first_chunk()?)?;
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
        let mut at = self.text();
        self.lengths().iter().map_while(move |lengths| {
            let line = Line::at(at, lengths)?;
            at = line.end;
            line.name(&self.bytes).zip(line.value(&self.bytes))
        })
    }

    /// The values of the lines called `name` (lower case), in order.
    #[must_use]
    pub fn all<'a, 'n>(&'a self, name: &'n str) -> Values<'a, 'n> {
        Values {
            edited: None,
            name: name.as_bytes(),
            lengths: self.lengths().iter(),
            bytes: &self.bytes,
            at: self.text(),
        }
    }

    /// The value of the first line called `name` (lower case). Not by way of [`HeaderMap::all`], whose iterator is written to
    /// memory: this is what most look-ups are.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<&[u8]> {
        let mut at = self.text();
        for lengths in self.lengths() {
            let line = Line::at(at, lengths)?;
            if line.is_called(name.as_bytes(), &self.bytes) {
                return line.value(&self.bytes);
            }
            at = line.end;
        }
        None
    }

    /// The two lengths of each line.
    fn lengths(&self) -> &[[u8; LENGTHS_OF_A_PAIR]] {
        self.bytes.get(COUNT..self.text()).unwrap_or_default().as_chunks().0
    }

    /// Where the first name begins.
    fn text(&self) -> usize {
        COUNT + self.count * LENGTHS_OF_A_PAIR
    }

    /// Every later sum of lengths stays within the buffer when this one does.
    fn is_sound(&self) -> bool {
        let table = self.count.checked_mul(LENGTHS_OF_A_PAIR).and_then(|t| t.checked_add(COUNT));
        let Some(table) = table.filter(|table| *table <= self.bytes.len()) else {
            return false;
        };
        let text = self.lengths().iter().try_fold(table, |at, lengths| {
            let (name, value) = read_lengths(lengths)?;
            at.checked_add(name)?.checked_add(value)?.checked_add(2)
        });
        text.is_some_and(|end| end <= self.bytes.len())
    }
}

impl<'a> Values<'a, '_> {
    /// What a change made of all the lines.
    pub(crate) fn edited(value: Option<&'a [u8]>) -> Self {
        Self { edited: value, ..Self::default() }
    }
}

impl<'a> Iterator for Values<'a, '_> {
    type Item = &'a [u8];

    /// Not copied to where a header is asked for: code that has run already for one header is fast for the next.
    #[inline(never)]
    fn next(&mut self) -> Option<&'a [u8]> {
        if let Some(value) = self.edited.take() {
            return Some(value);
        }
        for lengths in self.lengths.by_ref() {
            let line = Line::at(self.at, lengths)?;
            self.at = line.end;
            if line.is_called(self.name, self.bytes) {
                return line.value(self.bytes);
            }
        }
        None
    }
}

/// Where a line stands in the bytes: its name, a NUL, its value, a NUL.
struct Line {
    start: usize,
    name_length: usize,
    end: usize,
}

impl Line {
    fn at(start: usize, lengths: &[u8; LENGTHS_OF_A_PAIR]) -> Option<Self> {
        let (name, value) = read_lengths(lengths)?;
        Some(Self { start, name_length: name, end: start + name + value + 2 })
    }

    /// A line whose name has another length is passed over at a glance.
    fn is_called(&self, name: &[u8], bytes: &[u8]) -> bool {
        self.name_length == name.len() && self.name(bytes) == Some(name)
    }

    fn name<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        bytes.get(self.start..self.start + self.name_length)
    }

    fn value<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        bytes.get(self.start + self.name_length + 1..self.end - 1)
    }
}

fn read_lengths(bytes: &[u8; LENGTHS_OF_A_PAIR]) -> Option<(usize, usize)> {
    let [a, b, c, d, e, f, g, h] = *bytes;
    Some((as_usize([a, b, c, d])?, as_usize([e, f, g, h])?))
}

fn as_usize(bytes: [u8; 4]) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(bytes)).ok()
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
