//! Who issues tokens, and where the keys come from that prove it.

use std::time::Duration;

use super::claim::{self, ClaimHeader};
use super::{LEAST, MOST};
use crate::{Fields, Mistakes, Node, Upstream};

/// An issuer of tokens, and what is asked of its tokens.
#[derive(Clone, Debug)]
pub struct ProviderConfig {
    /// Where it stands in the document.
    pub at: String,
    /// The `iss` of its tokens; only a provider that is alone may leave it out, and then takes any.
    pub issuer: Option<String>,
    /// Its keys; `None` where the document has them wrong.
    pub keys: Option<KeysConfig>,
    /// A token must be meant for one of these; absent means that `aud` is not checked.
    pub audiences: Option<Vec<String>>,
    /// The algorithms that its keys may be used with, with their places in the document; absent means all.
    pub algorithms: Option<Vec<(String, String)>>,
    /// How far the issuer's clock may be off.
    pub leeway: Duration,
    /// The longest life of a token.
    pub max_lifetime: Option<Duration>,
    /// Whether a token must have an end.
    pub require_expiration: bool,
    /// The claims that become headers.
    pub claims_to_headers: Vec<ClaimHeader>,
}

/// Where keys come from.
#[derive(Clone, Debug)]
pub enum KeysConfig {
    /// They are fetched.
    Remote {
        /// From here.
        upstream: Upstream,
        /// At these times.
        refresh: RefreshConfig,
    },
    /// They stand in the document.
    Inline {
        /// Where.
        at: String,
        /// The key set's JSON.
        json: String,
    },
}

/// When keys are fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshConfig {
    /// The longest time after which they are fetched anew.
    pub refresh: Duration,
    /// The shortest time between two fetches for keys that nobody knows.
    pub cooldown: Duration,
    /// How long the last good set stays in use when no new one can be had.
    pub max_stale: Duration,
    /// How long a fetch may take, and a request may wait for the first keys.
    pub timeout: Duration,
}

const REFRESH: Duration = Duration::from_secs(600);
const COOLDOWN: Duration = Duration::from_secs(30);
const MAX_STALE: Duration = Duration::from_secs(24 * 3600);
const TIMEOUT: Duration = Duration::from_secs(5);
/// Clocks that keep time by NTP differ by less; people expect a minute.
const LEEWAY: Duration = Duration::from_secs(60);

/// Members that belong to one provider alone.
const OF_ONE: [&str; 4] = ["issuer", "jwks_uri", "jwks_cluster", "jwks"];

/// What is said at the top for providers that do not say it themselves.
#[derive(Clone)]
struct Policy {
    audiences: Option<Vec<String>>,
    algorithms: Option<Vec<(String, String)>>,
    leeway: Duration,
    max_lifetime: Option<Duration>,
    require_expiration: bool,
    claims_to_headers: Vec<ClaimHeader>,
    refresh: RefreshConfig,
}

