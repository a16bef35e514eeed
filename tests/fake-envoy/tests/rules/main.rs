//! Envoy's rules, one test each, shown on a guest that is written by hand.
//!
//! Each name is a claim about the real Envoy too.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a guest of a test fails the test by panicking")]
#![expect(unsafe_code, reason = "a guest calls the host through the ABI")]

mod guest;

mod bodies;
mod calls;
mod contexts;
mod headers;
mod replies;
