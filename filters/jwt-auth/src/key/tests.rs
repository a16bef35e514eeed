use super::{Key, KeyFault, Origin};
use crate::algorithm::{Algorithm, AlgorithmSet, Curve, Hash};
use crate::object::ObjectFault;

const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
const ED: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

fn read(members: &str) -> Result<Key, KeyFault> {
    Key::read(&format!("{{{members}}}"), Origin::Inline, AlgorithmSet::all())
}

fn fault(members: &str) -> Option<KeyFault> {
    read(members).err()
}

fn ec(more: &str) -> String {
    format!(r#""kty":"EC","crv":"P-256","x":"{X}","y":"{Y}"{more}"#)
}

fn ed(more: &str) -> String {
    format!(r#""kty":"OKP","crv":"Ed25519","x":"{ED}"{more}"#)
}

/// An odd number of so many bits, in base64url.
fn modulus(bits: usize) -> String {
    let mut bytes = vec![0xff; bits.div_ceil(8)];
    bytes[0] >>= (8 - bits % 8) % 8;
    crate::base64url::encode(&bytes)
}

fn rsa(n: &str, e: &str) -> String {
    format!(r#""kty":"RSA","n":"{n}","e":"{e}""#)
}

#[test]
fn a_key_is_bound_to_the_algorithms_of_its_kind() {
    let hs = |hash| Algorithm::Hs(hash);
    let secret = |bytes: usize| format!(r#""kty":"oct","k":"{}""#, crate::base64url::encode(&vec![7; bytes]));
    let both = |hash| [Algorithm::Rs(hash), Algorithm::Ps(hash)];
    let of_rsa: Vec<_> = Hash::ALL.into_iter().flat_map(both).collect();
    let table = [
        (ec(""), vec![Algorithm::Es(Curve::P256)]),
        (ec(r#","alg":"ES256""#), vec![Algorithm::Es(Curve::P256)]),
        (ed(""), vec![Algorithm::EdDsa]),
        (rsa(&modulus(2048), "AQAB"), of_rsa),
        (rsa(&modulus(2048), "AQAB") + r#","alg":"PS384""#, vec![Algorithm::Ps(Hash::Sha384)]),
        (secret(32), vec![hs(Hash::Sha256)]),
        (secret(63), vec![hs(Hash::Sha256), hs(Hash::Sha384)]),
        (secret(64), Hash::ALL.map(hs).to_vec()),
        (secret(64) + r#","alg":"HS256""#, vec![hs(Hash::Sha256)]),
    ];
    for (members, algorithms) in table {
        let expected: AlgorithmSet = algorithms.into_iter().collect();
        assert_eq!(read(&members).unwrap().algorithms, expected, "{members}");
    }
}

#[test]
fn a_key_that_is_wrong_or_for_something_else_says_so() {
    let malformed = |member| KeyFault::Malformed { member };
    let table = [
        (String::new(), KeyFault::Missing { member: "kty" }),
        (r#""kty":7"#.into(), malformed("kty")),
        (r#""kty":"DSA""#.into(), KeyFault::UnknownType),
        (r#""kty":"rsa""#.into(), KeyFault::UnknownType),
        (ec(r#","kid":7"#), malformed("kid")),
        (ec(r#","kid":"a","kid":"b""#), KeyFault::NotAnObject(ObjectFault::NameTwice)),
        (ec(r#","use":"enc""#), KeyFault::NotForSignatures),
        (ec(r#","use":["sig"]"#), malformed("use")),
        (ec(r#","key_ops":["sign"]"#), KeyFault::NotForSignatures),
        (ec(r#","key_ops":[]"#), KeyFault::NotForSignatures),
        (ec(r#","key_ops":"verify""#), malformed("key_ops")),
        (ec(r#","alg":"ES384""#), KeyFault::AlgorithmOfOtherType),
        (ec(r#","alg":"RS256""#), KeyFault::AlgorithmOfOtherType),
        (ec(r#","alg":"HS256""#), KeyFault::AlgorithmOfOtherType),
        (ec(r#","alg":"ECDH-ES""#), KeyFault::UnknownAlgorithm),
        (ec(r#","alg":"none""#), KeyFault::UnknownAlgorithm),
        (format!(r#""kty":"EC","crv":"P-256","x":"{X}""#), KeyFault::Missing { member: "y" }),
        (format!(r#""kty":"EC","x":"{X}","y":"{Y}""#), KeyFault::Missing { member: "crv" }),
        (format!(r#""kty":"EC","crv":"secp256k1","x":"{X}","y":"{Y}""#), KeyFault::UnknownCurve),
        (format!(r#""kty":"EC","crv":"P-256","x":"{Y}","y":"{X}""#), KeyFault::NotOnCurve),
        (format!(r#""kty":"EC","crv":"P-384","x":"{X}","y":"{Y}""#), malformed("x")),
        (format!(r#""kty":"EC","crv":"P-256","x":"AA{X}","y":"{Y}""#), malformed("x")),
        (format!(r#""kty":"EC","crv":"P-256","x":"{X}=","y":"{Y}""#), malformed("x")),
        (format!(r#""kty":"OKP","crv":"X25519","x":"{ED}""#), KeyFault::UnknownCurve),
        (format!(r#""kty":"OKP","crv":"Ed25519","x":"AA{ED}""#), malformed("x")),
        (format!(r#""kty":"OKP","crv":"Ed25519","x":"{}""#, "A".repeat(43)), KeyFault::NotOnCurve),
        (ed(r#","alg":"ES256""#), KeyFault::AlgorithmOfOtherType),
        (rsa(&modulus(2047), "AQAB"), KeyFault::RsaTooShort { bits: 2047 }),
        (rsa(&modulus(8193), "AQAB"), KeyFault::RsaTooLong { bits: 8193 }),
        (rsa("", "AQAB"), malformed("n")),
        (rsa(&modulus(2048), "AQ"), malformed("e")),
        (rsa(&modulus(2048), "Ag"), malformed("e")),
        (rsa(&modulus(2048), ""), malformed("e")),
        (rsa(&modulus(2048), "AwAAAAAB"), malformed("e")),
        (rsa(&modulus(2048), "AQAB").replacen("w\",\"e", "g\",\"e", 1), malformed("n")),
        (r#""kty":"oct","k":"AAAA""#.into(), KeyFault::SecretTooShort),
        (format!(r#""kty":"oct","alg":"HS512","k":"{}""#, "A".repeat(64)), KeyFault::SecretTooShort),
        (format!(r#""kty":"oct","alg":"RS256","k":"{}""#, "A".repeat(64)), KeyFault::AlgorithmOfOtherType),
    ];
    for (members, expected) in table {
        assert_eq!(fault(&members), Some(expected), "{members}");
    }
}

#[test]
fn odd_but_sound_keys_are_taken() {
    for members in [
        ec(r#","use":"sig","key_ops":["sign","verify"],"ext":true,"x5c":["rubbish"],"kid":"""#),
        rsa(&format!("AAAA{}", modulus(2048)), "AQAB"),
        rsa(&modulus(2048), "Aw"),
        rsa(&modulus(8192), "AQAAAAE"),
    ] {
        assert!(read(&members).is_ok(), "{members}: {:?}", fault(&members));
    }
}

#[test]
fn a_secret_is_not_fetched() {
    let secret = format!(r#"{{"kty":"oct","k":"{}"}}"#, "A".repeat(64));
    let fetched = Key::read(&secret, Origin::Fetched, AlgorithmSet::all());
    assert_eq!(fetched.err(), Some(KeyFault::SecretFetched));
}

#[test]
fn what_the_document_does_not_allow_is_no_key() {
    let only_rsa = [Algorithm::Rs(Hash::Sha256)].into_iter().collect();
    let key = Key::read(&format!("{{{}}}", ec("")), Origin::Inline, only_rsa);
    assert_eq!(key.err(), Some(KeyFault::NotAllowed));
}

#[test]
fn a_key_is_the_same_when_name_algorithms_and_material_are() {
    let key = |members: &str| read(members).unwrap();
    assert!(key(&ec(r#","kid":"a""#)).is_same(&key(&ec(r#","use":"sig","kid":"a""#))));
    assert!(!key(&ec(r#","kid":"a""#)).is_same(&key(&ec(r#","kid":"b""#))));
    assert!(!key(&ec("")).is_same(&key(&ed(""))));
    let pss = rsa(&modulus(2048), "AQAB") + r#","alg":"PS256""#;
    assert!(!key(&rsa(&modulus(2048), "AQAB")).is_same(&key(&pss)));
}
