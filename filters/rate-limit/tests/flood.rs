//! Many keys: memory stays flat, and a client that is over its limit stays over it.

#![cfg(test)]

#[path = "support/limiter.rs"]
mod limiter;

use std::ops::Range;
use std::time::Duration;

use limiter::{Limiter, START};
use portcullis_rate_limit::Memory;

const MIB: usize = 1 << 20;

#[test]
fn memory_is_flat_once_the_table_is_full() {
    let store = Memory::default();
    let limiter = Limiter::new(r#""requests_per_hour": 5"#, &store);
    assert_eq!((0..9).filter(|_| limiter.passes("over", START)).count(), 5);
    let flood = |users: Range<u32>| {
        for user in users {
            limiter.passes(&format!("usr_{user}"), START + Duration::from_micros(1) * user);
        }
    };
    flood(0..200_000);
    let (entries, bytes) = store.size();
    flood(200_000..300_000);
    let (entries_later, bytes_later) = store.size();
    assert_eq!((entries, entries_later), (8_193, 8_193), "the sets and the header");
    assert!(bytes_later < bytes + MIB / 4 && bytes_later < 8 * MIB, "{bytes} {bytes_later}");
    let later = START + Duration::from_secs(1);
    assert!(!limiter.passes("over", later));
    assert!(limiter.passes("a newcomer", later));
}
