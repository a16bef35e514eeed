//! What the guest allocates: the other half of a budget, besides crossings.

#![expect(unsafe_code, reason = "an allocator is unsafe by its trait")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, which counts what the guest takes. A test that wants to know makes it the global one:
///
/// ```
/// #[global_allocator]
/// static ALLOCATOR: fake_envoy::Allocator = fake_envoy::Allocator;
/// ```
pub struct Allocator;

thread_local! {
    static GUEST_RUNS: Cell<bool> = const { Cell::new(false) };
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

/// Runs the guest or the host; what ran before goes on afterwards.
pub(crate) fn while_guest<R>(runs: bool, act: impl FnOnce() -> R) -> R {
    let outer = GUEST_RUNS.replace(runs);
    let result = act();
    GUEST_RUNS.set(outer);
    result
}

/// How often the guest of this thread took memory so far.
pub(crate) fn count() -> u64 {
    COUNT.get()
}

/// Counts what the guest takes, or would take: a host call that answers with bytes has the guest allocate them.
pub(crate) fn add() {
    COUNT.set(COUNT.get() + 1);
}

fn note() {
    if GUEST_RUNS.get() {
        add();
    }
}

// SAFETY: each call is the system allocator's own.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note();
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note();
        // SAFETY: the caller's promise.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
