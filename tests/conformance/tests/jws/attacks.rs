//! Tokens that other projects have let in.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis_jwt_auth::NoHostCheck;
use serde_json::{Value, json};
use services::{Alg, Key, Token};

use crate::gate::Gate;

fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn gate() -> Gate {
    Gate::with_keys(&json!([Key::of(Alg::Rs256).jwk(), Key::of(Alg::Es256).jwk(), Key::of(Alg::EdDsa).jwk()]))
}

fn token(alg: Alg) -> Token {
    Token::by(Key::of(alg)).claim("iat", 1_740_000_000).claim("exp", 1_800_000_000)
}

/// A token of this header with HMAC over `secret`, the way a confused verifier would accept it.
fn hmac(kid: &str, secret: &[u8]) -> String {
    let header = json!({ "alg": "HS256", "kid": kid }).to_string();
    let input = format!("{}.{}", base64(header), base64(r#"{"exp":1800000000}"#));
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret);
    format!("{input}.{}", base64(aws_lc_rs::hmac::sign(&key, input.as_bytes())))
}

/// Puts another header in front of a token's payload and signature.
fn with_header(token: &str, header: &str) -> String {
    let (_, rest) = token.split_once('.').unwrap();
    format!("{}.{rest}", base64(header))
}

/// The word for the reason, or `pass`.
fn verdict(token: &str) -> &'static str {
    gate().refuses(token, &NoHostCheck).map_or("pass", |reason| reason.word())
}

