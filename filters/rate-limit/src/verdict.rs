//! What becomes of a request, and how its client stands afterwards.

use std::time::Duration;

/// What the limiter says of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was charged to every window of its rule.
    Permitted(Standing),
    /// It was charged to none.
    Refused {
        /// The first moment at which it would be permitted, to the nanosecond, if nobody else takes the tokens.
        wait: Duration,
        /// How the client stands.
        standing: Standing,
    },
}

/// What a client has left in the tightest window of its rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Which of the rule's windows it is.
    pub window: usize,
    /// The rate's number of requests.
    pub limit: u32,
    /// The whole tokens that are left.
    pub remaining: u32,
    /// When there will be one more; zero where the bucket is full.
    pub next_in: Duration,
    /// When the bucket will be full.
    pub full_in: Duration,
}

impl Verdict {
    /// How the client stands.
    #[must_use]
    pub fn standing(&self) -> &Standing {
        match self {
            Self::Permitted(standing) | Self::Refused { standing, .. } => standing,
        }
    }

    /// Whether the request passes.
    #[must_use]
    pub fn is_permitted(&self) -> bool {
        matches!(self, Self::Permitted(_))
    }
}

/// Whole seconds, rounded up: a client that waits so long does not come too early.
#[must_use]
pub(crate) fn whole_seconds(span: Duration) -> u64 {
    span.as_secs().saturating_add(u64::from(span.subsec_nanos() > 0))
}
