//! What a request and a service have to do with each other: a question, or that it is paid for.

use super::Global;
use crate::decision::Charge;
use crate::hash::Slot;
use crate::verdict::Standing;

/// The service's turn has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Whose hits are asked for.
    pub slot: Slot,
    /// How many.
    pub hits: u32,
    /// What this Envoy's own bucket said, where it was asked.
    pub(super) here: Option<Charge>,
}

/// A request that may pass, and how its client stands then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paid {
    /// What this Envoy's own bucket said, where it was asked.
    pub here: Option<Charge>,
    /// The tightest of what is known.
    pub standing: Option<Standing>,
    /// Who let it pass.
    pub by: Payer,
}

/// Who let a request pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payer {
    /// Hits that were taken in advance.
    Lease,
    /// The service, for this request.
    Service,
    /// `on_error`, since the service gave no answer.
    OnError,
}

impl Ask {
    /// Whether more is asked for than the request takes, so that others of the key may wait for the same answer.
    #[must_use]
    pub fn is_for_many(&self, global: &Global) -> bool {
        self.hits > global.cost
    }
}
