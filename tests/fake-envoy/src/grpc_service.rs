//! What Envoy makes of the "service" of a gRPC call: a `GrpcService` message if the bytes parse as one, else the name of a cluster.

/// Where a gRPC call goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// The bytes are no message, so they are a name.
    Name(String),
    /// The bytes are a message that names `envoy_grpc.cluster_name`.
    Cluster(String),
    /// The bytes happen to parse as a message, which has no target.
    Nothing,
}

impl Target {
    pub(crate) fn of(service: &[u8]) -> Self {
        let Some(fields) = fields(service) else {
            return Self::Name(String::from_utf8_lossy(service).into_owned());
        };
        match field(&fields, 1).and_then(self::fields) {
            Some(envoy_grpc) => Self::Cluster(
                field(&envoy_grpc, 1)
                    .map(|name| String::from_utf8_lossy(name).into_owned())
                    .unwrap_or_default(),
            ),
            None => Self::Nothing,
        }
    }
}

fn field<'a>(fields: &[(u64, &'a [u8])], number: u64) -> Option<&'a [u8]> {
    fields.iter().rev().find(|(found, _)| *found == number).map(|(_, bytes)| *bytes)
}

/// The fields of a message that have a length, if the bytes are a message.
fn fields(mut bytes: &[u8]) -> Option<Vec<(u64, &[u8])>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let (tag, rest) = varint(bytes)?;
        let number = tag >> 3;
        if number == 0 || number > MOST {
            return None;
        }
        let (value, rest) = value(tag, rest)?;
        found.push((number, value));
        bytes = rest;
    }
    Some(found)
}

/// The greatest number that a field can have.
const MOST: u64 = (1 << 29) - 1;

fn value(tag: u64, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    match tag & 7 {
        0 => Some((&[], varint(bytes)?.1)),
        1 => bytes.split_at_checked(8),
        2 => {
            let (size, rest) = varint(bytes)?;
            rest.split_at_checked(usize::try_from(size).ok()?)
        }
        3 => Some((&[], group(tag, bytes)?)),
        5 => bytes.split_at_checked(4),
        _ => None,
    }
}

/// What follows a group, the obsolete kind of a nested message, which ends with a tag of its own.
fn group(start: u64, mut bytes: &[u8]) -> Option<&[u8]> {
    loop {
        let (tag, rest) = varint(bytes)?;
        if tag & 7 == 4 {
            return (tag >> 3 == start >> 3).then_some(rest);
        }
        bytes = value(tag, rest)?.1;
    }
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0;
    for (at, byte) in bytes.iter().take(10).enumerate() {
        number |= u64::from(byte & 0x7f).checked_shl(u32::try_from(at).ok()? * 7)?;
        if byte & 0x80 == 0 {
            return Some((number, bytes.get(at + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::Target;

    #[test]
    fn a_message_names_its_cluster() {
        let message = [b"\x0a\x08\x0a\x06limits".as_slice(), b"\x1a\x02\x08\x01"].concat();
        assert_eq!(Target::of(&message), Target::Cluster("limits".into()));
    }

    #[test]
    fn some_names_parse_as_a_message_without_a_target() {
        for (name, parses) in [
            ("empty", true),
            ("st", true),
            ("", true),
            ("nope", false),
            ("ratelimit", false),
            ("limitador:8081", false),
            ("grpcdead", false),
        ] {
            let expected = if parses { Target::Nothing } else { Target::Name(name.into()) };
            assert_eq!(Target::of(name.as_bytes()), expected, "{name}");
        }
    }
}
