//! One issuer of tokens, compiled: what its tokens must be, and what its claims become.

use std::rc::Rc;
use std::time::Duration;

use portcullis_document::auth::{ClaimPath, KeysConfig, ProviderConfig, RefreshConfig};
use portcullis_document::{Fault, Mistakes, Upstream};
use portcullis_http::Identity;

use crate::algorithm::{Algorithm, AlgorithmSet};
use crate::claim;
use crate::key::Origin;
use crate::key_set::{KeySet, KeySetFault};
use crate::object::Object;
use crate::reason::Reason;
use crate::requirement::Rule;
use crate::token::VerifiedToken;
use crate::validity::{Invalid, Validity};
use crate::visa::{Epitaph, Stamp, Standing, Visa};

/// An issuer of tokens.
#[derive(Debug)]
pub struct Provider {
    issuer: Option<String>,
    algorithms: AlgorithmSet,
    validity: Validity,
    headers: Vec<(ClaimPath, Rc<str>)>,
    remote: Option<RemoteKeys>,
}

/// Keys that are fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteKeys {
    /// From here.
    pub upstream: Upstream,
    /// At these times.
    pub refresh: RefreshConfig,
}

/// What all providers' tokens become, beside the provider's own headers.
#[derive(Debug)]
pub(crate) struct Output {
    /// The header for the whole payload.
    pub(crate) payload_header: Option<Rc<str>>,
    /// The claims that other sections of the document ask for.
    pub(crate) wanted: Vec<(Rc<str>, ClaimPath)>,
    /// The rules of `require`.
    pub(crate) rules: Vec<Rule>,
}

impl Provider {
    /// Compiles a provider; its inline keys come with it.
    pub(crate) fn compile(config: &ProviderConfig, mistakes: &mut Mistakes) -> (Self, Option<Rc<KeySet>>) {
        let algorithms = compile_algorithms(config, mistakes);
        let mut provider = Self {
            issuer: config.issuer.clone(),
            algorithms,
            validity: Validity {
                leeway: config.leeway,
                max_lifetime: config.max_lifetime,
                require_expiration: config.require_expiration,
                audiences: config.audiences.clone(),
            },
            headers: compile_headers(config),
            remote: None,
        };
        let inline = match &config.keys {
            Some(KeysConfig::Inline { at, json }) => read_inline(at, json, algorithms, mistakes),
            Some(KeysConfig::Remote { upstream, refresh }) => {
                provider.remote = Some(RemoteKeys { upstream: upstream.clone(), refresh: *refresh });
                None
            }
            None => None,
        };
        (provider, inline)
    }

    /// Whether it issues tokens of this issuer.
    pub(crate) fn issues(&self, issuer: Option<&str>) -> bool {
        self.issuer.is_none() || self.issuer.as_deref() == issuer
    }

    /// Where its keys are fetched from, if they are.
    #[must_use]
    pub fn remote(&self) -> Option<&RemoteKeys> {
        self.remote.as_ref()
    }

    /// The algorithms that its keys may be used with.
    #[must_use]
    pub fn algorithms(&self) -> AlgorithmSet {
        self.algorithms
    }

    /// The headers that its claims become.
    pub(crate) fn header_names(&self) -> impl Iterator<Item = &str> {
        self.headers.iter().map(|(_, name)| &**name)
    }

    /// How a token of this provider stands, unless it will never be good.
    pub(crate) fn standing(
        &self,
        own_number: usize,
        token: &VerifiedToken<'_>,
        output: &Output,
        now: Duration,
    ) -> Result<Standing, Reason> {
        match self.validity.check(token.claims(), now) {
            Ok(until) => Ok(Standing::Good(Rc::new(self.visa(own_number, token, output, until)?))),
            Err(Invalid::Expired) => {
                let until = self.validity.end(token.claims()).ok_or(Invalid::Expired)?;
                let key = Rc::clone(token.key());
                Ok(Standing::Over(Rc::new(Epitaph { until, provider: own_number, key })))
            }
            Err(invalid) => Err(invalid.into()),
        }
    }

