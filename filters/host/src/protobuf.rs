//! Protocol buffers, as far as Envoy's host calls take them.

/// The tag of a text, of bytes or of a message.
pub(crate) const fn length_delimited(field: u8) -> u8 {
    field << 3 | 2
}

/// Appends a field that has a length.
pub(crate) fn push_field(message: &mut Vec<u8>, tag: u8, value: &[u8]) {
    message.push(tag);
    let mut length = value.len();
    while let low @ 0x80.. = length {
        // The low seven bits, with the mark that more follow.
        message.push(u8::try_from(low & 0x7f).unwrap_or(0) | 0x80);
        length >>= 7;
    }
    message.push(u8::try_from(length).unwrap_or(0));
    message.extend_from_slice(value);
}

/// `envoy.config.core.v3.GrpcService { envoy_grpc { cluster_name } }`
pub(crate) fn grpc_service(cluster: &str) -> Vec<u8> {
    const FIRST: u8 = length_delimited(1);
    let (mut envoy_grpc, mut service) = (Vec::new(), Vec::new());
    push_field(&mut envoy_grpc, FIRST, cluster.as_bytes());
    push_field(&mut service, FIRST, &envoy_grpc);
    service
}

#[cfg(test)]
mod tests {
    use super::{grpc_service, push_field};

    #[test]
    fn a_long_field_has_a_long_length() {
        let mut long = Vec::new();
        push_field(&mut long, 0x22, &[7; 300]);
        assert_eq!(long.get(..3), Some(&[0x22, 0xac, 0x02][..]));
        assert_eq!(long.len(), 303);
    }

    #[test]
    fn a_cluster_is_named_in_a_message() {
        assert_eq!(grpc_service("limits"), b"\x0a\x08\x0a\x06limits");
        assert_eq!(grpc_service(""), b"\x0a\x02\x0a\x00");
    }
}
