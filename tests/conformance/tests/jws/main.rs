//! JSON Web Signatures: published vectors, a table of attacks, and two verifiers that must have one verdict.
#![cfg(test)]

mod attacks;
mod aws_lc;
mod gate;
mod identity_providers;
mod oracle;
mod two_verifiers;
mod vectors;
mod wycheproof;
mod wycheproof_keys;
