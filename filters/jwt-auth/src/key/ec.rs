//! Keys on the curves of ECDSA (RFC 7518, section 6.2.1).

use p256::elliptic_curve::point::AffineCoordinates;

use super::{KeyFault, bytes, optional_text};
use crate::algorithm::{Algorithm, AlgorithmSet, Curve};
use crate::der;
use crate::object::Object;

/// A point of a curve.
#[derive(Debug)]
pub(crate) struct EcKey {
    curve: Curve,
    spki: Vec<u8>,
    point: Point,
}

/// The point as the module's own verifier takes it.
#[derive(Debug)]
pub(crate) enum Point {
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    P521(p521::ecdsa::VerifyingKey),
}

/// `AlgorithmIdentifier` of id-ecPublicKey with the named curve (RFC 5480, section 2.1.1).
const P256: [u8; 21] = [
    0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07,
];
const P384: [u8; 18] = [
    0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00,
    0x22,
];
const P521: [u8; 18] = [
    0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00,
    0x23,
];

/// Both coordinates follow (SEC 1, section 2.3.3).
const UNCOMPRESSED: u8 = 4;

impl EcKey {
    pub(super) fn read(jwk: &Object<'_>) -> Result<(Self, AlgorithmSet), KeyFault> {
        let curve = read_curve(jwk)?;
        let (x, y) = (coordinate(jwk, "x", curve)?, coordinate(jwk, "y", curve)?);
        let key = Self {
            curve,
            spki: der::spki(identifier(curve), &[&[UNCOMPRESSED], &*x, &*y].concat()),
            point: Point::read(curve, &x, &y).ok_or(KeyFault::NotOnCurve)?,
        };
        Ok((key, [Algorithm::Es(curve)].into_iter().collect()))
    }

    pub(crate) fn curve(&self) -> Curve {
        self.curve
    }

    /// The SubjectPublicKeyInfo, in DER.
    pub(crate) fn spki(&self) -> &[u8] {
        &self.spki
    }

    pub(crate) fn point(&self) -> &Point {
        &self.point
    }
}

impl Point {
    fn read(curve: Curve, x: &[u8], y: &[u8]) -> Option<Self> {
        match curve {
            Curve::P256 => p256::ecdsa::VerifyingKey::from_affine(point_at(x, y)?).ok().map(Self::P256),
            Curve::P384 => p384::ecdsa::VerifyingKey::from_affine(point_at(x, y)?).ok().map(Self::P384),
            Curve::P521 => p521::ecdsa::VerifyingKey::from_affine(point_at(x, y)?).ok().map(Self::P521),
        }
    }
}

/// The point, if it is on the curve. The reader of encoded points would take compressed ones too, whose roots are 10 KB of a
/// module and which a key set never holds.
fn point_at<P>(x: &[u8], y: &[u8]) -> Option<P>
where
    P: AffineCoordinates<FieldRepr: for<'a> TryFrom<&'a [u8]>>,
{
    let (x, y) = (x.try_into().ok()?, y.try_into().ok()?);
    P::from_coordinates(&x, &y).into_option()
}

fn read_curve(jwk: &Object<'_>) -> Result<Curve, KeyFault> {
    match &*optional_text(jwk, "crv")?.ok_or(KeyFault::Missing { member: "crv" })? {
        "P-256" => Ok(Curve::P256),
        "P-384" => Ok(Curve::P384),
        "P-521" => Ok(Curve::P521),
        _ => Err(KeyFault::UnknownCurve),
    }
}

/// A coordinate has its full length, zeros and all (RFC 7518, section 6.2.1.2).
fn coordinate(jwk: &Object<'_>, member: &'static str, curve: Curve) -> Result<Vec<u8>, KeyFault> {
    let coordinate = bytes(jwk, member)?;
    if coordinate.len() == curve.bytes() {
        return Ok(coordinate);
    }
    Err(KeyFault::Malformed { member })
}

fn identifier(curve: Curve) -> &'static [u8] {
    match curve {
        Curve::P256 => &P256,
        Curve::P384 => &P384,
        Curve::P521 => &P521,
    }
}
