//! Published vectors against the pure crates.
