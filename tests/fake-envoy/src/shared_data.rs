//! The shared data of a process: one map under one mutex, for every VM on every worker.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::abi::{Answer, Status};

/// Shared data, to be put in an `Arc` and given to every fake Envoy that is a worker of the same process.
///
/// A key is never deleted, nothing is limited, and the namespace is the `vm_id` alone.
#[derive(Debug, Default)]
pub struct SharedData {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    last_cas: u32,
    values: HashMap<(String, Vec<u8>), Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    value: Vec<u8>,
    cas: u32,
}

impl SharedData {
    /// The value of a key with its CAS number.
    ///
    /// # Errors
    /// `NotFound` for a key that was never set.
    pub fn get(&self, vm_id: &str, key: &[u8]) -> Result<(Vec<u8>, u32), Status> {
        let inner = self.lock();
        let entry = inner.values.get(&(vm_id.to_owned(), key.to_vec())).ok_or(Status::NotFound)?;
        Ok((entry.value.clone(), entry.cas))
    }

    /// Sets a key. A `cas` of nought is unconditional; any other must be the key's own, unless the key is missing: then the
    /// value goes in, whatever the number. A number that was never issued is therefore "create if absent".
    ///
    /// # Errors
    /// `CasMismatch` when the key holds another number.
    pub fn set(&self, vm_id: &str, key: &[u8], value: &[u8], cas: u32) -> Answer {
        let mut inner = self.lock();
        let name = (vm_id.to_owned(), key.to_vec());
        let held = inner.values.get(&name).map(|entry| entry.cas);
        if held.is_some_and(|held| cas != 0 && cas != held) {
            return Err(Status::CasMismatch);
        }
        let cas = inner.next_cas();
        inner.values.insert(name, Entry { value: value.to_vec(), cas });
        Ok(())
    }

    /// How many keys there are, in all namespaces.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().values.len()
    }

    /// Whether nothing was ever set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lock().values.is_empty()
    }

    /// The keys of a namespace.
    #[must_use]
    pub fn keys(&self, vm_id: &str) -> HashSet<Vec<u8>> {
        let inner = self.lock();
        inner.values.keys().filter(|(id, _)| id == vm_id).map(|(_, key)| key.clone()).collect()
    }

    /// A worker that failed its test leaves the map whole, so a poisoned lock says nothing.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Nought means "unconditional", so it is never issued.
    fn next_cas(&mut self) -> u32 {
        self.last_cas = self.last_cas.checked_add(1).unwrap_or(1);
        self.last_cas
    }
}

#[cfg(test)]
mod tests {
    use super::SharedData;
    use crate::abi::Status;

    /// A number that is never issued in a test.
    const NEVER: u32 = u32::MAX;

    #[test]
    fn a_missing_key_is_not_found() {
        assert_eq!(SharedData::default().get("vm", b"key"), Err(Status::NotFound));
    }

    #[test]
    fn a_number_that_was_never_issued_creates_a_missing_key_and_refuses_one_that_is_there() {
        let shared = SharedData::default();
        assert_eq!(shared.set("vm", b"key", b"first", NEVER), Ok(()));
        assert_eq!(shared.set("vm", b"key", b"second", NEVER), Err(Status::CasMismatch));
        assert_eq!(shared.get("vm", b"key").map(|(value, _)| value), Ok(b"first".to_vec()));
    }

    #[test]
    fn only_the_number_that_was_read_replaces_a_value() {
        let shared = SharedData::default();
        shared.set("vm", b"key", b"1", 0).unwrap();
        let (_, cas) = shared.get("vm", b"key").unwrap();
        assert_eq!(shared.set("vm", b"key", b"2", cas), Ok(()));
        assert_eq!(shared.set("vm", b"key", b"3", cas), Err(Status::CasMismatch));
        assert_eq!(shared.set("vm", b"key", b"4", 0), Ok(()), "nought is unconditional");
    }

    #[test]
    fn an_empty_value_keeps_its_key() {
        let shared = SharedData::default();
        shared.set("vm", b"key", b"", 0).unwrap();
        assert_eq!(shared.get("vm", b"key").map(|(value, _)| value), Ok(Vec::new()));
        assert_eq!(shared.len(), 1);
    }

    #[test]
    fn the_vm_id_is_the_namespace() {
        let shared = SharedData::default();
        shared.set("a", b"key", b"1", 0).unwrap();
        assert_eq!(shared.get("b", b"key"), Err(Status::NotFound));
    }

    #[test]
    fn of_many_threads_that_create_a_key_one_wins() {
        let shared = SharedData::default();
        let wins = std::thread::scope(|scope| {
            let create = || shared.set("vm", b"key", b"x", NEVER).is_ok();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(create)).collect();
            threads.into_iter().filter_map(|thread| thread.join().ok()).filter(|won| *won).count()
        });
        assert_eq!(wins, 1);
    }
}
