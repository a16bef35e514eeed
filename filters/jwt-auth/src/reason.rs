//! Why a request is refused, and the one way from there to what the client is told (RFC 6750, section 3).

use std::rc::Rc;

use portcullis_http::Refusal;

use crate::claim::Unprintable;
use crate::token::TokenFault;
use crate::validity::Invalid;

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It has no token.
    TokenMissing,
    /// It has more than one.
    SeveralTokens,
    /// It has something that is no token.
    Malformed(TokenFault),
    /// No provider has the token's issuer.
    UnknownIssuer,
    /// No key of its provider can have made the token.
    UnknownKey,
    /// None of the keys that can have made it did.
    WrongSignature,
    /// The token is not good here or now.
    Invalid(Invalid),
    /// A claim cannot be written into its header.
    UnprintableClaim,
    /// The token lacks what the path requires.
    Insufficient {
        /// The scopes that would do, where scopes are required.
        scope: Option<Rc<str>>,
    },
    /// No key has been fetched yet.
    KeysUnavailable {
        /// Whole seconds after which another try may do better.
        retry_after: u64,
    },
}

/// How a challenge names the error, and with what description.
enum Challenge {
    /// No token came: nothing is told (RFC 6750, section 3.1).
    Bare,
    /// Something was wrong with what came.
    Error(&'static str),
    /// The client is known, and may not.
    Scope(Option<Rc<str>>),
    /// Nothing is asked of the client.
    None,
}

/// What a reason amounts to.
struct Verdict {
    error: Error,
    message: &'static str,
    challenge: Challenge,
    /// The reason in a word, for metrics and traces.
    word: &'static str,
}

/// What a machine is told: a word for clients, the same for access logs, and a status.
struct Error {
    status: u16,
    name: &'static str,
    detail: &'static str,
}

const TOKEN_MISSING: Error =
    Error { status: 401, name: "token_missing", detail: "portcullis.jwt.token_missing" };
const TOKEN_INVALID: Error =
    Error { status: 401, name: "token_invalid", detail: "portcullis.jwt.token_invalid" };
const TOKEN_EXPIRED: Error =
    Error { status: 401, name: "token_expired", detail: "portcullis.jwt.token_expired" };
const INVALID_REQUEST: Error =
    Error { status: 400, name: "invalid_request", detail: "portcullis.jwt.invalid_request" };
const INSUFFICIENT_SCOPE: Error =
    Error { status: 403, name: "insufficient_scope", detail: "portcullis.jwt.insufficient_scope" };
const KEYS_UNAVAILABLE: Error =
    Error { status: 503, name: "keys_unavailable", detail: "portcullis.jwt.keys_unavailable" };

impl Reason {
    /// The reason in a word, such as `audience`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        self.verdict().word
    }

    /// What the client is told. The message names the kind of fault, never a key or a value.
    #[must_use]
    pub fn refusal(&self, realm: &str) -> Refusal {
        let Verdict { error, message, challenge, .. } = self.verdict();
        let refusal = Refusal::new(error.status, error.name, message, error.detail);
        let refusal = match self {
            Self::KeysUnavailable { retry_after } => {
                refusal.with_header("retry-after", retry_after.to_string())
            }
            _ => refusal,
        };
        match challenge.write(realm, message) {
            Some(challenge) => refusal.with_header("www-authenticate", challenge),
            None => refusal,
        }
    }

    fn verdict(&self) -> Verdict {
        match self {
            Self::TokenMissing => Verdict {
                error: TOKEN_MISSING,
                message: "A bearer token is required.",
                challenge: Challenge::Bare,
                word: "token_missing",
            },
            Self::SeveralTokens => Verdict {
                error: INVALID_REQUEST,
                message: "The request has more than one token.",
                challenge: Challenge::Error("invalid_request"),
                word: "several_tokens",
            },
            Self::Malformed(fault) => malformed(*fault),
            Self::UnknownIssuer => invalid("issuer", "The token's issuer is not accepted."),
            Self::UnknownKey => invalid("unknown_key", WRONG_SIGNATURE),
            Self::WrongSignature => invalid("signature", WRONG_SIGNATURE),
            Self::Invalid(fault) => not_valid(*fault),
            Self::UnprintableClaim => invalid("claim", "A claim of the token cannot be put into a header."),
            Self::Insufficient { scope } => Verdict {
                error: INSUFFICIENT_SCOPE,
                message: "The token does not grant this request.",
                challenge: Challenge::Scope(scope.clone()),
                word: "insufficient_scope",
            },
            Self::KeysUnavailable { .. } => Verdict {
                error: KEYS_UNAVAILABLE,
                message: "The keys that verify tokens are not available.",
                challenge: Challenge::None,
                word: "keys_unavailable",
            },
        }
    }
}

/// One sentence for both: which keys there are is nothing to be asked by trying.
const WRONG_SIGNATURE: &str = "The token's signature is not valid.";

