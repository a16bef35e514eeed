//! Why a request is refused, and what its client is told.

use std::time::Duration;

use portcullis_http::Refusal;

use crate::Rule;
use crate::verdict::{Standing, whole_seconds};

/// Why a request is refused.
#[derive(Clone, Copy, Debug)]
pub enum Reason<'a> {
    /// Its bucket is too empty.
    Exceeded {
        /// The rule that says so.
        rule: &'a Rule,
        /// When it would pass.
        wait: Duration,
        /// How its client stands.
        standing: Standing,
        /// The time since the Unix epoch.
        now: Duration,
    },
    /// The rate limit service has nothing left for it.
    UsedUp {
        /// The rule that asked.
        rule: &'a Rule,
        /// When there will be something again.
        wait: Duration,
        /// How its client stands.
        standing: Standing,
        /// The time since the Unix epoch.
        now: Duration,
    },
    /// The rate limit service gave no answer, and `on_error` is `deny`.
    Unanswered,
    /// It could not be counted, and what cannot be counted could be one too many.
    Contended,
    /// It lacks the key that it is to be counted by.
    KeyMissing,
}

const EXCEEDED: &str = "rate_limit_exceeded";

impl Reason<'_> {
    /// The response-code detail.
    #[must_use]
    pub fn detail(&self) -> &'static str {
        match self {
            Self::Exceeded { .. } => "portcullis.limit.rate_limit_exceeded",
            Self::UsedUp { .. } => "portcullis.limit.global_limit_exceeded",
            Self::Unanswered => "portcullis.limit.global_unanswered",
            Self::Contended => "portcullis.limit.contended",
            Self::KeyMissing => "portcullis.limit.rate_limit_key_missing",
        }
    }

    /// What the client is told.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        match self {
            Self::Exceeded { rule, wait, standing, now } | Self::UsedUp { rule, wait, standing, now } => {
                let mut refusal = too_many(retry_after(*wait), self.detail());
                if rule.tells_refused() {
                    rule.write_fields(standing, *now, &mut |name, value| {
                        refusal.headers.push((name.into(), value.to_vec()));
                    });
                }
                refusal
            }
            Self::Contended | Self::Unanswered => too_many(1, self.detail()),
            Self::KeyMissing => Refusal::new(
                400,
                "rate_limit_key_missing",
                "The request lacks what it is to be counted by.",
                self.detail(),
            ),
        }
    }
}

/// Whole seconds, at least one: `Retry-After: 0` would invite a client to try in a loop.
#[must_use]
pub fn retry_after(wait: Duration) -> u64 {
    whole_seconds(wait).max(1)
}

fn too_many(seconds: u64, detail: &'static str) -> Refusal {
    let message = format!("Too many requests. Retry after {seconds} seconds.");
    Refusal::new(429, EXCEEDED, message, detail)
        .with_member("retry_after", seconds)
        .with_header("retry-after", seconds.to_string())
}
