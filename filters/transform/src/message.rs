//! What the heads of messages say about bodies, and how they are made true again.

mod accept_encoding;
mod encoding;
mod format;
mod request;
mod answer;

pub use answer::{Answer, DIGESTS, Reading, make_true, read_answer};
pub use encoding::Encoding;
pub use format::Format;
pub use request::prepare_request;
