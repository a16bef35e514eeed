//! A real Envoy, the real modules, HTTP.
//!
//! A story is a plain `#[test]`: it starts a [`Gate`] (or shares one), sends requests, and says what came back and what
//! reached the services. Nothing here knows the filters' code: only their modules, their document, and what they answer.

mod admin;
mod answer;
mod bootstrap;
mod capabilities;
mod client;
mod envoy;
mod eventually;
mod flood;
mod gate;
mod keeper;
mod limits;
mod sample;
mod setup;

pub use admin::Admin;
pub use answer::{Answer, Lost, Pieces};
pub use client::{Connection, Request};
pub use envoy::{Envoy, envoy_program, repository, validate};
pub use eventually::{eventually, eventually_within};
pub use flood::{Flooded, flood};
pub use gate::{Gate, RUNTIME, fresh_user, restart, stop, validate_setup, wire};
pub use limits::{LimitService, Redis, rate_limiter};
pub use sample::{local_bootstrap, local_global_bootstrap, read_yaml, sample_document};
pub use services::{Act, Alg, Key, Question, RateLimiter, SeenRequest, Token, Word};
pub use setup::Setup;
