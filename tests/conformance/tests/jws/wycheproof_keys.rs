//! Project Wycheproof: one good signature, and the keys that it must and must not be checked with.
//!
//! From `json_web_key_test.json` of <https://github.com/C2SP/wycheproof> (Apache-2.0, by its contributors); the numbers are
//! theirs. What the file calls ambiguous is left out (several keys of one name are all tried here), and so is case 7: a key
//! whose primes are weak in a way that is not looked for (ROCA).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis_jwt_auth::{Algorithm, AlgorithmSet, Key, NoHostCheck, Origin, SignatureCheck};
use serde_json::{Value, json};

use crate::aws_lc::AwsLc;

const BY_EC: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6ImtpZC1lYy1zaWduIn0.Zm9v.5cA0OHyMP7ezamUd5c9kV-FrGxdx4hbGXOdplQkutrqWrte5P-pAvsE3Ve6xSyU3YDQwUHjVVOtvcrEbbnZ8yA";

fn ec(changes: &[(&str, &str)]) -> Value {
    let mut jwk = json!({
        "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "kid-ec-sign",
        "x": "04N0xi21hshyvBp7I167sbE_bXqyqkAPfefdklMO7wY",
        "y": "UI8exy-C06a7DUnjIdENkxeFtHM4-l_41LqEw9nVgmw",
    });
    for (member, value) in changes {
        jwk[member] = json!(value);
    }
    jwk
}

/// A secret of the bytes 0, 1, 2 and so on.
fn secret(alg: &str, bytes: u8) -> Value {
    json!({ "kty": "oct", "use": "sig", "alg": alg, "k": URL_SAFE_NO_PAD.encode((0..bytes).collect::<Vec<_>>()) })
}

/// Whether the key is one, and made the signature.
fn verifies(jwk: &Value, alg: &str, jws: &str, host: &dyn SignatureCheck) -> bool {
    let Ok(key) = Key::read(&jwk.to_string(), Origin::Inline, AlgorithmSet::all()) else { return false };
    let (message, signature) = jws.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    key.verifies(Algorithm::parse(alg).unwrap(), message.as_bytes(), &signature, host)
}

#[test]
fn a_good_signature_needs_a_key_that_is_right_in_every_member() {
    let table = [
        ("the key itself", ec(&[]), true),
        ("19", ec(&[("alg", "ES521")]), false),
        ("20", ec(&[("alg", "ES224")]), false),
        ("21", ec(&[("use", "enc")]), false),
        ("22", ec(&[("y", "UI8exy-C06a7DUnjIdENkxeFtHM4-l_41LqEw9nVgnw")]), false),
        ("23", ec(&[("crv", "P-384")]), false),
        ("24", ec(&[("kty", "RSA")]), false),
    ];
    for (number, jwk, is_good) in table {
        for host in [&NoHostCheck as &dyn SignatureCheck, &AwsLc] {
            assert_eq!(verifies(&jwk, "ES256", BY_EC, host), is_good, "{number}");
        }
    }
}

#[test]
fn a_secret_is_as_long_as_its_hash_or_none() {
    let table = [
        (
            10,
            "HS256",
            31,
            "eyJhbGciOiJIUzI1NiIsImtpZCI6InNob3J0X2hzMjU2X2tleSJ9.Zm9v.OHXFiYUEmZcuvFx8FTvvN0fCfe8bspBX1ctB4dqcv0U",
            false,
        ),
        (
            11,
            "HS384",
            47,
            "eyJhbGciOiJIUzM4NCIsImtpZCI6InNob3J0X2hzMzg0X2tleSJ9.Zm9v.TKvI_fld4zqTKPhLBgiDArC88o2Lr4XyabrrD50VJUPQGev0k_q3g2kTIgK6evi8",
            false,
        ),
        (
            12,
            "HS512",
            63,
            "eyJhbGciOiJIUzUxMiIsImtpZCI6InNob3J0X2hzNTEyX2tleSJ9.Zm9v.8e1Oohdq6XP8EjQUEpX-E5fdbj9GG4JscFqPfxdN86R6DdFiRLXW6l0FZ5k4m-itvXSKDLvIsrdtJ6rZriHWiw",
            false,
        ),
        (
            13,
            "HS256",
            65,
            "eyJhbGciOiJIUzI1NiIsImtpZCI6ImxvbmdfaHMyNTZfa2V5In0.Zm9v.21LcS4mucXHeWxB34_udiXxb3M3MHd0127KdnfF726o",
            true,
        ),
        (
            14,
            "HS384",
            65,
            "eyJhbGciOiJIUzM4NCIsImtpZCI6ImxvbmdfaHMzODRfa2V5In0.Zm9v.Ets-iThpZ2a7MChVHGPUIddl87WDNMWBXzUuaqqwXhy1JQJ2e7qzF395b8dTM8XE",
            true,
        ),
        (
            15,
            "HS512",
            65,
            "eyJhbGciOiJIUzUxMiIsImtpZCI6ImxvbmdfaHM1MTJfa2V5In0.Zm9v.QNYWqEdHjNGYfU3_Nf-ZfwaTuW9sNCtzQCNYcp64VJJPeFzph9CsN2CbBhCa2LKTJ7xXwpZPyS3KkwqLAwy17g",
            true,
        ),
        (
            16,
            "HS256",
            0,
            "eyJhbGciOiJIUzI1NiIsImtpZCI6ImhzMjU2X2tleSJ9.Zm9v.fyLEImF-r3ro2KJGK6cE1r304rKYqPMDLOwWF7A8cn4",
            false,
        ),
    ];
    for (number, alg, bytes, jws, is_good) in table {
        assert_eq!(verifies(&secret(alg, bytes), alg, jws, &NoHostCheck), is_good, "{number}");
    }
}
