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
    status: u16,
    error: &'static str,
    message: &'static str,
    detail: &'static str,
    challenge: Challenge,
}

const INVALID_TOKEN: &str = "invalid_token";

impl Reason {
    /// What the client is told. The message names the kind of fault, never a key or a value.
    #[must_use]
    pub fn refusal(&self, realm: &str) -> Refusal {
        let verdict = self.verdict();
        let refusal = Refusal::new(verdict.status, verdict.error, verdict.message, verdict.detail);
        let challenge = match verdict.challenge {
            Challenge::Bare => format!("Bearer realm=\"{realm}\""),
            Challenge::Error(error) => challenge(realm, error, verdict.message),
            Challenge::Scope(None) => challenge(realm, verdict.error, verdict.message),
            Challenge::Scope(Some(scope)) => {
                challenge(realm, verdict.error, verdict.message) + &format!(", scope=\"{scope}\"")
            }
            Challenge::None => String::new(),
        };
        let refusal = match self {
            Self::KeysUnavailable { retry_after } => {
                refusal.with_header("retry-after", retry_after.to_string())
            }
            _ => refusal,
        };
        if challenge.is_empty() { refusal } else { refusal.with_header("www-authenticate", challenge) }
    }

    fn verdict(&self) -> Verdict {
        match self {
            Self::TokenMissing => Verdict {
                status: 401,
                error: "token_missing",
                message: "A bearer token is required.",
                detail: "portcullis.jwt.token_missing",
                challenge: Challenge::Bare,
            },
            Self::SeveralTokens => Verdict {
                status: 400,
                error: "invalid_request",
                message: "The request has more than one token.",
                detail: "portcullis.jwt.invalid_request",
                challenge: Challenge::Error("invalid_request"),
            },
            Self::Invalid(Invalid::Expired) => Verdict {
                error: "token_expired",
                ..invalid("The token has expired.", "portcullis.jwt.token_expired")
            },
            Self::Malformed(fault) => malformed(*fault),
            Self::UnknownIssuer => {
                invalid("The token's issuer is not accepted.", "portcullis.jwt.token_invalid.issuer")
            }
            Self::UnknownKey => invalid(WRONG_SIGNATURE, "portcullis.jwt.token_invalid.unknown_key"),
            Self::WrongSignature => invalid(WRONG_SIGNATURE, "portcullis.jwt.token_invalid.signature"),
            Self::Invalid(fault) => not_valid(*fault),
            Self::UnprintableClaim => invalid(
                "A claim of the token cannot be put into a header.",
                "portcullis.jwt.token_invalid.claim_unprintable",
            ),
            Self::Insufficient { scope } => Verdict {
                status: 403,
                error: "insufficient_scope",
                message: "The token does not grant this request.",
                detail: "portcullis.jwt.insufficient_scope",
                challenge: Challenge::Scope(scope.clone()),
            },
            Self::KeysUnavailable { .. } => Verdict {
                status: 503,
                error: "keys_unavailable",
                message: "The keys that verify tokens are not available.",
                detail: "portcullis.jwt.keys_unavailable",
                challenge: Challenge::None,
            },
        }
    }
}

/// One sentence for both: which keys there are is nothing to be asked by trying.
const WRONG_SIGNATURE: &str = "The token's signature is not valid.";

fn challenge(realm: &str, error: &str, description: &str) -> String {
    format!("Bearer realm=\"{realm}\", error=\"{error}\", error_description=\"{description}\"")
}

fn invalid(message: &'static str, detail: &'static str) -> Verdict {
    Verdict {
        status: 401,
        error: "token_invalid",
        message,
        detail,
        challenge: Challenge::Error(INVALID_TOKEN),
    }
}

fn malformed(fault: TokenFault) -> Verdict {
    match fault {
        TokenFault::TooLong { .. } => {
            invalid("The token is too long.", "portcullis.jwt.token_invalid.too_long")
        }
        TokenFault::NotThreeParts
        | TokenFault::NotBase64url(_)
        | TokenFault::NotAnObject(_)
        | TokenFault::KidNotText
        | TokenFault::NoAlgorithm => {
            invalid("The token is malformed.", "portcullis.jwt.token_invalid.malformed")
        }
        TokenFault::NameTwice(_) => {
            invalid("The token has two members of one name.", "portcullis.jwt.token_invalid.name_twice")
        }
        TokenFault::CriticalExtension | TokenFault::PayloadNotEncoded | TokenFault::Encrypted => invalid(
            "The token needs an extension that is not supported.",
            "portcullis.jwt.token_invalid.extension",
        ),
        TokenFault::UnknownAlgorithm => {
            invalid("The token's algorithm is not accepted.", "portcullis.jwt.token_invalid.algorithm")
        }
    }
}

fn not_valid(fault: Invalid) -> Verdict {
    match fault {
        Invalid::Expired => invalid("The token has expired.", "portcullis.jwt.token_expired"),
        Invalid::NoExpiration => {
            invalid("The token does not expire.", "portcullis.jwt.token_invalid.expiration_missing")
        }
        Invalid::MalformedTime { .. } => {
            invalid("A time in the token is malformed.", "portcullis.jwt.token_invalid.malformed_time")
        }
        Invalid::NotYetValid => {
            invalid("The token is not valid yet.", "portcullis.jwt.token_invalid.not_yet_valid")
        }
        Invalid::IssuedInFuture => {
            invalid("The token was issued in the future.", "portcullis.jwt.token_invalid.issued_in_future")
        }
        Invalid::LivesTooLong => {
            invalid("The token lives too long.", "portcullis.jwt.token_invalid.lives_too_long")
        }
        Invalid::WrongAudience => {
            invalid("The token is not meant for this audience.", "portcullis.jwt.token_invalid.audience")
        }
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
