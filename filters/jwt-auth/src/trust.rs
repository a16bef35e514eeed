//! What a worker trusts at the moment: the key sets of its providers, and the tokens that they have verified.

use std::rc::Rc;
use std::time::Duration;

use crate::jose_header::LastHeader;
use crate::key_set::KeySet;
use crate::token_cache::TokenCache;
use crate::visa::{Remembered, Standing};

/// The state of a worker.
#[derive(Debug)]
pub struct Trust {
    keys: Vec<Option<Rc<KeySet>>>,
    cache: TokenCache,
    last_header: LastHeader,
}

impl Trust {
    pub(crate) fn new(keys: Vec<Option<Rc<KeySet>>>, cache: TokenCache) -> Self {
        Self { keys, cache, last_header: LastHeader::default() }
    }

    /// The keys of a provider.
    #[must_use]
    pub fn keys(&self, provider: usize) -> Option<&Rc<KeySet>> {
        self.keys.get(provider)?.as_ref()
    }

    /// Puts a new set in the place of a provider's old one. What the keys verified that stay in it stays verified.
    pub fn renew(&mut self, provider: usize, keys: KeySet) {
        if let Some(place) = self.keys.get_mut(provider) {
            let kept = match place {
                Some(before) => keys.keeping(before),
                None => keys,
            };
            *place = Some(Rc::new(kept));
        }
    }

    /// Takes a provider's keys away: they are too old to be trusted, and so is what they verified.
    pub fn withdraw(&mut self, provider: usize) {
        if let Some(place) = self.keys.get_mut(provider) {
            *place = None;
        }
    }

    /// What reads the headers of tokens.
    pub(crate) fn last_header(&mut self) -> &mut LastHeader {
        &mut self.last_header
    }

    /// The tokens remembered.
    #[must_use]
    pub fn cache(&self) -> &TokenCache {
        &self.cache
    }

    /// How this token stands, if it was verified before, by a key that is still trusted.
    pub(crate) fn remembered(&mut self, token: &[u8], now: Duration) -> Option<Remembered> {
        let keys = &self.keys;
        self.cache.find(token, |standing| {
            let (provider, key) = standing.signer();
            let trusted = keys.get(provider).and_then(Option::as_ref);
            if trusted.is_some_and(|keys| keys.holds(key)) { standing.at(now) } else { None }
        })
    }

    pub(crate) fn remember(&mut self, token: &[u8], standing: Standing, now: Duration) {
        self.cache.insert(token, standing, now);
    }
}
