//! Items 4, 5, 8 and 11: the token, its form, its times, and where it goes.

use super::fixture::{Gate, NOW, SECRET, base64, sign, token};
use crate::{Invalid, ObjectFault, Part, Reason, TokenFault};

fn malformed(fault: TokenFault) -> Option<Reason> {
    Some(Reason::Malformed(fault))
}

#[test]
fn none_and_several_are_told_apart() {
    let mut gate = Gate::with("");
    let good = format!("Bearer {}", token("{}"));
    let line = ("authorization", &*good);
    assert_eq!(gate.decide("GET", "/", &[]).reason(), Some(Reason::TokenMissing));
    assert_eq!(
        gate.decide("GET", "/", &[("authorization", "Basic dTpw")]).reason(),
        Some(Reason::TokenMissing)
    );
    assert_eq!(gate.decide("GET", "/", &[line, line]).reason(), Some(Reason::SeveralTokens));
    let joined = format!("{good},{good}");
    assert_eq!(gate.decide("GET", "/", &[("authorization", &joined)]).reason(), Some(Reason::SeveralTokens));
    assert_eq!(
        gate.decide("GET", "/?access_token=x", &[]).reason(),
        Some(Reason::TokenMissing),
        "no place is guessed"
    );
}

#[test]
fn a_token_that_was_used_is_taken_off_its_place() {
    let token = token("{}");
    let mut bearer = Gate::with("");
    assert_eq!(bearer.show(&token).header("authorization"), None);
    let mut kept = Gate::with(r#","forward_token":true"#);
    assert!(kept.show(&token).header("authorization").is_some());
    let mut other = Gate::with(r#","from":[{"query":"t"},{"cookie":"t"}]"#);
    let by_query = other.decide("GET", &format!("/a?b=1&t={token}"), &[("authorization", "Basic dTpw")]);
    assert_eq!(
        (by_query.header(":path"), by_query.header("authorization")),
        (Some("/a?b=1"), Some("Basic dTpw"))
    );
    let by_cookie = other.decide("GET", "/a", &[("cookie", &format!("a=1; t={token}"))]);
    assert_eq!(by_cookie.header("cookie"), Some("a=1"));
}

#[test]
fn only_the_strict_form_is_a_token() {
    let mut gate = Gate::with("");
    let good = token("{}");
    let (input, signature) = good.rsplit_once('.').unwrap();
    let table = [
        ("rubbish".to_owned(), TokenFault::NotThreeParts),
        ("..".to_owned(), TokenFault::NotAnObject(Part::Header)),
        (format!("{good}.{signature}.{signature}"), TokenFault::NotThreeParts),
        (format!("{good}="), TokenFault::NotBase64url(Part::Signature)),
        (format!("{good}AA"), TokenFault::NotBase64url(Part::Signature)),
        (format!(" \t{good}"), TokenFault::NotBase64url(Part::Header)),
        (format!("{good} "), TokenFault::NotBase64url(Part::Signature)),
        (format!("{input}+.{signature}"), TokenFault::NotBase64url(Part::Payload)),
        (format!("{}.e30.AA", base64("[]")), TokenFault::NotAnObject(Part::Header)),
        (format!("{}.e30.AA", base64(b"{\"a\":\"\xff\"}")), TokenFault::NotAnObject(Part::Header)),
        ("x".repeat(9000), TokenFault::TooLong { bytes: 9000 }),
    ];
    for (text, fault) in table {
        let decided = gate.decide("GET", "/", &[("authorization", &format!("Bearer {text}"))]);
        assert_eq!(decided.reason(), malformed(fault), "{text}");
    }
}

#[test]
fn the_header_asks_for_nothing_special() {
    let mut gate = Gate::with("");
    let table = [
        (r#"{"alg":"none"}"#, TokenFault::UnknownAlgorithm),
        (r#"{"alg":"None","kid":"k"}"#, TokenFault::UnknownAlgorithm),
        (r#"{"alg":"hs256","kid":"k"}"#, TokenFault::UnknownAlgorithm),
        (r#"{"alg":"dir","enc":"A128GCM"}"#, TokenFault::Encrypted),
        (r#"{"alg":"HS256","kid":"k","crit":["exp"],"exp":1}"#, TokenFault::CriticalExtension),
        (r#"{"alg":"HS256","kid":"k","crit":[]}"#, TokenFault::CriticalExtension),
        (r#"{"alg":"HS256","kid":"k","b64":false}"#, TokenFault::PayloadNotEncoded),
        (r#"{"alg":"HS256","kid":"k","b64":0}"#, TokenFault::PayloadNotEncoded),
        (r#"{"kid":"k"}"#, TokenFault::NoAlgorithm),
        (r#"{"alg":["HS256"],"kid":"k"}"#, TokenFault::NoAlgorithm),
        (r#"{"alg":"HS256","kid":7}"#, TokenFault::KidNotText),
        (r#"{"alg":"HS256","kid":"k","alg":"HS256"}"#, TokenFault::NameTwice(Part::Header)),
        (r#"{"alg":"HS256","kid":"k","x":{"a":1,"a":1}}"#, TokenFault::NameTwice(Part::Header)),
        (r#"{"alg":"HS256","kid":"k"} x"#, TokenFault::NotAnObject(Part::Header)),
    ];
    for (header, fault) in table {
        let decided = gate.show(&sign(header, r#"{"exp":1800000000}"#, SECRET));
        assert_eq!(decided.reason(), malformed(fault), "{header}");
    }
    let odd = r#" {"alg":"HS256","kid":"k","typ":"at+jwt","cty":"x","b64":true,"jwk":{"kty":"oct"},"jku":"http://e","x5u":"http://e","x5c":["e"]}"#;
    assert!(
        gate.show(&sign(odd, r#"{"exp":1800000000}"#, SECRET)).is_verified(),
        "what is not used does no harm"
    );
}

#[test]
fn the_payload_is_an_object_without_twins() {
    let mut gate = Gate::with("");
    let header = r#"{"alg":"HS256","kid":"k"}"#;
    for (payload, fault) in [
        ("[]", TokenFault::NotAnObject(Part::Payload)),
        ("", TokenFault::NotAnObject(Part::Payload)),
        (r#"{"exp":1,"exp":1800000000}"#, TokenFault::NameTwice(Part::Payload)),
        (r#"{"exp":1800000000,"sub":"a","s\u0075b":"b"}"#, TokenFault::NameTwice(Part::Payload)),
        (r#"{"exp":1800000000,"a":{"b":1,"b":2}}"#, TokenFault::NameTwice(Part::Payload)),
    ] {
        assert_eq!(gate.show(&sign(header, payload, SECRET)).reason(), malformed(fault), "{payload}");
    }
    assert_eq!(
        TokenFault::NameTwice(Part::Header),
        TokenFault::from_object(Part::Header, ObjectFault::NameTwice)
    );
}

#[test]
fn times_and_audience_are_checked_after_the_signature() {
    let mut gate = Gate::with(r#","audiences":["api"]"#);
    let header = r#"{"alg":"HS256","kid":"k"}"#;
    let over = r#"{"exp":1,"aud":"api"}"#;
    assert_eq!(gate.show(&sign(header, over, SECRET)).reason(), Some(Reason::Invalid(Invalid::Expired)));
    assert_eq!(
        gate.show(&sign(header, over, b"another secret of thirty-two bytes")).reason(),
        Some(Reason::WrongSignature)
    );
    assert_eq!(gate.refuses(r#"{"aud":"other"}"#), Some(Reason::Invalid(Invalid::WrongAudience)));
    assert_eq!(gate.refuses(r#"{"aud":["other","api"]}"#), None);
    assert_eq!(NOW.as_secs(), 1_700_000_000);
}
