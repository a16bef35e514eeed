//! Rate limits: token buckets, exact and bounded in number, in memory that all workers of an Envoy share.
//!
//! For each request, in this order:
//!
//! 1. An exempt path passes, if the raw path is canonical.
//! 2. The most specific override for the canonical path and the method is the rule; else the default; else the
//!    request passes.
//! 3. The key is taken from the request. A part that is missing, empty, or there twice with a difference makes the key
//!    missing: the request is then counted by its address (`client_ip`), in one bucket with others like it
//!    (`shared`), not at all (`skip`), or refused with 400 (`reject`).
//! 4. The key's bucket is read from shared data, refilled up to now, and `cost` tokens are taken from each of the
//!    rule's windows if all of them have so many; from none otherwise. One compare-and-swap writes them all.
//!    A worker does not look where it knows better: a bucket that it saw too empty cannot have refilled yet, or it holds
//!    a lease of a large one.
//! 5. A key without a bucket begins with a full one; in a set from which a bucket of the rule was evicted before it
//!    was full, with one that is no fuller than that bucket would be. Nobody gains by an eviction.
//! 6. What cannot be counted is refused: others were faster 64 times, or the host keeps nothing.
//! 7. With `global`, a rate limit service is asked besides, or instead: the module `global` says how.
//! 8. A refusal is 429 with the first moment at which the request would pass, in whole seconds, rounded up. With
//!    `dry_run` it is counted and passes.
//!
//! Nothing here reads a clock or calls a host. Reading order: [`Quota`] and [`Windows`] say how much, a `Bucket` how
//! much is left, a [`Verdict`] what follows; a `Set` keeps buckets as bytes, [`Table`] keeps sets in a [`Store`];
//! a key names the bucket, a [`Rule`] has all of these, [`RateLimits`] finds the rule; a [`Reason`] becomes a reply.

mod quota;
mod windows;
mod bucket;
mod verdict;
mod store;
mod set;
mod hash;
mod header;
mod decision;
mod exhausted;
mod leases;
mod table;
mod key;
mod fields;
mod global;
mod rule;
mod limits;
mod refusal;

pub use decision::Charge;
pub use global::{Answer, Ask, Global, Malformed, Paid, Payer};
pub use hash::Slot;
pub use key::Subject;
pub use limits::RateLimits;
pub use quota::{FillsTooSlowly, LONGEST_FILL, Quota};
pub use refusal::{Reason, retry_after};
pub use rule::{Rule, Ruling};
pub use store::{Change, Contended, Memory, Store, TRIES};
pub use table::Table;
pub use verdict::{Standing, Verdict};
pub use windows::{MOST_WINDOWS, Window, Windows};