impl Challenge {
    /// The value of `WWW-Authenticate`. Realm, description and scopes hold nothing that a quoted string must escape.
    fn write(self, realm: &str, description: &str) -> Option<String> {
        let with_error = |error: &str| {
            format!("Bearer realm=\"{realm}\", error=\"{error}\", error_description=\"{description}\"")
        };
        match self {
            Self::None => None,
            Self::Bare => Some(format!("Bearer realm=\"{realm}\"")),
            Self::Error(error) => Some(with_error(error)),
            Self::Scope(None) => Some(with_error("insufficient_scope")),
            Self::Scope(Some(scope)) => {
                Some(with_error("insufficient_scope") + &format!(", scope=\"{scope}\""))
            }
        }
    }
}

fn invalid(word: &'static str, message: &'static str) -> Verdict {
    Verdict { error: TOKEN_INVALID, message, challenge: Challenge::Error("invalid_token"), word }
}

fn malformed(fault: TokenFault) -> Verdict {
    match fault {
        TokenFault::TooLong { .. } => invalid("too_long", "The token is too long."),
        TokenFault::NotThreeParts
        | TokenFault::NotBase64url(_)
        | TokenFault::NotAnObject(_)
        | TokenFault::KidNotText
        | TokenFault::NoAlgorithm => invalid("malformed", "The token is malformed."),
        TokenFault::NameTwice(_) => invalid("name_twice", "The token has two members of one name."),
        TokenFault::CriticalExtension | TokenFault::PayloadNotEncoded | TokenFault::Encrypted => {
            invalid("extension", "The token needs an extension that is not supported.")
        }
        TokenFault::UnknownAlgorithm => invalid("algorithm", "The token's algorithm is not accepted."),
    }
}

fn not_valid(fault: Invalid) -> Verdict {
    match fault {
        Invalid::Expired => {
            Verdict { error: TOKEN_EXPIRED, ..invalid("token_expired", "The token has expired.") }
        }
        Invalid::NoExpiration => invalid("no_expiration", "The token does not expire."),
        Invalid::MalformedTime { .. } => invalid("time", "A time in the token is malformed."),
        Invalid::NotYetValid => invalid("not_yet_valid", "The token is not valid yet."),
        Invalid::IssuedInFuture => invalid("issued_in_future", "The token was issued in the future."),
        Invalid::LivesTooLong => invalid("lives_too_long", "The token lives too long."),
        Invalid::WrongAudience => invalid("audience", "The token is not meant for this audience."),
    }
}

impl From<TokenFault> for Reason {
    fn from(fault: TokenFault) -> Self {
        Self::Malformed(fault)
    }
}

impl From<Invalid> for Reason {
    fn from(fault: Invalid) -> Self {
        Self::Invalid(fault)
    }
}

impl From<Unprintable> for Reason {
    fn from(_: Unprintable) -> Self {
        Self::UnprintableClaim
    }
}

#[cfg(test)]
mod tests {
    use super::Reason;
    use crate::token::{Part, TokenFault};
    use crate::validity::Invalid;

    fn told(reason: &Reason) -> (u16, &'static str, Option<String>) {
        let refusal = reason.refusal("shop");
        let challenge = refusal.headers.iter().find(|(name, _)| name == "www-authenticate");
        let challenge = challenge.map(|(_, value)| String::from_utf8(value.clone()).unwrap());
        assert_eq!(refusal.detail, format!("portcullis.jwt.{}", refusal.error));
        (refusal.status, refusal.error, challenge)
    }

    fn challenge(rest: &str) -> Option<String> {
        Some(format!("Bearer realm=\"shop\"{rest}"))
    }

    #[test]
    fn every_reason_has_its_answer() {
        let invalid = |description: &str| {
            challenge(&format!(", error=\"invalid_token\", error_description=\"{description}\""))
        };
        let scope = Reason::Insufficient { scope: Some("read write".into()) };
        let lacking =
            ", error=\"insufficient_scope\", error_description=\"The token does not grant this request.\"";
        let table = [
            (Reason::TokenMissing, (401, "token_missing", challenge(""))),
            (
                Reason::SeveralTokens,
                (
                    400,
                    "invalid_request",
                    challenge(
                        ", error=\"invalid_request\", error_description=\"The request has more than one token.\"",
                    ),
                ),
            ),
            (
                Reason::Malformed(TokenFault::NotBase64url(Part::Header)),
                (401, "token_invalid", invalid("The token is malformed.")),
            ),
            (Reason::UnknownKey, (401, "token_invalid", invalid("The token's signature is not valid."))),
            (Reason::WrongSignature, (401, "token_invalid", invalid("The token's signature is not valid."))),
            (Reason::Invalid(Invalid::Expired), (401, "token_expired", invalid("The token has expired."))),
            (
                Reason::Invalid(Invalid::WrongAudience),
                (401, "token_invalid", invalid("The token is not meant for this audience.")),
            ),
            (Reason::Insufficient { scope: None }, (403, "insufficient_scope", challenge(lacking))),
            (scope, (403, "insufficient_scope", challenge(&format!("{lacking}, scope=\"read write\"")))),
            (Reason::KeysUnavailable { retry_after: 7 }, (503, "keys_unavailable", None)),
        ];
        for (reason, answer) in table {
            assert_eq!(told(&reason), answer, "{reason:?}");
        }
        let refusal = Reason::KeysUnavailable { retry_after: 7 }.refusal("shop");
        assert_eq!(refusal.headers, [("retry-after".into(), b"7".to_vec())]);
    }
}
