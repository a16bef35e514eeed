//! The real stages over the fake host.
