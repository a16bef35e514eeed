//! Why a part failed, and the one function that turns a reason into a reply.

use portcullis_http::Refusal;

use crate::call::NotSent;
use crate::json::NotJson;
use crate::template::Unfilled;

/// Why a part failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Envoy has no cluster of its name.
    NoCluster,
    /// No host of its cluster is healthy, or its circuit breaker is open.
    NoHealthyHost,
    /// No connection was made.
    ConnectFailed,
    /// Too many requests of its cluster are pending.
    Overloaded,
    /// The stream was reset, or the body was larger than Envoy takes.
    Reset,
    /// It did not answer within its time or the deadline of the whole.
    TimedOut,
    /// Its body is larger than its `max_bytes`.
    TooBig,
    /// It answered with a status that is not accepted.
    Status(u16),
    /// Its body is not one JSON value.
    NotJson(NotJson),
    /// A template of its call could not be filled.
    Unfilled(Unfilled),
    /// Its answer does not hold the value to be picked.
    NotPicked,
    /// It is to be joined with others and is no array.
    NotAnArray,
    /// Its members belong at the top level and it is no object.
    NotAnObject,
    /// Its answer could not be transformed.
    NotTransformed,
    /// A part that it requires has failed.
    RequirementFailed,
}

const DETAIL: &str = "portcullis.aggregate.";

impl Failure {
    /// The word for it in replies, metrics and traces, such as `timed_out`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        let detail = self.detail();
        detail.strip_prefix(DETAIL).unwrap_or(detail)
    }

    fn detail(&self) -> &'static str {
        match self {
            Self::NoCluster => "portcullis.aggregate.no_cluster",
            Self::NoHealthyHost => "portcullis.aggregate.no_healthy_host",
            Self::ConnectFailed => "portcullis.aggregate.connect_failed",
            Self::Overloaded => "portcullis.aggregate.overloaded",
            Self::Reset => "portcullis.aggregate.reset",
            Self::TimedOut => "portcullis.aggregate.timed_out",
            Self::TooBig => "portcullis.aggregate.too_big",
            Self::Status(_) => "portcullis.aggregate.status_not_accepted",
            Self::NotJson(_) => "portcullis.aggregate.not_json",
            Self::Unfilled(Unfilled::Missing { .. }) => "portcullis.aggregate.value_missing",
            Self::Unfilled(Unfilled::DotSegment) => "portcullis.aggregate.value_refused",
            Self::NotPicked => "portcullis.aggregate.pick_missing",
            Self::NotAnArray => "portcullis.aggregate.not_an_array",
            Self::NotAnObject => "portcullis.aggregate.not_an_object",
            Self::NotTransformed => "portcullis.aggregate.not_transformed",
            Self::RequirementFailed => "portcullis.aggregate.requirement_failed",
        }
    }

    /// Completes "The part ...". What a service sent is not told, its status apart.
    fn predicate(&self) -> String {
        match self {
            Self::Status(status) => format!("answered with status {status}"),
            other => other.plain_predicate().to_owned(),
        }
    }

    fn plain_predicate(&self) -> &'static str {
        match self {
            Self::NoCluster => "has no upstream",
            Self::NoHealthyHost => "has no healthy upstream",
            Self::ConnectFailed => "could not be reached",
            Self::Overloaded => "has too many requests pending",
            Self::Reset => "broke off",
            Self::TimedOut => "did not answer in time",
            Self::TooBig => "answered with too large a body",
            Self::Status(_) => "answered with another status",
            Self::NotJson(_) => "answered with something other than one JSON value",
            Self::Unfilled(Unfilled::Missing { .. }) => "needs a value that the request does not have",
            Self::Unfilled(Unfilled::DotSegment) => "needs a value that cannot stand in a path",
            Self::NotPicked => "answered without the value that is wanted",
            Self::NotAnArray => "answered with something other than a list",
            Self::NotAnObject => "answered with something other than an object",
            Self::NotTransformed => "answered with something that cannot be transformed",
            Self::RequirementFailed => "requires another part, which failed",
        }
    }

    /// The refusal of a request that cannot be answered without `part`.
    #[must_use]
    pub fn refusal(&self, part: &str) -> Refusal {
        let (status, error) = match self {
            Self::TimedOut => (504, "upstream_timeout"),
            _ => (502, "upstream_failed"),
        };
        let message = format!("The part {part:?} {}.", self.predicate());
        Refusal::new(status, error, message, self.detail())
            .with_member("part", part)
            .with_member("reason", self.word())
    }
}

/// The refusal of a request whose required `part` was not found, where that is what the client is to know.
pub(crate) fn not_found(part: &str) -> Refusal {
    let message = format!("The part {part:?} was not found.");
    Refusal::new(404, "not_found", message, "portcullis.aggregate.not_found").with_member("part", part)
}

impl From<NotSent> for Failure {
    fn from(reason: NotSent) -> Self {
        match reason {
            NotSent::NoCluster => Self::NoCluster,
            NotSent::NoHealthyHost => Self::NoHealthyHost,
        }
    }
}

impl From<NotJson> for Failure {
    fn from(reason: NotJson) -> Self {
        Self::NotJson(reason)
    }
}

impl From<Unfilled> for Failure {
    fn from(reason: Unfilled) -> Self {
        Self::Unfilled(reason)
    }
}

#[cfg(test)]
mod tests {
    use super::{Failure, not_found};
    use crate::{NotJson, Unfilled};

    #[test]
    fn a_failed_part_is_named_with_its_reason_and_nothing_else() {
        let table = [
            (Failure::TimedOut, 504, "upstream_timeout", "timed_out", "did not answer in time"),
            (Failure::Status(500), 502, "upstream_failed", "status_not_accepted", "answered with status 500"),
            (Failure::ConnectFailed, 502, "upstream_failed", "connect_failed", "could not be reached"),
            (
                Failure::NotJson(NotJson::TooDeep),
                502,
                "upstream_failed",
                "not_json",
                "answered with something other than one JSON value",
            ),
            (
                Failure::Unfilled(Unfilled::Missing { source: "header.X-User-Id".into() }),
                502,
                "upstream_failed",
                "value_missing",
                "needs a value that the request does not have",
            ),
        ];
        for (failure, status, error, word, predicate) in table {
            let refusal = failure.refusal("user");
            assert_eq!((refusal.status, refusal.error), (status, error));
            assert_eq!(refusal.message, format!("The part \"user\" {predicate}."));
            assert_eq!(refusal.members, [("part", "user".into()), ("reason", word.into())]);
            assert_eq!(refusal.detail, format!("portcullis.aggregate.{word}"));
        }
    }

    #[test]
    fn a_part_that_was_not_found_can_be_the_answer() {
        let refusal = not_found("user");
        assert_eq!((refusal.status, refusal.error), (404, "not_found"));
        assert_eq!(refusal.members, [("part", "user".into())]);
    }
}
