//! The little of DER (ITU-T X.690) that BoringSSL reads keys and signatures in.

/// An INTEGER that is not negative, from big-endian bytes.
pub(crate) fn unsigned(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let shortest = bytes.get(zeros..).unwrap_or_default();
    // A first bit that is set would make it negative, and no bytes at all are no number.
    let needs_zero = shortest.first().is_none_or(|byte| *byte & 0x80 != 0);
    let sign: &[u8] = if needs_zero { &[0] } else { &[] };
    element(INTEGER, &[sign, shortest])
}

/// A SEQUENCE of elements.
pub(crate) fn sequence(elements: &[&[u8]]) -> Vec<u8> {
    element(SEQUENCE, elements)
}

/// A SubjectPublicKeyInfo (RFC 5280, section 4.1): an algorithm in DER, and the key's bits.
pub(crate) fn spki(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    let no_unused_bits = 0;
    let bits = element(BIT_STRING, &[&[no_unused_bits], key]);
    sequence(&[algorithm, &bits])
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const SEQUENCE: u8 = 0x30;

fn element(tag: u8, content: &[&[u8]]) -> Vec<u8> {
    let length: usize = content.iter().map(|part| part.len()).sum();
    let mut der = vec![tag];
    push_length(&mut der, length);
    content.iter().for_each(|part| der.extend_from_slice(part));
    der
}

/// In the fewest bytes: up to 127 in one, above in a count of bytes and these.
fn push_length(der: &mut Vec<u8>, length: usize) {
    if let Ok(short @ 0..=0x7f) = u8::try_from(length) {
        der.push(short);
        return;
    }
    let bytes = length.to_be_bytes();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let significant = bytes.get(zeros..).unwrap_or_default();
    der.push(0x80 | u8::try_from(significant.len()).unwrap_or(0));
    der.extend_from_slice(significant);
}

#[cfg(test)]
mod tests {
    use super::{sequence, spki, unsigned};

    #[test]
    fn integers_are_shortest_and_not_negative() {
        let table: [(&[u8], &[u8]); 6] = [
            (&[], &[2, 1, 0]),
            (&[0, 0], &[2, 1, 0]),
            (&[0, 1], &[2, 1, 1]),
            (&[0x7f], &[2, 1, 0x7f]),
            (&[0x80], &[2, 2, 0, 0x80]),
            (&[1, 0, 1], &[2, 3, 1, 0, 1]),
        ];
        for (bytes, der) in table {
            assert_eq!(unsigned(bytes), der, "{bytes:?}");
        }
    }

    #[test]
    fn lengths_take_the_fewest_bytes() {
        for (content, header) in [
            (127, &[0x30, 0x7f][..]),
            (128, &[0x30, 0x81, 0x80]),
            (255, &[0x30, 0x81, 0xff]),
            (256, &[0x30, 0x82, 1, 0]),
            (65_536, &[0x30, 0x83, 1, 0, 0]),
        ] {
            assert!(sequence(&[&vec![7; content]]).starts_with(header), "{content}");
        }
    }

    #[test]
    fn a_key_is_an_algorithm_and_bits() {
        assert_eq!(spki(&[0x30, 0], &[4, 5]), [0x30, 7, 0x30, 0, 3, 3, 0, 4, 5]);
    }
}
