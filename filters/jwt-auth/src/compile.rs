//! From the document's section to what decides.

use std::rc::Rc;

use portcullis_document::auth::{AuthConfig, ClaimPath, PathEntry};
use portcullis_document::{Fault, Mistakes, PathRules, PathTable};

use crate::auth::{Auth, Leniency};
use crate::identity_headers::IdentityHeaders;
use crate::place::Places;
use crate::provider::{Output, Provider};
use crate::requirement::Rule;
use crate::token_cache::TokenCache;
use crate::trust::Trust;

/// Compiles the section; what is wrong with it is noted.
pub(crate) fn auth(config: &AuthConfig, wanted: &[String], mistakes: &mut Mistakes) -> (Auth, Trust) {
    let (providers, keys): (Vec<_>, Vec<_>) =
        config.providers.iter().map(|provider| Provider::compile(provider, mistakes)).unzip();
    let places = Places::new(&config.from);
    check_headers(config, &places, mistakes);
    let auth = Auth {
        identity_headers: identity_headers(config, &providers),
        allow_preflight: config.allow_preflight,
        leniencies: leniencies(config, mistakes),
        places,
        forward_token: config.forward_token,
        max_token_bytes: config.max_token_bytes,
        providers,
        output: output(config, wanted),
        rules: rules(config, mistakes),
        realm: config.realm.clone(),
    };
    (auth, Trust::new(keys, TokenCache::new(config.cache_size)))
}

fn identity_headers(config: &AuthConfig, providers: &[Provider]) -> IdentityHeaders {
    let claims = providers.iter().flat_map(Provider::header_names);
    IdentityHeaders::new(claims.chain(config.forward_payload_header.as_deref()))
}

fn output(config: &AuthConfig, wanted: &[String]) -> Output {
    // A name that walks nowhere names a claim that no token has.
    let wanted = wanted.iter().filter_map(|name| Some((Rc::from(name.as_str()), ClaimPath::dotted(name)?)));
    Output {
        payload_header: config.forward_payload_header.as_deref().map(Rc::from),
        wanted: wanted.collect(),
        rules: config.require.iter().map(Rule::new).collect(),
    }
}

fn leniencies(config: &AuthConfig, mistakes: &mut Mistakes) -> PathTable<Leniency> {
    let mut rules = PathRules::default();
    for entry in &config.exclude_paths {
        insert(&mut rules, entry, Leniency::Excluded, mistakes);
    }
    for entry in &config.optional_paths {
        insert(&mut rules, entry, Leniency::Optional, mistakes);
    }
    rules.build()
}

fn rules(config: &AuthConfig, mistakes: &mut Mistakes) -> PathTable<usize> {
    let mut rules = PathRules::default();
    for (number, requirement) in config.require.iter().enumerate() {
        insert(&mut rules, &requirement.entry, number, mistakes);
    }
    rules.build()
}

fn insert<T>(rules: &mut PathRules<T>, entry: &PathEntry, value: T, mistakes: &mut Mistakes) {
    if let Err(clash) = rules.insert(entry.path.clone(), entry.methods.clone(), value) {
        mistakes.add(entry.at.as_str(), Fault::Twice { first: clash.with });
    }
}

/// An identity header is taken off every request: a token that stands there would never be seen.
fn check_headers(config: &AuthConfig, places: &Places, mistakes: &mut Mistakes) {
    let claims = config.providers.iter().flat_map(|provider| &provider.claims_to_headers);
    let claims = claims.map(|entry| (entry.at.as_str(), entry.header.as_str()));
    let payload =
        config.forward_payload_header.iter().map(|name| ("auth.forward_payload_header", name.as_str()));
    for (at, header) in claims.chain(payload) {
        let identity = IdentityHeaders::new(std::iter::once(header));
        if places.headers().any(|place| identity.hold(place.as_bytes())) {
            mistakes.wrong(at, "tokens are read from this header, so it cannot carry an identity");
        }
    }
    let Some(payload) = &config.forward_payload_header else { return };
    let mut claims = config.providers.iter().flat_map(|provider| &provider.claims_to_headers);
    if let Some(twin) = claims.find(|entry| entry.header == *payload) {
        mistakes.add("auth.forward_payload_header", Fault::Twice { first: twin.at.clone() });
    }
}
