//! Protocol buffers, as far as two small messages need them.

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    /// A number, a truth value or one of an enumeration.
    Number(u64),
    /// A text, bytes or a message.
    Bytes(&'a [u8]),
    /// A number of fixed width, which neither message has.
    Fixed,
}

/// The bytes are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// The fields of a message in the order of its bytes; the first that cannot be read ends them.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

/// What a tag's lower three bits say.
const VARINT: u8 = 0;
const FIXED_64: u8 = 1;
const LENGTH_DELIMITED: u8 = 2;
const FIXED_32: u8 = 5;

/// Appends a number; 0 is what an absent one means.
pub(super) fn put_number(message: &mut Vec<u8>, field: u8, number: u32) {
    if number > 0 {
        message.push(field << 3 | VARINT);
        put_varint(message, u64::from(number));
    }
}

/// Appends a text or a message.
pub(super) fn put_bytes(message: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    message.push(field << 3 | LENGTH_DELIMITED);
    put_varint(message, u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    message.extend_from_slice(bytes);
}

/// Seven bits to a byte, the lowest first, all but the last with a mark.
fn put_varint(message: &mut Vec<u8>, mut number: u64) {
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or_default();
        number >>= 7;
        if number == 0 {
            return message.push(low);
        }
        message.push(low | 0x80);
    }
}

impl<'a> Fields<'a> {
    pub(super) fn of(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    fn read(&mut self) -> Option<(u64, Value<'a>)> {
        let tag = self.varint()?;
        let number = Some(tag >> 3).filter(|number| *number > 0)?;
        let value = match u8::try_from(tag & 7) {
            Ok(VARINT) => Value::Number(self.varint()?),
            Ok(LENGTH_DELIMITED) => {
                let length = usize::try_from(self.varint()?).ok()?;
                Value::Bytes(self.take(length)?)
            }
            Ok(FIXED_64) => self.take(8).map(|_| Value::Fixed)?,
            Ok(FIXED_32) => self.take(4).map(|_| Value::Fixed)?,
            _ => return None,
        };
        Some((number, value))
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for at in 0..10_u32 {
            let (byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            number |= u64::from(byte & 0x7f).checked_shl(7 * at)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Value<'a>), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let read = self.read().ok_or(Malformed);
        if read.is_err() {
            self.rest = &[];
        }
        Some(read)
    }
}

#[cfg(test)]
mod tests {
    use super::{Fields, Malformed, Value, put_bytes, put_number};

    #[test]
    fn numbers_and_bytes_are_written_as_the_format_has_them() {
        let mut message = Vec::new();
        put_number(&mut message, 1, 0);
        put_number(&mut message, 3, 150);
        put_number(&mut message, 4, u32::MAX);
        put_bytes(&mut message, 2, b"testing");
        assert_eq!(message, b"\x18\x96\x01\x20\xff\xff\xff\xff\x0f\x12\x07testing");
        let mut long = Vec::new();
        put_bytes(&mut long, 2, &[7; 300]);
        assert_eq!(long.get(..3), Some(&b"\x12\xac\x02"[..]));
    }

    #[test]
    fn every_kind_of_field_is_read_or_stepped_over() {
        let message = b"\x08\x96\x01\x11\0\0\0\0\0\0\0\0\x1a\x02hi\x25\0\0\0\0\x82\x01\x00";
        let fields: Result<Vec<_>, _> = Fields::of(message).collect();
        let expected = [
            (1, Value::Number(150)),
            (2, Value::Fixed),
            (3, Value::Bytes(b"hi")),
            (4, Value::Fixed),
            (16, Value::Bytes(b"")),
        ];
        assert_eq!(fields.as_deref(), Ok(&expected[..]));
    }

    #[test]
    fn what_is_no_message_is_malformed() {
        let table: [&[u8]; 8] = [
            b"\x08",
            b"\x08\xff",
            b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\x12\x05hi",
            b"\x12\xff\xff\xff\xff\xff\xff\xff\xff\x7fhi",
            b"\x00\x01",
            b"\x0b\x0c",
            b"\x25\0\0",
        ];
        for bytes in table {
            let read: Result<Vec<_>, _> = Fields::of(bytes).collect();
            assert_eq!(read, Err(Malformed), "{bytes:?}");
        }
    }
}
