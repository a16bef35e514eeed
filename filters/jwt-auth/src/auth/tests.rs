//! The decision list, item by item.

mod documents;
mod fixture;
mod identity;
mod keys;
mod memory;
mod paths;
mod requirements;
mod tokens;
