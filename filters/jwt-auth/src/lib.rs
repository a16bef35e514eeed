//! JSON Web Tokens at the gate: who a request comes from, and whether it may pass.
//!
//! # The decision, in order
//!
//! 1. **Identity headers** (every header of `claims_to_headers`, and `forward_payload_header`) are taken off the client's
//!    request, in any case and with `_` for `-`, on every path. Nothing a client sends can become an identity.
//! 2. **A CORS preflight passes** (`allow_preflight`).
//! 3. **An excluded path passes**, and its token is not looked at. An optional path passes without a token. A path that
//!    did not come in its canonical form is neither.
//! 4. **The token** is taken from `Authorization: Bearer`, or from the places that `from` lists. None: `token_missing`.
//!    More than one, or a place that came twice: `invalid_request`. A good token is taken off its place, unless
//!    `forward_token`.
//! 5. **The form**: no longer than `max_token_bytes`, three parts, strict base64url, JSON objects without two members of
//!    one name. `crit`, `b64: false`, `enc` and every unknown `alg`, `none` among them, are refused; `jwk`, `jku`, `x5u`
//!    and `x5c` are not looked at.
//! 6. **The provider** is found by `iss`, **the key** by `kid` and by what the key is bound to: one algorithm, or those of
//!    its type. A name that no key has never falls back to a key with another.
//! 7. **The signature** is checked, by the host or by the module: one verdict.
//! 8. **Times and audience**: `exp`, `nbf`, `iat` with `leeway`, `max_lifetime`, `aud`.
//! 9. **What the path requires** of claims and scopes: else `insufficient_scope`.
//! 10. **Claims become headers.**
//!
//! What a token gives its bearer is remembered with the token, so that items 5 to 8 and the writing of item 10 are done
//! once: until its key has left the key set, or others took its place. Whether its time is over is looked at each time; a
//! token that came too late is remembered as one, once a key has signed it.
//!
//! # Caveats of deployment
//!
//! * The upstream must be reachable through Envoy alone: who reaches it another way writes the headers himself.
//! * `iss` chooses among the providers before anything is verified. A provider must not share keys with another.
//! * Times are read from the host's clock.
//!
//! Reading order: [`Algorithm`], [`Key`] and [`KeySet`]; then `token`, where trust is a type; `validity`, `claim` and
//! `requirement`; [`Auth`] decides; [`KeySource`] says when keys are fetched.

mod algorithm;
mod bytes;
mod base64url;
mod object;
mod der;
mod key;
mod signature;
mod key_set;
mod jose_header;
mod token;
mod validity;
mod claim;
mod requirement;
mod place;
mod identity_headers;
mod visa;
mod token_cache;
mod reason;
mod provider;
mod trust;
mod compile;
mod auth;
mod cache_control;
mod key_source;

pub use algorithm::{Algorithm, AlgorithmSet, Curve, Hash};
pub use auth::{Auth, Decision, Missing, Need, Pass};
pub use cache_control::max_age;
pub use key::{Key, KeyFault, Origin};
pub use key_set::{KeySet, KeySetFault, MOST_BYTES, ReadKeySet};
pub use key_source::{FetchRecord, KeyRecord, KeySource, Want};
pub use object::ObjectFault;
pub use provider::{Provider, RemoteKeys};
pub use reason::Reason;
pub use signature::{NoHostCheck, SignatureCheck};
pub use token::{Part, TokenFault};
pub use token_cache::TokenCache;
pub use trust::Trust;
pub use validity::Invalid;