/// Reads the providers of the section, be they one or several.
pub(super) fn read_all(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> Vec<ProviderConfig> {
    let policy = Policy::unsaid().read(fields, mistakes);
    let Some(list) = fields.take("providers") else {
        return vec![read_one(fields, policy, mistakes)];
    };
    for name in OF_ONE {
        if let Some(node) = fields.take(name) {
            mistakes.wrong(node.path(), "belongs into each of the providers");
        }
    }
    let items = list.items(mistakes).unwrap_or_default();
    if items.is_empty() && list.is_array() {
        list.expected::<()>("at least one provider", mistakes);
    }
    let providers: Vec<_> = items.iter().filter_map(|item| read_item(item, &policy, mistakes)).collect();
    check_issuers(&providers, mistakes);
    providers
}

fn read_item(node: &Node<'_>, policy: &Policy, mistakes: &mut Mistakes) -> Option<ProviderConfig> {
    let mut fields = node.fields(mistakes)?;
    let policy = policy.clone().read(&mut fields, mistakes);
    let provider = read_one(&mut fields, policy, mistakes);
    fields.finish(mistakes);
    Some(provider)
}

fn read_one(fields: &mut Fields<'_>, policy: Policy, mistakes: &mut Mistakes) -> ProviderConfig {
    ProviderConfig {
        at: fields.path().to_owned(),
        issuer: read_issuer(fields, mistakes),
        keys: read_keys(fields, policy.refresh, mistakes),
        audiences: policy.audiences,
        algorithms: policy.algorithms,
        leeway: policy.leeway,
        max_lifetime: policy.max_lifetime,
        require_expiration: policy.require_expiration,
        claims_to_headers: policy.claims_to_headers,
    }
}

fn read_issuer(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> Option<String> {
    let node = fields.take("issuer")?;
    let issuer = node.text(mistakes)?;
    if issuer.is_empty() {
        return node.expected("an issuer", mistakes);
    }
    Some(issuer)
}

fn read_keys(fields: &mut Fields<'_>, refresh: RefreshConfig, mistakes: &mut Mistakes) -> Option<KeysConfig> {
    let cluster = fields.text("jwks_cluster", mistakes);
    let (uri, jwks) = (fields.take("jwks_uri"), fields.take("jwks"));
    if cluster.is_some() && uri.is_none() {
        mistakes.wrong(fields.path_of("jwks_cluster"), "only jwks_uri is fetched through a cluster");
    }
    match (uri, jwks) {
        (Some(uri), None) => {
            Some(KeysConfig::Remote { upstream: Upstream::read(&uri, cluster, mistakes)?, refresh })
        }
        (None, Some(jwks)) if jwks.is_object() => {
            Some(KeysConfig::Inline { at: jwks.path().to_owned(), json: jwks.json().to_owned() })
        }
        (None, Some(jwks)) => jwks.expected("a key set, as an object with keys", mistakes),
        (Some(_), Some(jwks)) => {
            mistakes.wrong(jwks.path(), "keys are either fetched from jwks_uri or given as jwks");
            None
        }
        (None, None) => {
            mistakes.add(fields.path_of("jwks_uri"), crate::Fault::Missing);
            None
        }
    }
}

/// A token's provider is found by its issuer, so each must have its own.
fn check_issuers(providers: &[ProviderConfig], mistakes: &mut Mistakes) {
    for (at, provider) in providers.iter().enumerate() {
        let place = format!("{}.issuer", provider.at);
        if provider.issuer.is_none() && providers.len() > 1 {
            mistakes.wrong(place, "missing, and only a provider that is alone may leave it out");
            continue;
        }
        let mut earlier = providers.iter().take(at);
        if let Some(first) = earlier.find(|first| first.issuer == provider.issuer) {
            let first = format!("{}.issuer", first.at);
            mistakes.add(place, crate::Fault::Twice { first });
        }
    }
}

impl Policy {
    fn unsaid() -> Self {
        Self {
            audiences: None,
            algorithms: None,
            leeway: LEEWAY,
            max_lifetime: None,
            require_expiration: true,
            claims_to_headers: claim::default_claim_headers(),
            refresh: RefreshConfig {
                refresh: REFRESH,
                cooldown: COOLDOWN,
                max_stale: MAX_STALE,
                timeout: TIMEOUT,
            },
        }
    }

    /// What the fields say; what they do not say stays.
    fn read(mut self, fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> Self {
        if let Some(node) = fields.take("audiences") {
            self.audiences = read_audiences(&node, mistakes);
        }
        if let Some(node) = fields.take("algorithms") {
            self.algorithms = read_algorithms(&node, mistakes);
        }
        if let Some(node) = fields.take("claims_to_headers") {
            self.claims_to_headers = claim::read_headers(&node, mistakes);
        }
        let zero = Duration::ZERO;
        self.leeway = fields.duration("leeway", zero..=MOST, mistakes).unwrap_or(self.leeway);
        let max_lifetime = fields.duration("max_lifetime", LEAST..=MOST, mistakes);
        self.max_lifetime = max_lifetime.or(self.max_lifetime);
        let required = fields.flag("require_expiration", mistakes);
        self.require_expiration = required.unwrap_or(self.require_expiration);
        self.refresh.read(fields, mistakes);
        self
    }
}

impl RefreshConfig {
    fn read(&mut self, fields: &mut Fields<'_>, mistakes: &mut Mistakes) {
        let mut read = |name, least, setting: &mut Duration| {
            *setting = fields.duration(name, least..=MOST, mistakes).unwrap_or(*setting);
        };
        read("jwks_refresh", LEAST, &mut self.refresh);
        read("jwks_cooldown", LEAST, &mut self.cooldown);
        read("jwks_max_stale", Duration::ZERO, &mut self.max_stale);
        read("jwks_timeout", LEAST, &mut self.timeout);
    }
}

fn read_audiences(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Vec<String>> {
    let audiences = node.texts(mistakes)?;
    if node.json() == "[]" {
        return node.expected("at least one audience; leave the key out to check none", mistakes);
    }
    Some(audiences)
}

fn read_algorithms(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Vec<(String, String)>> {
    let items = node.items(mistakes)?;
    if items.is_empty() {
        return node.expected("at least one algorithm", mistakes);
    }
    let named = items.iter().filter_map(|item| {
        let name = item.text(mistakes)?;
        Some((item.path().to_owned(), name))
    });
    Some(named.collect())
}