    /// What a token of this provider gives its bearer, which is good until then.
    fn visa(
        &self,
        own_number: usize,
        token: &VerifiedToken<'_>,
        output: &Output,
        until: Option<Duration>,
    ) -> Result<Visa, Reason> {
        let claims = token.claims();
        let mut headers = self.write_headers(claims)?;
        if let Some(name) = &output.payload_header {
            headers.push(Stamp { name: Rc::clone(name), value: token.payload_text().into() });
        }
        let wanted = wanted_claims(claims, &output.wanted);
        let entries = headers.len() + wanted.len();
        let in_headers: usize = headers.iter().map(|stamp| stamp.value.len()).sum();
        let in_claims: usize = wanted.iter().map(|(_, text)| text.len()).sum();
        Ok(Visa {
            headers: headers.into(),
            identity: Identity::new(wanted),
            subject: claims.text("sub").map(|subject| shared(&subject)),
            meets: output.rules.iter().map(|rule| rule.is_met(claims)).collect(),
            until,
            provider: own_number,
            key: Rc::clone(token.key()),
            bytes: VISA_BYTES + entries * ENTRY_BYTES + in_headers + in_claims,
        })
    }

    fn write_headers(&self, claims: &Object<'_>) -> Result<Vec<Stamp>, Reason> {
        let mut headers = Vec::with_capacity(self.headers.len());
        for (path, name) in &self.headers {
            let Some(value) = claim::find(claims, path) else { continue };
            let Some(text) = claim::text(value)? else { continue };
            let value = shared(&claim::header_value(&text)?);
            headers.push(Stamp { name: Rc::clone(name), value: value.into() });
        }
        Ok(headers)
    }
}

/// About what a header or a claim takes beside its text, and a visa beside these.
const ENTRY_BYTES: usize = 32;
const VISA_BYTES: usize = 256;

/// The claims that others ask for. What cannot be written is not there.
fn wanted_claims(claims: &Object<'_>, wanted: &[(Rc<str>, ClaimPath)]) -> Vec<(Rc<str>, Rc<str>)> {
    let text = |path| claim::text(claim::find(claims, path)?).ok()?.map(|text| shared(&text));
    wanted.iter().filter_map(|(name, path)| Some((Rc::clone(name), text(path)?))).collect()
}

/// One piece of code for all the texts that a visa keeps.
#[inline(never)]
fn shared(text: &str) -> Rc<str> {
    text.into()
}

fn compile_algorithms(config: &ProviderConfig, mistakes: &mut Mistakes) -> AlgorithmSet {
    let Some(named) = &config.algorithms else {
        return AlgorithmSet::all();
    };
    let mut known = Vec::new();
    for (at, name) in named {
        match Algorithm::parse(name) {
            Some(algorithm) => known.push(algorithm),
            None => mistakes.add(
                at.as_str(),
                Fault::Expected { what: "an algorithm such as \"RS256\"".into(), got: format!("{name:?}") },
            ),
        }
    }
    known.into_iter().collect()
}

fn compile_headers(config: &ProviderConfig) -> Vec<(ClaimPath, Rc<str>)> {
    let headers = config.claims_to_headers.iter();
    headers.map(|entry| (entry.claim.clone(), entry.header.as_str().into())).collect()
}

/// A malformed key in the document is a mistake; one that is not used here is worth a warning.
fn read_inline(at: &str, json: &str, allowed: AlgorithmSet, mistakes: &mut Mistakes) -> Option<Rc<KeySet>> {
    match KeySet::read(json.as_bytes(), Origin::Inline, allowed) {
        Ok(read) => {
            note_left_out(at, &read.left_out, mistakes);
            Some(Rc::new(read.keys))
        }
        Err(KeySetFault::NoneUsable { left_out }) => {
            note_left_out(at, &left_out, mistakes);
            mistakes.wrong(at, "no usable key");
            None
        }
        Err(fault) => {
            mistakes.wrong(at, fault.to_string());
            None
        }
    }
}

fn note_left_out(at: &str, left_out: &[(usize, crate::key::KeyFault)], mistakes: &mut Mistakes) {
    for (number, fault) in left_out {
        let place = format!("{at}.keys[{number}]");
        if fault.is_malformed() {
            mistakes.wrong(place, fault.to_string());
        } else {
            mistakes.warn(place, fault.to_string());
        }
    }
}
