//! JSON's tokens (RFC 8259), each of which can be left at the end of a chunk and taken up at the next.
//!
//! A scanner is told where its token goes on in a chunk. It answers where the token ends, or `None` when the chunk
//! ended first; what it has to remember until the next chunk is in itself.

pub(crate) mod blanks;
mod block;
mod literal;
mod number;
mod text;
mod unescape;
mod stops;
pub(crate) mod usual;
mod utf8;

pub(crate) use literal::Literal;
pub(crate) use number::Number;
pub(crate) use stops::Stops;
pub(crate) use text::{Text, plain_run as text_run};
pub(crate) use unescape::unescape;
pub(crate) use utf8::Utf8;
