//! Whether a verified token is good here and now: its times and its audience (RFC 7519, section 4.1).

use std::time::Duration;

use serde_json::value::RawValue;

use crate::object::{self, Object};

/// What a provider asks of its tokens.
#[derive(Clone, Debug)]
pub(crate) struct Validity {
    /// How far the issuer's clock may be off.
    pub(crate) leeway: Duration,
    /// The longest life of a token.
    pub(crate) max_lifetime: Option<Duration>,
    /// Whether a token must have an end.
    pub(crate) require_expiration: bool,
    /// A token must be meant for one of these, if there are any.
    pub(crate) audiences: Option<Vec<String>>,
}

/// Why a verified token is no good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// A time is no number from 0 up to the end of the year 9999.
    MalformedTime {
        /// The claim.
        claim: &'static str,
    },
    /// `exp` has come.
    Expired,
    /// `exp` is absent.
    NoExpiration,
    /// `nbf` has not come.
    NotYetValid,
    /// `iat` has not come.
    IssuedInFuture,
    /// From `iat`, or now, to `exp` is longer than a token may live.
    LivesTooLong,
    /// `aud` holds none of the audiences.
    WrongAudience,
}

/// The claim of a token's end.
const EXPIRES: &str = "exp";

/// The first second of the year 10000: what is not below is a slip, such as milliseconds in place of seconds.
const END_OF_TIME: f64 = 253_402_300_800.0;
/// Below it a whole number of seconds is one.
const LAST_SECOND: u64 = 253_402_300_799;

impl Validity {
    /// Until when the token is good, leeway and all; for ever where it has no end and needs none.
    pub(crate) fn check(&self, claims: &Object<'_>, now: Duration) -> Result<Option<Duration>, Invalid> {
        let expires = time(claims, EXPIRES)?;
        let starts = time(claims, "nbf")?;
        let issued = time(claims, "iat")?;
        let until = self.check_end(expires, now)?;
        if starts.is_some_and(|starts| starts > now.saturating_add(self.leeway)) {
            return Err(Invalid::NotYetValid);
        }
        if issued.is_some_and(|issued| issued > now.saturating_add(self.leeway)) {
            return Err(Invalid::IssuedInFuture);
        }
        self.check_lifetime(issued.unwrap_or(now), expires)?;
        self.check_audience(claims)?;
        Ok(until)
    }

    /// When the token's time is over, leeway and all; `None` where it has no end that is one.
    pub(crate) fn end(&self, claims: &Object<'_>) -> Option<Duration> {
        Some(self.with_leeway(time(claims, EXPIRES).ok()??))
    }

    fn with_leeway(&self, expires: Duration) -> Duration {
        expires.saturating_add(self.leeway)
    }

    fn check_end(&self, expires: Option<Duration>, now: Duration) -> Result<Option<Duration>, Invalid> {
        let until = expires.map(|expires| self.with_leeway(expires));
        match until {
            Some(until) if now >= until => Err(Invalid::Expired),
            None if self.require_expiration => Err(Invalid::NoExpiration),
            _ => Ok(until),
        }
    }

    /// A token without an end outlives any bound.
    fn check_lifetime(&self, from: Duration, expires: Option<Duration>) -> Result<(), Invalid> {
        let Some(most) = self.max_lifetime else {
            return Ok(());
        };
        match expires {
            Some(expires) if expires.saturating_sub(from) <= most => Ok(()),
            _ => Err(Invalid::LivesTooLong),
        }
    }

    fn check_audience(&self, claims: &Object<'_>) -> Result<(), Invalid> {
        let Some(audiences) = &self.audiences else {
            return Ok(());
        };
        let is_ours = |value: &RawValue| {
            let text = object::text_of(value);
            text.is_some_and(|text| audiences.iter().any(|audience| *audience == text))
        };
        let meant_for_us = claims.get("aud").is_some_and(|value| match object::items_of(value) {
            Some(items) => items.into_iter().any(is_ours),
            None => is_ours(value),
        });
        if meant_for_us { Ok(()) } else { Err(Invalid::WrongAudience) }
    }
}

/// A NumericDate: seconds since 1970, which may have a fraction (RFC 7519, section 2). One piece of code for
/// all three: code that has run already for one is fast for the next.
#[inline(never)]
fn time(claims: &Object<'_>, claim: &'static str) -> Result<Option<Duration>, Invalid> {
    let Some(value) = claims.get(claim) else {
        return Ok(None);
    };
    numeric_date(value).map(Some).ok_or(Invalid::MalformedTime { claim })
}

/// Only a number has one of these first characters; `-0` is as wrong as any negative time.
fn numeric_date(value: &RawValue) -> Option<Duration> {
    let text = value.get();
    if !text.as_bytes().first()?.is_ascii_digit() {
        return None;
    }
    // Nearly all are whole, and spare the way through a float.
    if let Some(seconds) = text.parse().ok().filter(|seconds| *seconds < LAST_SECOND) {
        return Some(Duration::from_secs(seconds));
    }
    fractional_date(text)
}

#[cold]
fn fractional_date(text: &str) -> Option<Duration> {
    // Not `str::parse`, whose tables for the last bit of a fraction are 16 KB of a module.
    let seconds: f64 = serde_json::from_str(text).ok()?;
    let is_in_time = seconds < END_OF_TIME;
    Duration::try_from_secs_f64(seconds).ok().filter(|_| is_in_time)
}

#[cfg(test)]
mod tests;
