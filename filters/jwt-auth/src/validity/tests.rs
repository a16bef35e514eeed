use std::time::Duration;

use super::{Invalid, Validity};
use crate::object::Object;

const NOW: Duration = Duration::from_secs(1_700_000_000);

fn validity() -> Validity {
    Validity {
        leeway: Duration::from_secs(60),
        max_lifetime: None,
        require_expiration: true,
        audiences: None,
    }
}

fn check(validity: &Validity, claims: &str) -> Result<Option<Duration>, Invalid> {
    validity.check(&Object::parse(claims).unwrap(), NOW)
}

#[test]
fn a_token_ends_with_its_leeway() {
    let until = |seconds| Ok(Some(Duration::from_secs_f64(seconds)));
    for (exp, verdict) in [
        ("1700000001", until(1_700_000_061.0)),
        ("1699999941", until(1_700_000_001.0)),
        ("1699999940.5", until(1_700_000_000.5)),
        ("1699999940", Err(Invalid::Expired)),
        ("1.69999994e9", Err(Invalid::Expired)),
        ("0", Err(Invalid::Expired)),
        ("253402300799", until(253_402_300_859.0)),
    ] {
        assert_eq!(check(&validity(), &format!(r#"{{"exp":{exp}}}"#)), verdict, "{exp}");
    }
}

#[test]
fn times_are_numbers_up_to_the_year_9999() {
    for claim in ["exp", "nbf", "iat"] {
        for time in [
            "\"1800000000\"",
            "-1",
            "-0",
            "-1e-9",
            "1e999",
            "253402300800",
            "1e300",
            "null",
            "true",
            "[1]",
            "{}",
            "1700000000000",
        ] {
            let claims = if claim == "exp" {
                format!(r#"{{"exp":{time}}}"#)
            } else {
                format!(r#"{{"exp":1800000000,"{claim}":{time}}}"#)
            };
            assert_eq!(check(&validity(), &claims), Err(Invalid::MalformedTime { claim }), "{claims}");
        }
    }
}

#[test]
fn an_end_may_be_left_out_where_none_is_required() {
    assert_eq!(check(&validity(), "{}"), Err(Invalid::NoExpiration));
    let lax = Validity { require_expiration: false, ..validity() };
    assert_eq!(check(&lax, "{}"), Ok(None));
    assert_eq!(check(&lax, r#"{"exp":1}"#), Err(Invalid::Expired));
    let bounded = Validity { max_lifetime: Some(Duration::from_secs(1)), ..lax };
    assert_eq!(check(&bounded, "{}"), Err(Invalid::LivesTooLong));
}

#[test]
fn a_token_from_the_future_is_refused_beyond_the_leeway() {
    for (times, verdict) in [
        (r#""nbf":1700000060"#, Ok(())),
        (r#""nbf":1700000060.001"#, Err(Invalid::NotYetValid)),
        (r#""iat":1700000060"#, Ok(())),
        (r#""iat":1700000061"#, Err(Invalid::IssuedInFuture)),
    ] {
        let claims = format!(r#"{{"exp":1800000000,{times}}}"#);
        assert_eq!(check(&validity(), &claims).map(|_| ()), verdict, "{times}");
    }
}

#[test]
fn a_life_is_bounded_from_its_issue_or_from_now() {
    let hour = Validity { max_lifetime: Some(Duration::from_secs(3600)), ..validity() };
    for (claims, verdict) in [
        (r#"{"iat":1699999000,"exp":1700002600}"#, Ok(())),
        (r#"{"iat":1699999000,"exp":1700002601}"#, Err(Invalid::LivesTooLong)),
        (r#"{"exp":1700003600}"#, Ok(())),
        (r#"{"exp":1700003601}"#, Err(Invalid::LivesTooLong)),
    ] {
        assert_eq!(check(&hour, claims).map(|_| ()), verdict, "{claims}");
    }
}

#[test]
fn a_token_is_meant_for_one_of_the_audiences() {
    let audiences = ["api".to_owned(), "app".to_owned()];
    let ours = Validity { audiences: Some(audiences.to_vec()), ..validity() };
    for (aud, is_ours) in [
        (r#","aud":"api""#, true),
        (r#","aud":["x","app"]"#, true),
        (r#","aud":["x",1,"app"]"#, true),
        (r#","aud":"API""#, false),
        (r#","aud":"api app""#, false),
        (r#","aud":"api/""#, false),
        (r#","aud":[]"#, false),
        (r#","aud":[["api"]]"#, false),
        (r#","aud":{"api":1}"#, false),
        (r#","aud":null"#, false),
        ("", false),
    ] {
        let verdict = check(&ours, &format!(r#"{{"exp":1800000000{aud}}}"#));
        let expected = if is_ours { Ok(()) } else { Err(Invalid::WrongAudience) };
        assert_eq!(verdict.map(|_| ()), expected, "{aud}");
        assert!(check(&validity(), &format!(r#"{{"exp":1800000000{aud}}}"#)).is_ok(), "{aud}");
    }
}
