//! A rate and the tokens that may be saved up, in whole numbers.

use std::num::NonZeroU32;

use portcullis_document::rate_limiting::RateUnit;

/// A part of a token.
///
/// A unit of `n` nanoseconds cuts a token into `n` parts. A bucket that gains `requests` tokens in a unit then gains
/// exactly `requests` parts in a nanosecond: nothing is ever rounded, from one request a day to billions a second.
/// The numbers need 79 bits at most; they are bytes in shared data and 128 bits here.
pub(crate) type Parts = u128;

/// How fast a bucket refills and how much it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    requests: NonZeroU32,
    unit: RateUnit,
    burst: NonZeroU32,
    /// Tokens of the burst that workers may hold, and the bucket therefore not.
    lent: u32,
}

/// The bucket would take longer than [`LONGEST_FILL`] to fill: no process lives that long, and nanoseconds since the
/// epoch, plus this, still fit their 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FillsTooSlowly;

/// A bucket of at least so many tokens can be leased from; what workers may hold of it is then a sixtieth, at most.
const LEASABLE: u32 = 1 << 18;
/// The tokens that the workers of a process may hold of a bucket: 256 of them, which is more than a machine has cores.
pub(crate) const LENT: u32 = 256 * LEASE;
/// The tokens that a worker takes at once. A few are enough: of sixteen looks at shared data one is left.
pub(crate) const LEASE: u32 = 16;

/// A hundred years, in nanoseconds.
pub const LONGEST_FILL: u64 = 100 * 365 * 86_400 * NANOS_PER_SECOND;

const NANOS_PER_SECOND: u64 = 1_000_000_000;

impl Quota {
    /// So many requests in a unit, and so many at once.
    pub fn new(requests: NonZeroU32, unit: RateUnit, burst: NonZeroU32) -> Result<Self, FillsTooSlowly> {
        let quota = Self { requests, unit, burst, lent: 0 };
        let fill_time = quota.capacity().div_ceil(Parts::from(requests.get()));
        if fill_time > Parts::from(LONGEST_FILL) { Err(FillsTooSlowly) } else { Ok(quota) }
    }

    /// The rate's number of requests.
    #[must_use]
    pub fn requests(&self) -> u32 {
        self.requests.get()
    }

    /// The time that the rate counts them in.
    #[must_use]
    pub fn unit(&self) -> RateUnit {
        self.unit
    }

    /// How many requests a full bucket lets through at once.
    #[must_use]
    pub fn burst(&self) -> u32 {
        self.burst.get()
    }

    /// A full bucket, without what workers may hold of it.
    pub(crate) fn capacity(&self) -> Parts {
        self.tokens(self.burst.get().saturating_sub(self.lent))
    }

    /// Whether a bucket is so large that workers may hold some of it.
    pub(crate) fn is_leasable(&self) -> bool {
        self.burst.get() >= LEASABLE
    }

    /// A quota of whose buckets workers hold [`LENT`] tokens.
    pub(crate) fn leased(self) -> Self {
        Self { lent: LENT, ..self }
    }

    /// The tokens that workers may hold of a bucket.
    pub(crate) fn lent(&self) -> u32 {
        self.lent
    }

    /// So many whole tokens.
    pub(crate) fn tokens(&self, number: u32) -> Parts {
        Parts::from(number) * Parts::from(nanos(self.unit))
    }

    /// What a bucket gains in so many nanoseconds, without regard to what it holds.
    pub(crate) fn gain_in(&self, nanos: u64) -> Parts {
        Parts::from(nanos) * Parts::from(self.requests.get())
    }

    /// After how many nanoseconds it has gained this: the first moment, to the nanosecond.
    pub(crate) fn time_to_gain(&self, parts: Parts) -> u64 {
        let requests = u64::from(self.requests.get());
        match u64::try_from(parts) {
            Ok(parts) => parts.div_ceil(requests),
            Err(_) => u64::try_from(parts.div_ceil(Parts::from(requests))).unwrap_or(u64::MAX),
        }
    }

    /// The whole tokens in this.
    pub(crate) fn whole_tokens(&self, parts: Parts) -> u32 {
        whole_tokens(self.unit, parts)
    }

    /// How long an empty bucket takes to fill.
    pub(crate) fn fill_time(&self) -> u64 {
        self.time_to_gain(self.capacity())
    }
}

/// The whole tokens in so many parts of a unit. Most numbers fit 64 bits, which a 32-bit module divides much faster.
pub(crate) fn whole_tokens(unit: RateUnit, parts: Parts) -> u32 {
    let token = nanos(unit);
    let whole = match u64::try_from(parts) {
        Ok(parts) => Parts::from(parts / token),
        Err(_) => parts / Parts::from(token),
    };
    u32::try_from(whole).unwrap_or(u32::MAX)
}

fn nanos(unit: RateUnit) -> u64 {
    u64::from(unit.seconds()) * NANOS_PER_SECOND
}

#[cfg(test)]
mod tests {
    use super::{FillsTooSlowly, LENT, Quota};
    use portcullis_document::rate_limiting::RateUnit;
    use std::num::NonZeroU32;

    fn quota(requests: u32, unit: RateUnit, burst: u32) -> Result<Quota, FillsTooSlowly> {
        Quota::new(NonZeroU32::new(requests).unwrap(), unit, NonZeroU32::new(burst).unwrap())
    }

    #[test]
    fn a_unit_gains_its_requests_whatever_they_are() {
        for unit in RateUnit::ALL {
            for requests in [1, 2, 3, 7, 1_000, 999_983, 1_000_000, u32::MAX] {
                let quota = quota(requests, unit, requests).unwrap();
                let nanos = u64::from(unit.seconds()) * 1_000_000_000;
                assert_eq!(quota.gain_in(nanos), quota.tokens(requests), "{requests} per {unit:?}");
                assert_eq!(quota.time_to_gain(quota.tokens(requests)), nanos);
                assert_eq!(quota.whole_tokens(quota.tokens(requests) - 1), requests - 1);
            }
        }
    }

    #[test]
    fn a_bucket_and_what_workers_hold_of_it_are_its_burst() {
        let whole = quota(1_000_000, RateUnit::Second, 262_144).unwrap();
        assert!(whole.is_leasable() && !quota(1, RateUnit::Second, 262_143).unwrap().is_leasable());
        assert_eq!(whole.capacity(), whole.tokens(262_144));
        assert_eq!(whole.leased().capacity(), whole.tokens(262_144 - LENT));
    }

    #[test]
    fn a_bucket_that_nobody_sees_full_is_refused() {
        assert_eq!(quota(1, RateUnit::Day, 36_501), Err(FillsTooSlowly));
        assert!(quota(1, RateUnit::Day, 36_500).is_ok());
        assert!(quota(u32::MAX, RateUnit::Day, u32::MAX).is_ok());
    }

    #[test]
    fn time_to_gain_is_the_first_moment() {
        let quota = quota(3, RateUnit::Second, 3).unwrap();
        let third = quota.time_to_gain(quota.tokens(1));
        assert_eq!(third, 333_333_334);
        assert!(quota.gain_in(third) >= quota.tokens(1) && quota.gain_in(third - 1) < quota.tokens(1));
    }
}
