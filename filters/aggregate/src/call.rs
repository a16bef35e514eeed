//! The calls that parts make, and the port they leave through.

use std::time::Duration;

/// A call that is under way; the number is the host's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallId(pub u32);

/// A request without a body, ready to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call<'a> {
    /// The cluster it goes to.
    pub cluster: &'a str,
    /// Its headers, `:method`, `:path` and `:authority` first; names in lower case.
    pub headers: &'a [Line<'a>],
    /// How long its answer may take; at least a millisecond.
    pub timeout: Duration,
}

/// A header's name and value.
pub type Line<'a> = (&'a [u8], &'a [u8]);

/// Why a call could not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSent {
    /// There is no cluster of this name.
    NoCluster,
    /// The cluster has no healthy host, or all of its connections are taken.
    NoHealthyHost,
}

/// Who sends calls.
pub trait Caller {
    /// Sends a call, whose answer is told later.
    fn call(&mut self, call: &Call<'_>) -> Result<CallId, NotSent>;
}
