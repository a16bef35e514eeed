//! What filters say to each other and to clients: heads of messages, identities, replies, the one error shape.
//!
//! Reading order: [`HeaderMap`] is what the host handed over, [`Head`] adds the edits that filters make,
//! [`Identity`] is what authentication found out, [`Refusal`] becomes a [`Reply`].

mod header_map;
mod head;
mod identity;
mod member;
mod refusal;
mod reply;

pub use head::{Edit, Head, Name};
pub use header_map::{HeaderMap, Values};
pub use identity::Identity;
pub use member::{Member, json_text};
pub use refusal::{ErrorFormat, Refusal};
pub use reply::Reply;
