//! JSON Web Signatures: published vectors, a table of attacks, and two verifiers that must have one verdict.
#![cfg(test)]

mod attacks;
mod aws_lc;
mod gate;
mod oracle;
mod two_verifiers;
mod vectors;
mod wycheproof;
