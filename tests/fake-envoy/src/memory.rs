//! The border: pointers of a guest become slices, and bytes of the host become the guest's.
//!
//! In a real VM the host asks the guest to allocate (`proxy_on_memory_allocate`), and the guest owns what it was given.
//! Natively both sides share one allocator, so the host hands over boxes of exactly the right capacity, which the guest
//! takes with `Vec::from_raw_parts(pointer, size, size)`.

#![expect(unsafe_code, reason = "pointers of a guest become slices here")]

use std::cell::Cell;

use crate::abi::Answer;

thread_local! {
    static GIVEN: Cell<bool> = const { Cell::new(false) };
}

/// Whether bytes were given since this was asked last: a real host has then entered the guest once more, for memory.
pub(crate) fn was_given() -> bool {
    GIVEN.replace(false)
}

/// The guest's bytes at `data`.
///
/// # Safety
/// `data` is null, or points to `size` bytes that live as long as the host call.
pub(crate) unsafe fn bytes<'a>(data: *const u8, size: usize) -> &'a [u8] {
    if data.is_null() || size == 0 {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(data, size) }
}

/// The guest's text at `data`: names of headers, clusters and metrics, which Envoy too takes for text.
///
/// # Safety
/// As for [`bytes`].
pub(crate) unsafe fn text<'a>(data: *const u8, size: usize) -> std::borrow::Cow<'a, str> {
    // SAFETY: the caller's promise.
    String::from_utf8_lossy(unsafe { bytes(data, size) })
}

/// Gives `value` to the guest. An empty value is a null pointer and a size of nought, as Envoy's is.
///
/// # Safety
/// `data` and `size` are null or can be written to; the guest frees what it finds there, and is given nothing where there is
/// no place for it.
pub(crate) unsafe fn give(value: Vec<u8>, data: *mut *mut u8, size: *mut usize) -> Answer {
    let length = value.len();
    let pointer = if value.is_empty() || data.is_null() {
        std::ptr::null_mut()
    } else {
        GIVEN.set(true);
        Box::into_raw(value.into_boxed_slice()).cast::<u8>()
    };
    // SAFETY: the caller's promise.
    unsafe {
        put(data, pointer);
        put(size, length);
    }
    Ok(())
}

/// Writes `value` where the guest wants it.
///
/// # Safety
/// `place` is null or can be written to.
pub(crate) unsafe fn put<T>(place: *mut T, value: T) {
    if !place.is_null() {
        // SAFETY: not null, and the caller promises the rest.
        unsafe { place.write(value) };
    }
}
