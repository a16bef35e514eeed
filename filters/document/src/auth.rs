//! The section `auth`, as the document writes it.
//!
//! It may describe its one provider at the top, or several under `providers`; what a provider does not say for
//! itself is then said at the top for all of them. Whether keys can be used and rules get along is found out when the
//! section is compiled.

mod claim;
mod place;
mod provider;
mod requirement;

use std::time::Duration;

use crate::{Fields, Mistakes, Node, header_name, path_entry};

pub use crate::path_entry::PathEntry;
pub use claim::{ClaimHeader, ClaimPath, ClaimStep, default_claim_headers};
pub use place::TokenPlace;
pub use provider::{KeysConfig, ProviderConfig, RefreshConfig};
pub use requirement::{ClaimRequirement, ClaimValue, Requirement};

/// The section `auth`.
#[derive(Clone, Debug)]
pub struct AuthConfig {
    /// Who issues tokens; at least one.
    pub providers: Vec<ProviderConfig>,
    /// Requests that pass without a look at their token.
    pub exclude_paths: Vec<PathEntry>,
    /// Requests that pass without a token, but not with a bad one.
    pub optional_paths: Vec<PathEntry>,
    /// Whether CORS preflight requests pass.
    pub allow_preflight: bool,
    /// Where a token may stand; at least one place.
    pub from: Vec<TokenPlace>,
    /// Whether a token that was used stays in the request.
    pub forward_token: bool,
    /// The header that carries the whole payload, base64url, in lower case.
    pub forward_payload_header: Option<String>,
    /// What tokens must hold, by path.
    pub require: Vec<Requirement>,
    /// The realm of challenges.
    pub realm: String,
    /// No token is longer.
    pub max_token_bytes: usize,
    /// How many verified tokens a worker remembers; none at 0.
    pub cache_size: usize,
}

/// The longest token that can be asked for: Envoy's own headers end long before.
const LONGEST_TOKEN: u64 = 1 << 20;
/// Most tokens of identity providers stay under 2 KiB; Envoy takes 60 KiB of headers.
const MAX_TOKEN_BYTES: u64 = 8 << 10;
/// A worker that remembers this many tokens has other problems.
const LARGEST_CACHE: u64 = 1 << 20;
/// Enough for the users of one worker within the life of their tokens.
const CACHE_SIZE: u64 = 4096;

impl AuthConfig {
    /// Reads the section; what is wrong is noted, and what can still be read is handed on to find more.
    pub fn read(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let mut fields = node.fields(mistakes)?;
        read_type(&mut fields, mistakes);
        let providers = provider::read_all(&mut fields, mistakes);
        let config = Self {
            providers,
            exclude_paths: path_entry::read_list(fields.take("exclude_paths"), mistakes),
            optional_paths: path_entry::read_list(fields.take("optional_paths"), mistakes),
            allow_preflight: fields.flag("allow_preflight", mistakes).unwrap_or(true),
            from: place::read_list(fields.take("from"), mistakes),
            forward_token: fields.flag("forward_token", mistakes).unwrap_or(false),
            forward_payload_header: fields
                .take("forward_payload_header")
                .and_then(|node| header_name::read(&node, mistakes)),
            require: requirement::read_list(fields.take("require"), mistakes),
            realm: read_realm(&mut fields, mistakes),
            max_token_bytes: bounded(
                fields.size("max_token_bytes", 1..=LONGEST_TOKEN, mistakes),
                MAX_TOKEN_BYTES,
            ),
            cache_size: bounded(fields.count("cache_size", 0..=LARGEST_CACHE, mistakes), CACHE_SIZE),
        };
        fields.finish(mistakes);
        Some(config)
    }
}

fn read_type(fields: &mut Fields<'_>, mistakes: &mut Mistakes) {
    let Some(node) = fields.take("type") else { return };
    if node.json() != "\"jwt\"" {
        node.expected::<()>("\"jwt\"", mistakes);
    }
}

/// A quoted string of a challenge may hold these characters (RFC 9110, section 5.6.4); quotes are not worth escaping.
fn read_realm(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> String {
    let node = fields.take("realm");
    let realm = node.and_then(|node| {
        let text = node.text(mistakes)?;
        let is_plain =
            text.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\');
        if is_plain {
            return Some(text);
        }
        node.expected("ASCII text without control characters, \" and \\", mistakes)
    });
    realm.unwrap_or_else(|| "api".to_owned())
}

/// The bounds end far below 32 bits.
fn bounded(number: Option<u64>, default: u64) -> usize {
    usize::try_from(number.unwrap_or(default)).unwrap_or(usize::MAX)
}

/// A duration from a millisecond up: shorter ones would be a busy loop.
const LEAST: Duration = Duration::from_millis(1);
/// Ten years: longer than any setting of this section makes sense for.
const MOST: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

#[cfg(test)]
mod tests;
