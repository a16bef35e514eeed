//! ECDSA signatures: two numbers side by side in a token (RFC 7518, section 3.4), a SEQUENCE for the host.

use crate::algorithm::Curve;
use crate::der;

/// The orders of the curves' groups (SEC 2, sections 2.4.2, 2.5.1 and 2.6.1), big-endian.
const ORDER_P256: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
    0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];
const ORDER_P384: [u8; 48] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf, 0x58, 0x1a,
    0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73,
];
const ORDER_P521: [u8; 66] = [
    0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfa,
    0x51, 0x86, 0x87, 0x83, 0xbf, 0x2f, 0x96, 0x6b, 0x7f, 0xcc, 0x01, 0x48, 0xf7, 0x09, 0xa5, 0xd0, 0x3b,
    0xb5, 0xc9, 0xb8, 0x89, 0x9c, 0x47, 0xae, 0xbb, 0x6f, 0xb7, 0x1e, 0x91, 0x38, 0x64, 0x09,
];

/// The signature in DER; `None` where it is no pair of numbers from 1 up to the order of the curve's group.
///
/// A signature with the other of the two `s` that fit is as good: RFC 7518 asks for no smaller one.
pub(super) fn to_der(curve: Curve, signature: &[u8]) -> Option<Vec<u8>> {
    let (r, s) = signature.split_at_checked(curve.bytes())?;
    let are_scalars = is_scalar(curve, r) && is_scalar(curve, s);
    are_scalars.then(|| der::sequence(&[&der::unsigned(r), &der::unsigned(s)]))
}

/// Numbers of one length compare as their bytes do.
fn is_scalar(curve: Curve, number: &[u8]) -> bool {
    let order = order(curve);
    number.len() == order.len() && number < order && number.iter().any(|byte| *byte != 0)
}

fn order(curve: Curve) -> &'static [u8] {
    match curve {
        Curve::P256 => &ORDER_P256,
        Curve::P384 => &ORDER_P384,
        Curve::P521 => &ORDER_P521,
    }
}

#[cfg(test)]
mod tests {
    use super::{order, to_der};
    use crate::algorithm::Curve;

    #[test]
    fn only_pairs_of_scalars_are_signatures() {
        for curve in [Curve::P256, Curve::P384, Curve::P521] {
            let length = curve.bytes();
            let number = |last: u8| [&vec![0; length - 1][..], &[last]].concat();
            let mut most = order(curve).to_vec();
            *most.last_mut().unwrap() -= 1;
            let pairs = [
                (number(1), number(1), true),
                (most.clone(), most, true),
                (number(0), number(1), false),
                (number(1), number(0), false),
                (order(curve).to_vec(), number(1), false),
                (number(1), order(curve).to_vec(), false),
                (vec![0xff; length], number(1), false),
                (number(1), number(1)[1..].to_vec(), false),
                (number(1), [number(1), vec![0]].concat(), false),
                (number(1), vec![], false),
                (vec![], vec![], false),
            ];
            for (r, s, is_signature) in pairs {
                assert_eq!(
                    to_der(curve, &[r.clone(), s.clone()].concat()).is_some(),
                    is_signature,
                    "{curve:?} {r:?} {s:?}"
                );
            }
        }
    }

    #[test]
    fn leading_zeros_are_left_out_and_signs_kept_out() {
        let mut signature = [0; 64];
        signature[31] = 0x7f;
        signature[63] = 0x80;
        assert_eq!(to_der(Curve::P256, &signature).unwrap(), [0x30, 7, 2, 1, 0x7f, 2, 2, 0, 0x80]);
    }
}