#[test]
fn forged_algorithms_get_nowhere() {
    let rsa = Key::of(Alg::Rs256).jwk();
    let modulus = URL_SAFE_NO_PAD.decode(rsa["n"].as_str().unwrap()).unwrap();
    let good = token(Alg::Rs256).mint();
    let none = |name: &str| with_header(&token(Alg::Rs256).unsigned(), &json!({ "alg": name }).to_string());
    let table = [
        ("none", none("none"), "algorithm"),
        ("None", none("None"), "algorithm"),
        ("nOnE", none("nOnE"), "algorithm"),
        ("an empty name", none(""), "algorithm"),
        ("none with a signature", with_header(&good, r#"{"alg":"none"}"#), "algorithm"),
        ("HMAC with the modulus", hmac("rs256", &modulus), "unknown_key"),
        ("HMAC with the JWK", hmac("rs256", rsa.to_string().as_bytes()), "unknown_key"),
        ("HMAC with an empty secret", hmac("rs256", b""), "unknown_key"),
        ("another RSA algorithm", with_header(&good, r#"{"alg":"PS256","kid":"rs256"}"#), "unknown_key"),
        ("a weaker hash", with_header(&good, r#"{"alg":"RS1","kid":"rs256"}"#), "algorithm"),
        ("no algorithm", with_header(&good, r#"{"kid":"rs256"}"#), "malformed"),
        ("another key's name", with_header(&good, r#"{"alg":"RS256","kid":"es256"}"#), "unknown_key"),
    ];
    for (what, token, word) in table {
        assert_eq!(verdict(&token), word, "{what}: {token}");
    }
}

#[test]
fn keys_that_a_token_brings_along_are_not_looked_at() {
    let stranger = Key::stranger();
    let own_key = |member: &str, value: Value| {
        Token::by(stranger.clone()).claim("exp", 1_800_000_000).header(member, value).mint()
    };
    for (member, value) in [
        ("jwk", stranger.jwk()),
        ("jku", json!("https://evil.example.com/jwks.json")),
        ("x5u", json!("https://evil.example.com/cert.pem")),
        ("x5c", json!(["MIIB"])),
    ] {
        assert_eq!(verdict(&own_key(member, value.clone())), "signature", "{member}");
        assert_eq!(verdict(&token(Alg::Rs256).header(member, value).mint()), "pass", "{member}");
    }
}

#[test]
fn a_kid_is_a_name_and_nothing_else() {
    let names = [
        "../../../../dev/null",
        "' OR '1'='1",
        "rs256\0",
        "RS256",
        " rs256",
        "rs256 ",
        "",
        "file:///etc/passwd",
        "\u{202e}652sr",
    ];
    for kid in names {
        assert_eq!(verdict(&token(Alg::Rs256).header("kid", kid).mint()), "unknown_key", "{kid:?}");
    }
    for kid in [json!(7), json!(null), json!(["rs256"]), json!({ "rs256": true })] {
        assert_eq!(verdict(&token(Alg::Rs256).header("kid", kid.clone()).mint()), "malformed", "{kid}");
    }
    assert_eq!(verdict(&token(Alg::Rs256).without_header("kid").mint()), "pass", "all keys are candidates");
}

#[test]
fn extensions_are_not_understood_and_say_so() {
    for (member, value) in [
        ("crit", json!(["exp"])),
        ("crit", json!(["b64"])),
        ("crit", json!([])),
        ("crit", json!(null)),
        ("b64", json!(false)),
        ("b64", json!("false")),
        ("enc", json!("A128GCM")),
    ] {
        assert_eq!(
            verdict(&token(Alg::Rs256).header(member, value.clone()).mint()),
            "extension",
            "{member} {value}"
        );
    }
    for (member, value) in
        [("b64", json!(true)), ("typ", json!("at+jwt")), ("cty", json!("JWT")), ("zip", json!("DEF"))]
    {
        assert_eq!(
            verdict(&token(Alg::Rs256).header(member, value.clone()).mint()),
            "pass",
            "{member} {value}"
        );
    }
}

#[test]
fn only_one_spelling_of_a_token_is_the_token() {
    let good = token(Alg::EdDsa).mint();
    let last = good.chars().last().unwrap();
    // 64 bytes leave four bits of the last character without a meaning: they must be zero.
    let loose = char::from_u32(u32::from(last) + 1).unwrap();
    let spellings = [
        format!("{good}="),
        format!("{good}=="),
        good.replace('.', ".="),
        good.replace('-', "+").replace('_', "/") + "+",
        format!("{}{loose}", good.strip_suffix(last).unwrap()),
        format!("{good}\n"),
        format!(" {good} "),
        good.replacen('.', "..", 1),
        format!("{good}.{good}"),
        format!("{good}.a.b"),
        good.replacen('e', "%65", 1),
    ];
    assert_eq!(verdict(&good), "pass");
    for spelling in spellings {
        assert!(
            matches!(verdict(&spelling), "malformed" | "signature"),
            "{spelling}: {}",
            verdict(&spelling)
        );
    }
}

#[test]
fn signatures_that_are_no_numbers_are_refused() {
    let good = token(Alg::Es256).mint();
    let (input, signature) = good.rsplit_once('.').unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let (r, s) = bytes.split_at(32);
    let zero = [0; 32];
    let odd: [Vec<u8>; 8] = [
        [&zero[..], &zero].concat(),
        [r, &zero].concat(),
        [&zero[..], s].concat(),
        [s, r].concat(),
        [&[0xff; 32][..], s].concat(),
        r.to_vec(),
        [&[0][..], r, &[0], s].concat(),
        vec![],
    ];
    for signature in odd {
        assert_eq!(verdict(&format!("{input}.{}", base64(&signature))), "signature", "{signature:?}");
    }
}

/// The order of the group of P-256.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// RFC 7518 asks for no smaller one of the two `s` that fit: both are the key's.
#[test]
fn the_other_s_is_as_good() {
    let good = token(Alg::Es256).mint();
    let (input, signature) = good.rsplit_once('.').unwrap();
    let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let mut borrow = 0;
    for at in (0..32).rev() {
        let difference = i32::from(ORDER[at]) - i32::from(bytes[32 + at]) - borrow;
        borrow = i32::from(difference < 0);
        bytes[32 + at] = u8::try_from(difference.rem_euclid(256)).unwrap();
    }
    assert_eq!(verdict(&format!("{input}.{}", base64(bytes))), "pass");
}

#[test]
fn members_that_come_twice_are_refused() {
    let good = token(Alg::Rs256).mint();
    let table = [
        with_header(&good, r#"{"alg":"RS256","alg":"none","kid":"rs256"}"#),
        with_header(&good, r#"{"alg":"RS256","kid":"rs256","\u0061lg":"HS256"}"#),
        with_header(&good, r#"{"alg":"RS256","kid":"rs256","jwk":{"a":1,"a":2}}"#),
    ];
    for token in table {
        assert_eq!(verdict(&token), "name_twice", "{token}");
    }
}

#[test]
fn times_are_numbers_and_in_time() {
    let table = [
        ("exp", json!("1800000000"), "time"),
        ("exp", json!(-1), "time"),
        ("exp", json!(null), "time"),
        ("exp", json!(1_800_000_000_000_u64), "time"),
        ("exp", json!(1_800_000_000.5), "pass"),
        ("exp", json!(1_750_000_000), "pass"),
        ("exp", json!(1_749_999_940), "token_expired"),
        ("exp", json!(1_749_999_940.5), "pass"),
        ("exp", json!(0), "token_expired"),
        ("nbf", json!(1_750_000_061), "not_yet_valid"),
        ("nbf", json!(1_750_000_060), "pass"),
        ("nbf", json!("0"), "time"),
        ("iat", json!(1_750_000_061), "issued_in_future"),
        ("iat", json!(true), "time"),
    ];
    for (claim, time, word) in table {
        assert_eq!(verdict(&token(Alg::Es256).claim(claim, time.clone()).mint()), word, "{claim} {time}");
    }
    assert_eq!(verdict(&token(Alg::Es256).without("exp").mint()), "no_expiration");
}

#[test]
fn encrypted_and_nested_tokens_are_refused() {
    let nested = token(Alg::Rs256).header("cty", "JWT");
    let inner = nested.mint();
    let five =
        format!("{}.{}.{}.{}.{}", base64(r#"{"alg":"dir","enc":"A128GCM"}"#), "", "AAAA", "AAAA", "AAAA");
    assert_eq!(verdict(&five), "malformed");
    let three =
        format!("{}.{}.AAAA", base64(r#"{"alg":"RSA-OAEP","enc":"A128GCM"}"#), base64(inner.as_bytes()));
    assert_eq!(verdict(&three), "extension");
}

#[test]
fn long_tokens_are_not_read() {
    let padded = |bytes: usize| token(Alg::Rs256).claim("pad", "x".repeat(bytes)).mint();
    assert_eq!(verdict(&padded(4000)), "pass");
    assert_eq!(verdict(&padded(9000)), "too_long");
    assert_eq!(verdict(&"x".repeat(1 << 20)), "too_long");
}

#[test]
fn headers_are_read_as_rfc_6750_has_them() {
    let good = token(Alg::EdDsa).mint();
    let table = [
        (vec![format!("Bearer {good}")], "pass"),
        (vec![format!("bearer {good}")], "pass"),
        (vec![format!("BEARER   {good}")], "pass"),
        (vec![format!("Bearer\t{good}")], "malformed"),
        (vec![format!("Bearer {good} x")], "malformed"),
        (vec![format!("Bearer{good}")], "token_missing"),
        (vec![good.clone()], "token_missing"),
        (vec![format!("JWT {good}")], "token_missing"),
        (vec!["Bearer".to_owned()], "token_missing"),
        (vec![], "token_missing"),
        (vec![format!("Bearer {good}"), format!("Bearer {good}")], "several_tokens"),
        (vec![format!("Bearer {good}"), "Basic eA".to_owned()], "several_tokens"),
        (vec![format!("Bearer {good},Bearer {good}")], "several_tokens"),
        (vec![format!("Basic eA, Bearer {good}")], "several_tokens"),
    ];
    for (values, word) in table {
        let headers: Vec<_> = values.iter().map(|value| ("authorization", value.as_str())).collect();
        let reason = gate().refuses_request(&headers, &NoHostCheck);
        assert_eq!(reason.map_or("pass", |reason| reason.word()), word, "{values:?}");
    }
}

#[test]
fn no_bytes_are_too_odd_for_a_verdict() {
    let rubbish = [
        "\u{0}".to_owned(),
        "...".to_owned(),
        ".".repeat(8000),
        "A".repeat(8000),
        format!("{}.{}.{}", "e30", "e30", "e30"),
        format!("{}.e30.AAAA", base64("[".repeat(4000))),
        format!("{}.e30.AAAA", base64(r#"{"alg":"RS256","kid":"#.to_owned() + &"[".repeat(3000))),
        format!("{}.{}.AAAA", base64(r#"{"alg":"RS256","kid":"rs256"}"#), base64(r#"{"a":"#.repeat(1000))),
        "\u{e9}\u{e9}.\u{e9}.\u{e9}".to_owned(),
    ];
    for token in rubbish {
        assert!(gate().refuses(&token, &NoHostCheck).is_some(), "{token}");
    }
}
