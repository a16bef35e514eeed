//! Items 6 and 7: which provider, which key, and whether it signed.

use super::fixture::{Gate, SECRET, base64, compile, jwks, sign, token};
use crate::{AlgorithmSet, KeySet, Missing, Origin, Reason};

const OTHER: &[u8] = b"another secret of thirty-two bytes";
const CLAIMS: &str = r#"{"exp":1800000000}"#;

fn two_keys(first: &str, second: &str) -> Gate {
    let jwk = |kid: &str, secret: &[u8]| format!(r#"{{"kty":"oct","k":"{}"{kid}}}"#, base64(secret));
    Gate::of(&format!(r#""jwks":{{"keys":[{},{}]}}"#, jwk(first, SECRET), jwk(second, OTHER)))
}

#[test]
fn a_name_never_falls_back_to_another() {
    let (a, b, none) = (r#","kid":"a""#, r#","kid":"b""#, "");
    let good = |gate: &mut Gate, kid: &str, secret: &[u8]| {
        let token = sign(&format!(r#"{{"alg":"HS256"{kid}}}"#), CLAIMS, secret);
        gate.show(&token).reason()
    };
    let unknown = Some(Reason::UnknownKey);
    let wrong = Some(Reason::WrongSignature);
    let mut named = two_keys(a, b);
    assert_eq!(good(&mut named, a, SECRET), None);
    assert_eq!(good(&mut named, a, OTHER), wrong);
    assert_eq!(good(&mut named, r#","kid":"c""#, SECRET), unknown);
    for secret in [SECRET, OTHER] {
        assert_eq!(good(&mut named, none, secret), None, "without a name all are candidates");
    }
    let mut twins = two_keys(a, a);
    for secret in [SECRET, OTHER] {
        assert_eq!(good(&mut twins, a, secret), None, "all of a name are candidates");
    }
    let mut nameless = two_keys(a, none);
    assert_eq!(good(&mut nameless, a, OTHER), None, "a key without a name is a candidate for any token");
    assert_eq!(good(&mut nameless, r#","kid":"c""#, OTHER), None);
    assert_eq!(good(&mut nameless, r#","kid":"c""#, SECRET), wrong);
    for kid in ["../../etc/passwd", "' OR 1=1 --", "a\\u0000", ""] {
        assert_eq!(good(&mut named, &format!(r#","kid":"{kid}""#), SECRET), unknown, "{kid}");
    }
}

#[test]
fn the_algorithm_is_the_keys() {
    let bound = format!(r#""jwks":{{"keys":[{{"kty":"oct","alg":"HS256","k":"{}"}}]}}"#, base64([7; 64]));
    let mut gate = Gate::of(&bound);
    assert!(gate.show(&sign(r#"{"alg":"HS256"}"#, CLAIMS, &[7; 64])).is_verified());
    for alg in ["HS384", "HS512", "RS256", "ES256", "EdDSA", "PS256"] {
        let token = sign(&format!(r#"{{"alg":"{alg}"}}"#), CLAIMS, &[7; 64]);
        assert_eq!(gate.show(&token).reason(), Some(Reason::UnknownKey), "{alg}");
    }
    let mut narrowed = Gate::of(&format!(
        r#""algorithms":["HS512","HS384"],"jwks":{{"keys":[{{"kty":"oct","k":"{}"}}]}}"#,
        base64([7; 64])
    ));
    assert_eq!(
        narrowed.show(&sign(r#"{"alg":"HS256"}"#, CLAIMS, &[7; 64])).reason(),
        Some(Reason::UnknownKey)
    );
}

#[test]
fn a_public_key_is_no_secret() {
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let jwk = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#);
    let mut gate = Gate::of(&format!(r#""jwks":{{"keys":[{jwk}]}}"#));
    for secret in [x.as_bytes(), jwk.as_bytes()] {
        let forged = sign(r#"{"alg":"HS256"}"#, CLAIMS, secret);
        assert_eq!(gate.show(&forged).reason(), Some(Reason::UnknownKey));
    }
}

#[test]
fn ed25519_goes_by_two_names() {
    let pair = ed25519_compact::KeyPair::from_seed(ed25519_compact::Seed::new([7; 32]));
    let jwk = |alg: &str| format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{}"{alg}}}"#, base64(*pair.pk));
    for alg in ["", r#","alg":"EdDSA""#, r#","alg":"Ed25519""#] {
        let mut gate = Gate::of(&format!(r#""jwks":{{"keys":[{}]}}"#, jwk(alg)));
        for name in ["EdDSA", "Ed25519"] {
            let input = format!("{}.{}", base64(format!(r#"{{"alg":"{name}"}}"#)), base64(CLAIMS));
            let token = format!("{input}.{}", base64(*pair.sk.sign(&input, None)));
            assert!(gate.show(&token).is_verified(), "{name}, key {alg}");
        }
    }
}

#[test]
fn the_provider_is_the_issuers() {
    let provider =
        |issuer: &str, secret: &[u8]| format!(r#"{{"issuer":"{issuer}","jwks":{}}}"#, jwks("k", secret));
    let mut gate = Gate::of(&format!(r#""providers":[{},{}]"#, provider("a", SECRET), provider("b", OTHER)));
    let header = r#"{"alg":"HS256","kid":"k"}"#;
    let claims = |iss: &str| format!(r#"{{"exp":1800000000,"iss":{iss}}}"#);
    for (iss, secret, reason) in [
        (r#""a""#, SECRET, None),
        (r#""b""#, OTHER, None),
        (r#""b""#, SECRET, Some(Reason::WrongSignature)),
        (r#""c""#, SECRET, Some(Reason::UnknownIssuer)),
        (r#""A""#, SECRET, Some(Reason::UnknownIssuer)),
        (r#""a/""#, SECRET, Some(Reason::UnknownIssuer)),
        ("7", SECRET, Some(Reason::UnknownIssuer)),
        (r#"["a"]"#, SECRET, Some(Reason::UnknownIssuer)),
        ("null", SECRET, Some(Reason::UnknownIssuer)),
    ] {
        assert_eq!(gate.show(&sign(header, &claims(iss), secret)).reason(), reason, "{iss}");
    }
    assert_eq!(gate.show(&sign(header, CLAIMS, SECRET)).reason(), Some(Reason::UnknownIssuer));
    assert_eq!(Gate::with("").refuses(r#"{"iss":"any"}"#), None, "a provider alone takes any issuer");
}

#[test]
fn remote_keys_are_asked_for() {
    let mut gate = Gate::of(r#""jwks_uri":"https://a/keys""#);
    let token = token("{}");
    assert_eq!(gate.show(&token).missing(), Some(Missing::Everything));
    let x = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"e","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    let read = KeySet::read(x.as_bytes(), Origin::Fetched, AlgorithmSet::all()).unwrap();
    gate.trust.renew(0, read.keys);
    assert_eq!(gate.show(&token).missing(), Some(Missing::NamedKey));
    let known = sign(r#"{"alg":"EdDSA","kid":"e"}"#, CLAIMS, SECRET);
    assert_eq!(gate.show(&known).reason(), Some(Reason::WrongSignature), "the name is known");
    let nameless = sign(r#"{"alg":"EdDSA"}"#, CLAIMS, SECRET);
    assert_eq!(gate.show(&nameless).reason(), Some(Reason::WrongSignature));
    gate.trust.withdraw(0);
    assert_eq!(gate.show(&token).missing(), Some(Missing::Everything));
}

#[test]
fn wrong_keys_in_the_document_are_mistakes() {
    let table = [
        (
            r#"{"kty":"oct","k":"AA"}"#,
            "jwks.keys[0]: the secret is shorter than the hash of its algorithm\njwks: no usable key\n",
        ),
        (
            r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#,
            "jwks.keys[0]: the key's \"x\" is malformed\njwks: no usable key\n",
        ),
        (
            r#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#,
            "jwks.keys[0]: an RSA key of 17 bits is too short, 2048 is the least\njwks: no usable key\n",
        ),
        (r#"{"kty":"EC","crv":"secp256k1"}"#, "jwks: no usable key\n"),
    ];
    for (jwk, told) in table {
        let (_, _, mistakes) = compile(&format!(r#""jwks":{{"keys":[{jwk}]}}"#));
        assert_eq!(mistakes.to_string(), told, "{jwk}");
    }
    let other = format!(r#"{{"kty":"EC","crv":"secp256k1"}},{{"kty":"oct","k":"{}"}}"#, base64(SECRET));
    let (_, _, mistakes) = compile(&format!(r#""jwks":{{"keys":[{other}]}}"#));
    assert_eq!((mistakes.to_string().as_str(), mistakes.warnings().len()), ("", 1));
    let (_, _, mistakes) = compile(&format!(r#""algorithms":["RS255"],"jwks":{}"#, jwks("k", SECRET)));
    assert_eq!(
        mistakes.found()[0].to_string(),
        "algorithms[0]: expected an algorithm such as \"RS256\", got \"RS255\""
    );
}
