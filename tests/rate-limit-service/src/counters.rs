//! Limits, and their counters where the story wants them.

use std::collections::HashMap;
use std::sync::Arc;

use limitador::limit::{Context, Limit, Namespace};
use limitador::{CheckResult, RateLimiter};

use crate::messages::RateLimitRequest;
use crate::redis_counters::RedisCounters;

/// Limits and their counters.
pub enum Counters {
    /// In this process.
    Memory(Box<RateLimiter>),
    /// In Redis.
    Redis(Box<RedisCounters>),
}

/// As many keys as any story has.
const CAPACITY: u64 = 1_000_000;

impl Counters {
    /// Counts these limits, in memory or in the Redis of a URL.
    ///
    /// # Errors
    /// When the URL is none.
    pub fn of(limits: Vec<Limit>, redis: Option<&str>) -> Result<Counters, String> {
        if let Some(url) = redis {
            let limits = limits.into_iter().map(Arc::new).collect();
            let counters = RedisCounters::of(limits, url).map_err(|error| format!("{url}: {error}"))?;
            return Ok(Counters::Redis(Box::new(counters)));
        }
        let limiter = RateLimiter::new(CAPACITY);
        for limit in limits {
            limiter.add_limit(limit);
        }
        Ok(Counters::Memory(Box::new(limiter)))
    }

    /// Charges a request, or says that it is over a limit.
    pub async fn charge(&self, request: RateLimitRequest) -> Result<CheckResult, String> {
        let namespace = Namespace::from(request.domain);
        let descriptors = request.descriptors.into_iter();
        let entries = descriptors.map(|one| one.entries.into_iter().map(|entry| (entry.key, entry.value)));
        let mut context = Context::default();
        context.list_binding("descriptors".to_owned(), entries.map(HashMap::from_iter).collect());
        let hits = u64::from(request.hits_addend.max(1));
        match self {
            Counters::Memory(limiter) => limiter
                .check_rate_limited_and_update(&namespace, &context, hits)
                .map_err(|error| error.to_string()),
            Counters::Redis(counters) => {
                let touched = counters.touched(&namespace, &context);
                counters.charge(touched, hits).await.map_err(|error| error.to_string())
            }
        }
    }
}
