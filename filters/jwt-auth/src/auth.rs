//! The decision about a request.

use std::rc::Rc;
use std::time::Duration;

use portcullis_document::AuthConfig;
use portcullis_document::{CanonicalPath, Mistakes, PathTable};
use portcullis_http::{Head, Identity};

use crate::compile;
use crate::identity_headers::IdentityHeaders;
use crate::jose_header::JoseHeader;
use crate::key_set::KeySet;
use crate::place::{Found, Places, SeveralTokens};
use crate::provider::{Output, Provider};
use crate::reason::Reason;
use crate::requirement::Rule;
use crate::signature::SignatureCheck;
use crate::token::{Parts, UntrustedToken};
use crate::trust::Trust;
use crate::validity::Invalid;
use crate::visa::{Remembered, Standing, Visa};

/// The section `auth`, compiled.
#[derive(Debug)]
pub struct Auth {
    pub(crate) identity_headers: IdentityHeaders,
    pub(crate) allow_preflight: bool,
    pub(crate) leniencies: PathTable<Leniency>,
    pub(crate) places: Places,
    pub(crate) forward_token: bool,
    pub(crate) max_token_bytes: usize,
    pub(crate) providers: Vec<Provider>,
    pub(crate) output: Output,
    pub(crate) rules: PathTable<usize>,
    pub(crate) realm: String,
}

/// What a path lets through without a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leniency {
    /// Everything; no token is looked at.
    Excluded,
    /// Requests without a token.
    Optional,
}

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It goes on.
    Pass(Pass),
    /// It goes no further.
    Refuse(Reason),
    /// It cannot be decided with the keys that are there.
    NeedKeys(Need),
}

/// On what ground a request goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pass {
    /// It is a CORS preflight.
    Preflight,
    /// Its path is excluded.
    Excluded,
    /// Its path asks for no token, and it has none.
    Anonymous,
    /// It has a good token.
    Verified {
        /// The claims that other filters ask for.
        identity: Identity,
        /// `sub`.
        subject: Option<Rc<str>>,
        /// Whether the token was known before.
        was_remembered: bool,
    },
}

/// Which keys are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// Of which provider.
    pub provider: usize,
    /// What is missing.
    pub missing: Missing,
}

/// What is missing of a provider's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// All of them.
    Everything,
    /// The one that the token names. A newer set may have it; if there is none to be had, the reason is [`Reason::UnknownKey`].
    NamedKey,
}

impl Auth {
    /// Compiles the section. `wanted` are the claims that other sections ask for, by the names that these use.
    pub fn compile(config: &AuthConfig, wanted: &[String], mistakes: &mut Mistakes) -> (Self, Trust) {
        compile::auth(config, wanted, mistakes)
    }

    /// The providers; a decision names them by their place here.
    #[must_use]
    pub fn providers(&self) -> &[Provider] {
        &self.providers
    }

    /// The realm of challenges.
    #[must_use]
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// Whether a header or trailer of this name would be read as one of those that carry identity.
    #[must_use]
    pub fn carries_identity(&self, name: &[u8]) -> bool {
        self.identity_headers.hold(name)
    }

    /// Decides about a request, and makes its headers say what they may: the items of the list in the crate's
    /// documentation, one by one. The same request may be decided about again when there are more keys.
    pub fn decide(
        &self,
        request: &mut Head,
        path: &CanonicalPath<'_>,
        trust: &mut Trust,
        host: &dyn SignatureCheck,
        now: Duration,
    ) -> Decision {
        self.identity_headers.strip(request);
        if self.allow_preflight && is_preflight(request) {
            return Decision::Pass(Pass::Preflight);
        }
        let leniency = self.leniency(path, request.method());
        if leniency == Some(Leniency::Excluded) {
            return Decision::Pass(Pass::Excluded);
        }
        match self.take_token(request, trust, host, now) {
            Ok(Some(shown)) => self.admit(request, path, &shown),
            Ok(None) if leniency == Some(Leniency::Optional) => Decision::Pass(Pass::Anonymous),
            Ok(None) => Decision::Refuse(Reason::TokenMissing),
            Err(Open::Refused(reason)) => Decision::Refuse(reason),
            Err(Open::Undecided(need)) => Decision::NeedKeys(need),
        }
    }

    /// Nothing is granted because of a path that two readers may read differently.
    fn leniency(&self, path: &CanonicalPath<'_>, method: &[u8]) -> Option<Leniency> {
        let found = self.leniencies.find(path.as_str(), method)?;
        path.is_canonical().then_some(*found.value)
    }

