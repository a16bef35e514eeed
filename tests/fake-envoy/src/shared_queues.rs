//! The shared queues of a process.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::abi::{Answer, Status};

/// Shared queues, to be put in an `Arc` beside the shared data.
#[derive(Debug, Default)]
pub struct SharedQueues {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    tokens: BTreeMap<(String, String), u32>,
    items: BTreeMap<u32, VecDeque<Vec<u8>>>,
}

impl SharedQueues {
    pub(crate) fn register(&self, vm_id: &str, name: &str) -> u32 {
        let mut inner = self.lock();
        let next = u32::try_from(inner.tokens.len()).unwrap_or(u32::MAX).saturating_add(1);
        let token = *inner.tokens.entry((vm_id.to_owned(), name.to_owned())).or_insert(next);
        inner.items.entry(token).or_default();
        token
    }

    pub(crate) fn resolve(&self, vm_id: &str, name: &str) -> Result<u32, Status> {
        let key = (vm_id.to_owned(), name.to_owned());
        self.lock().tokens.get(&key).copied().ok_or(Status::NotFound)
    }

    pub(crate) fn enqueue(&self, token: u32, value: &[u8]) -> Answer {
        self.lock().items.get_mut(&token).ok_or(Status::NotFound)?.push_back(value.to_vec());
        Ok(())
    }

    pub(crate) fn dequeue(&self, token: u32) -> Result<Vec<u8>, Status> {
        let mut inner = self.lock();
        inner.items.get_mut(&token).ok_or(Status::NotFound)?.pop_front().ok_or(Status::Empty)
    }

    pub(crate) fn has_items(&self, token: u32) -> bool {
        self.lock().items.get(&token).is_some_and(|items| !items.is_empty())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
