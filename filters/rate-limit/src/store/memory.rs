//! A store in the memory of one process, with the rules of Envoy's shared data.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Store;

/// One map under one lock; a read copies the value, a write is refused where another came first. Tests and
/// simulations stand on it, with as many threads as they like.
#[derive(Debug, Default)]
pub struct Memory {
    map: Mutex<Map>,
}

#[derive(Debug, Default)]
struct Map {
    entries: HashMap<Vec<u8>, (Vec<u8>, u64)>,
    writes: u64,
    conflicts: u64,
}

impl Memory {
    /// The number of entries, and the bytes of their names and values.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let map = self.lock();
        let bytes = map.entries.iter().map(|(name, (value, _))| name.len() + value.len());
        (map.entries.len(), bytes.sum())
    }

    /// How many writes came too late.
    #[must_use]
    pub fn conflicts(&self) -> u64 {
        self.lock().conflicts
    }

    /// Overwrites every entry, as a module gone mad would.
    pub fn overwrite(&self, bytes: &[u8]) {
        for (value, _) in self.lock().entries.values_mut() {
            bytes.clone_into(value);
        }
    }

    /// A thread that panicked has left no half-made change behind.
    fn lock(&self) -> MutexGuard<'_, Map> {
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Memory {
    type Version = u64;

    fn read(&self, name: &[u8]) -> (Vec<u8>, u64) {
        self.lock().entries.get(name).cloned().unwrap_or_default()
    }

    fn write(&self, name: &[u8], value: &[u8], version: u64) -> bool {
        let mut map = self.lock();
        map.writes += 1;
        let next = map.writes;
        let known = map.entries.get(name).map_or(0, |(_, known)| *known);
        if known != version {
            map.conflicts += 1;
            return false;
        }
        map.entries.insert(name.to_vec(), (value.to_vec(), next));
        true
    }
}
