use super::{Places, SeveralTokens};
use portcullis_document::auth::TokenPlace;
use portcullis_http::{Head, HeaderMap};

fn head(pairs: &[(&str, &str)]) -> Head {
    Head::new(HeaderMap::from_pairs(pairs))
}

fn found(places: &[TokenPlace], pairs: &[(&str, &str)]) -> Result<Option<String>, SeveralTokens> {
    let head = head(pairs);
    let places = Places::new(places);
    let found = places.find(&head)?;
    if found.as_ref().is_some_and(|found| places.are_several(found)) {
        return Err(SeveralTokens);
    }
    Ok(found.map(|found| String::from_utf8(found.token.into_owned()).unwrap()))
}

fn bearer(value: &str) -> Result<Option<String>, SeveralTokens> {
    found(&[TokenPlace::bearer()], &[("authorization", value)])
}

fn one(token: &str) -> Result<Option<String>, SeveralTokens> {
    Ok(Some(token.to_owned()))
}

#[test]
fn a_bearer_token_follows_its_scheme() {
    for (value, token) in [
        ("Bearer a.b.c", one("a.b.c")),
        ("bearer a.b.c", one("a.b.c")),
        ("BEARER a.b.c", one("a.b.c")),
        ("Bearer   a.b.c", one("a.b.c")),
        ("Bearer a b", one("a b")),
        ("Bearer a ", one("a ")),
        ("Bearer\ta.b.c", one("\ta.b.c")),
        ("Bearer \ta.b.c", one("\ta.b.c")),
        ("Bearer", Ok(None)),
        ("Bearer ", Ok(None)),
        ("", Ok(None)),
        ("Bearera.b.c", Ok(None)),
        ("Basic dTpw", Ok(None)),
        ("a.b.c", Ok(None)),
        ("Digest username=\"u\", realm=\"r\"", Ok(None)),
        ("Bearer a,Bearer b", Err(SeveralTokens)),
        ("Bearer a, bearer b", Err(SeveralTokens)),
        ("Bearer a,b", Err(SeveralTokens)),
        ("Basic dTpw,Bearer a", Err(SeveralTokens)),
        ("Bearer a,Basic dTpw", Err(SeveralTokens)),
    ] {
        assert_eq!(bearer(value), token, "{value:?}");
    }
}

#[test]
fn a_header_may_not_come_twice() {
    let lines = [("authorization", "Bearer a"), ("authorization", "Basic b")];
    assert_eq!(found(&[TokenPlace::bearer()], &lines), Err(SeveralTokens));
    assert_eq!(found(&[TokenPlace::bearer()], &[("x-authorization", "Bearer a")]), Ok(None));
}

#[test]
fn a_header_without_a_scheme_is_the_token() {
    let place = [TokenPlace::Header { name: "x-token".to_owned(), scheme: None }];
    assert_eq!(found(&place, &[("x-token", "a.b.c")]), one("a.b.c"));
    assert_eq!(found(&place, &[("x-token", "")]), Ok(None));
    assert_eq!(found(&place, &[("x-token", "a,b")]), Err(SeveralTokens));
    assert_eq!(found(&place, &[("authorization", "Bearer a")]), Ok(None));
}

#[test]
fn a_cookie_is_found_among_others_and_taken_off() {
    let place = [TokenPlace::Cookie("t".to_owned())];
    let table: [(&[&str], _, &[&str]); 9] = [
        (&["a=1; t=x; b=2"], one("x"), &["a=1; b=2"]),
        (&["t=x"], one("x"), &[]),
        (&["a=1", "t=x", "b=2"], one("x"), &["a=1; b=2"]),
        (&["t=\"x\";a=1"], one("x"), &["a=1"]),
        (&["tt=1; T=2"], Ok(None), &["tt=1; T=2"]),
        (&["t="], Ok(None), &[]),
        (&["t"], Ok(None), &["t"]),
        (&["t=x; t=y"], Err(SeveralTokens), &[]),
        (&["t=x", "t=x"], Err(SeveralTokens), &[]),
    ];
    for (lines, token, left) in table {
        let pairs: Vec<_> = lines.iter().map(|line| ("cookie", *line)).collect();
        assert_eq!(found(&place, &pairs), token, "{lines:?}");
        let mut head = head(&pairs);
        Places::new(&place).remove(0, &mut head);
        let cookies: Vec<_> = head.all("cookie").map(|line| std::str::from_utf8(line).unwrap()).collect();
        assert_eq!(cookies, left, "{lines:?}");
    }
}

#[test]
fn a_query_parameter_is_found_under_every_spelling_and_taken_off() {
    let place = [TokenPlace::Query("access_token".to_owned())];
    let table = [
        ("/a?access_token=x.y.z", one("x.y.z"), "/a"),
        ("/a?b=1&access_token=x&c=%20", one("x"), "/a?b=1&c=%20"),
        ("/a?access%5Ftoken=x%2Ey", one("x.y"), "/a"),
        ("/a?%61ccess_token=x", one("x"), "/a"),
        ("/a?b=access_token=x", Ok(None), "/a?b=access_token=x"),
        ("/a?access_token", Ok(None), "/a"),
        ("/a?Access_Token=x", Ok(None), "/a?Access_Token=x"),
        ("/a/access_token=x", Ok(None), "/a/access_token=x"),
        ("/a?access_token=x&access_token=x", Err(SeveralTokens), "/a"),
        ("/a?access_token=x&access%5ftoken=y&b", Err(SeveralTokens), "/a?b"),
        ("/a?&&", Ok(None), "/a?&&"),
        ("/a?b=?access_token=x", Ok(None), "/a?b=?access_token=x"),
    ];
    for (target, token, left) in table {
        assert_eq!(found(&place, &[(":path", target)]), token, "{target}");
        let mut head = head(&[(":path", target)]);
        Places::new(&place).remove(0, &mut head);
        assert_eq!(std::str::from_utf8(head.path()).unwrap(), left, "{target}");
    }
    assert_eq!(found(&place, &[]), Ok(None));
}

#[test]
fn tokens_in_two_places_are_several() {
    let places = [TokenPlace::bearer(), TokenPlace::Cookie("t".to_owned())];
    let both = [("authorization", "Bearer a"), ("cookie", "t=a")];
    assert_eq!(found(&places, &both), Err(SeveralTokens));
    assert_eq!(found(&places, &[("authorization", "Basic a"), ("cookie", "t=b")]), one("b"));
}
