//! What a rule of `require` asks of a token's claims.

use std::rc::Rc;

use portcullis_document::auth::{ClaimRequirement, ClaimValue, Requirement};
use serde_json::value::RawValue;

use crate::claim;
use crate::object::{self, Object};

/// A rule, compiled.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    claims: Vec<ClaimRequirement>,
    scopes: Vec<String>,
    /// The scopes as a challenge names them (RFC 6750, section 3).
    scope: Option<Rc<str>>,
}

/// Where issuers put the scopes they granted: a text with spaces (RFC 8693, section 4.2), or a list as some have it.
const SCOPE_CLAIMS: [&str; 2] = ["scope", "scp"];

impl Rule {
    pub(crate) fn new(requirement: &Requirement) -> Self {
        let scope = requirement.scopes.join(" ");
        Self {
            claims: requirement.claims.clone(),
            scopes: requirement.scopes.clone(),
            scope: (!scope.is_empty()).then(|| scope.into()),
        }
    }

    /// The scopes that would be enough, for the challenge.
    pub(crate) fn scope(&self) -> Option<Rc<str>> {
        self.scope.clone()
    }

    /// Whether the claims have all that is asked for.
    pub(crate) fn is_met(&self, claims: &Object<'_>) -> bool {
        let holds = |wanted: &ClaimRequirement| {
            let value = claim::find(claims, &wanted.claim);
            value.is_some_and(|value| wanted.any_of.iter().any(|wanted| has(value, wanted)))
        };
        self.claims.iter().all(holds) && self.scopes.iter().all(|scope| is_granted(claims, scope))
    }
}

/// Equal, or an item of an array, or a word of a text.
fn has(value: &RawValue, wanted: &ClaimValue) -> bool {
    match object::items_of(value) {
        Some(items) => items.into_iter().any(|item| is_equal(item, wanted)),
        None => is_equal(value, wanted) || has_word(value, wanted),
    }
}

fn is_equal(value: &RawValue, wanted: &ClaimValue) -> bool {
    match wanted {
        ClaimValue::Text(wanted) => object::text_of(value).is_some_and(|text| text == *wanted),
        ClaimValue::Literal(wanted) => value.get() == wanted,
    }
}

fn has_word(value: &RawValue, wanted: &ClaimValue) -> bool {
    let ClaimValue::Text(wanted) = wanted else {
        return false;
    };
    object::text_of(value).is_some_and(|text| text.split(' ').any(|word| !word.is_empty() && word == wanted))
}

fn is_granted(claims: &Object<'_>, scope: &str) -> bool {
    let wanted = ClaimValue::Text(scope.to_owned());
    let mut granted = SCOPE_CLAIMS.iter().filter_map(|name| claims.get(name));
    granted.any(|value| has(value, &wanted))
}

#[cfg(test)]
mod tests {
    use super::Rule;
    use crate::object::Object;
    use portcullis_document::auth::{ClaimPath, ClaimRequirement, ClaimValue, PathEntry, Requirement};
    use portcullis_document::{Methods, PathPattern};

    fn rule(claims: &[(&str, &[ClaimValue])], scopes: &[&str]) -> Rule {
        let claim = |(name, any_of): &(&str, &[ClaimValue])| ClaimRequirement {
            claim: ClaimPath::dotted(name).unwrap(),
            any_of: any_of.to_vec(),
        };
        Rule::new(&Requirement {
            entry: PathEntry {
                at: String::new(),
                path: PathPattern::parse("/").unwrap(),
                methods: Methods::any(),
            },
            claims: claims.iter().map(claim).collect(),
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        })
    }

    fn text(value: &str) -> ClaimValue {
        ClaimValue::Text(value.to_owned())
    }

    #[test]
    fn a_claim_is_equal_or_one_of_or_contained() {
        let admin = rule(&[("role", &[text("admin"), text("root")])], &[]);
        for (claims, is_met) in [
            (r#"{"role":"admin"}"#, true),
            (r#"{"role":"root"}"#, true),
            (r#"{"role":["user","admin"]}"#, true),
            (r#"{"role":"user admin"}"#, true),
            (r#"{"role":"administrator"}"#, false),
            (r#"{"role":["user admin"]}"#, false),
            (r#"{"role":"Admin"}"#, false),
            (r#"{"role":{"admin":true}}"#, false),
            (r#"{"role":null}"#, false),
            (r#"{"role":[]}"#, false),
            ("{}", false),
        ] {
            assert_eq!(admin.is_met(&Object::parse(claims).unwrap()), is_met, "{claims}");
        }
    }

    #[test]
    fn numbers_and_flags_are_equal_as_they_are_spelled() {
        let literal = |json: &str| ClaimValue::Literal(json.to_owned());
        let rule = rule(&[("level", &[literal("2"), literal("true")])], &[]);
        for (claims, is_met) in [
            (r#"{"level":2}"#, true),
            (r#"{"level":true}"#, true),
            (r#"{"level":[1,2]}"#, true),
            (r#"{"level":2.0}"#, false),
            (r#"{"level":"2"}"#, false),
            (r#"{"level":"true"}"#, false),
        ] {
            assert_eq!(rule.is_met(&Object::parse(claims).unwrap()), is_met, "{claims}");
        }
    }

    #[test]
    fn every_scope_must_be_granted() {
        let rule = rule(&[], &["read", "write"]);
        assert_eq!(rule.scope().as_deref(), Some("read write"));
        for (claims, is_met) in [
            (r#"{"scope":"write other read"}"#, true),
            (r#"{"scp":["read","write"]}"#, true),
            (r#"{"scope":"read","scp":"write"}"#, true),
            (r#"{"scope":"read"}"#, false),
            (r#"{"scope":"read writer"}"#, false),
            (r#"{"scopes":"read write"}"#, false),
            ("{}", false),
        ] {
            assert_eq!(rule.is_met(&Object::parse(claims).unwrap()), is_met, "{claims}");
        }
    }
}