    fn take_token(
        &self,
        request: &mut Head,
        trust: &mut Trust,
        host: &dyn SignatureCheck,
        now: Duration,
    ) -> Result<Option<Shown>, Open> {
        let Some(found) = self.places.find(request)? else {
            return Ok(None);
        };
        let place = found.place;
        let shown = match trust.remembered(&found.token, now) {
            Some(Remembered::Good(visa)) => Shown { visa, was_remembered: true },
            Some(Remembered::Expired) => return Err(Invalid::Expired.into()),
            None => self.verify(&found.token, trust, host, now).map_err(|open| self.told(open, &found))?,
        };
        if !self.forward_token {
            self.places.remove(place, request);
        }
        Ok(Some(shown))
    }

    /// Several tokens in one line are no token, whatever makes them none.
    #[cold]
    fn told(&self, open: Open, found: &Found<'_>) -> Open {
        if self.places.are_several(found) { SeveralTokens.into() } else { open }
    }

    fn verify(
        &self,
        token: &[u8],
        trust: &mut Trust,
        host: &dyn SignatureCheck,
        now: Duration,
    ) -> Result<Shown, Open> {
        let parts = Parts::split(token, self.max_token_bytes, trust.last_header())?;
        let untrusted = parts.untrusted()?;
        let (number, provider) = self.provider_of(&untrusted)?;
        let keys = trust
            .keys(number)
            .ok_or(Open::Undecided(Need { provider: number, missing: Missing::Everything }))?;
        let header = parts.header();
        let candidates = keys.candidates(header.kid.as_deref(), header.algorithm);
        let verified = untrusted.verify(candidates, host);
        let verified = verified.ok_or_else(|| unverified(number, provider, keys, header))?;
        let standing = provider.standing(number, &verified, &self.output, now)?;
        trust.remember(token, standing.clone(), now);
        match standing {
            Standing::Good(visa) => Ok(Shown { visa, was_remembered: false }),
            Standing::Over(_) => Err(Invalid::Expired.into()),
        }
    }

    fn provider_of(&self, token: &UntrustedToken<'_>) -> Result<(usize, &Provider), Reason> {
        let issuer = token.issuer_unchecked();
        let mut providers = self.providers.iter().enumerate();
        let found = providers.find(|(_, provider)| provider.issues(issuer.as_deref()));
        found.ok_or(Reason::UnknownIssuer)
    }

    /// The first rule of this path that the token does not meet. A path that can be read in two ways has the rules of both.
    fn unmet(&self, request: &Head, path: &CanonicalPath<'_>, shown: &Shown) -> Option<usize> {
        let loosest = path.loosest();
        let mut readings = std::iter::once(path).chain(loosest.as_ref());
        readings.find_map(|path| {
            let rule = *self.rules.find(path.as_str(), request.method())?.value;
            (!shown.visa.meets(rule)).then_some(rule)
        })
    }

    /// The token is good; whether it is good enough for this path is what is left.
    fn admit(&self, request: &mut Head, path: &CanonicalPath<'_>, shown: &Shown) -> Decision {
        if let Some(unmet) = self.unmet(request, path, shown) {
            let scope = self.output.rules.get(unmet).and_then(Rule::scope);
            return Decision::Refuse(Reason::Insufficient { scope });
        }
        shown.visa.stamp(request);
        Decision::Pass(Pass::Verified {
            identity: shown.visa.identity.clone(),
            subject: shown.visa.subject.clone(),
            was_remembered: shown.was_remembered,
        })
    }
}

/// A token that is good.
struct Shown {
    visa: Rc<Visa>,
    was_remembered: bool,
}

/// Why none of the keys there are has verified a token.
#[cold]
fn unverified(number: usize, provider: &Provider, keys: &KeySet, header: &JoseHeader) -> Open {
    let kid = header.kid.as_deref();
    let is_named = kid.is_none_or(|kid| keys.names(kid));
    if provider.remote().is_some() && !is_named {
        return Open::Undecided(Need { provider: number, missing: Missing::NamedKey });
    }
    let mut candidates = keys.candidates(kid, header.algorithm);
    Open::Refused(if candidates.next().is_none() { Reason::UnknownKey } else { Reason::WrongSignature })
}

/// Why a token is not good, or not yet.
enum Open {
    Refused(Reason),
    Undecided(Need),
}

impl<R: Into<Reason>> From<R> for Open {
    fn from(reason: R) -> Self {
        Self::Refused(reason.into())
    }
}

impl From<SeveralTokens> for Reason {
    fn from(_: SeveralTokens) -> Self {
        Self::SeveralTokens
    }
}

/// A browser asks before it sends what needs a token (Fetch Standard, section 4.8).
fn is_preflight(request: &Head) -> bool {
    request.method() == b"OPTIONS"
        && request.get("origin").is_some()
        && request.get("access-control-request-method").is_some()
}

#[cfg(test)]
mod tests;
