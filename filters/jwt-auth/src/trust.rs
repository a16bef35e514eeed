//! What a worker trusts at the moment: the key sets of its providers, and the tokens that they have verified.

use std::rc::Rc;
use std::time::Duration;

use crate::key_set::KeySet;
use crate::token_cache::TokenCache;
use crate::visa::Visa;

/// The state of a worker.
#[derive(Debug)]
pub struct Trust {
    keys: Vec<Option<Rc<KeySet>>>,
    cache: TokenCache,
}

impl Trust {
    pub(crate) fn new(keys: Vec<Option<Rc<KeySet>>>, cache: TokenCache) -> Self {
        Self { keys, cache }
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

    /// The tokens remembered.
    #[must_use]
    pub fn cache(&self) -> &TokenCache {
        &self.cache
    }

    /// What came of this token before, if it is good still: its time is not over, and its key is still trusted.
    pub(crate) fn remembered(&mut self, token: &[u8], now: Duration) -> Option<Rc<Visa>> {
        let keys = &self.keys;
        self.cache.find(token, |visa| {
            let trusted = keys.get(visa.provider).and_then(Option::as_ref);
            !visa.is_over(now) && trusted.is_some_and(|keys| keys.holds(&visa.key))
        })
    }

    pub(crate) fn remember(&mut self, token: &[u8], visa: &Rc<Visa>, now: Duration) {
        self.cache.insert(token, Rc::clone(visa), now);
    }
}
