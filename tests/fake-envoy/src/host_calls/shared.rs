//! What all workers share: data and queues.

use super::host_call;
use crate::abi::Status;
use crate::memory;

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_get_shared_data(
    key: *const u8,
    key_size: usize,
    value: *mut *mut u8,
    value_size: *mut usize,
    cas: *mut u32,
) -> Status {
    host_call("proxy_get_shared_data", |host| {
        // SAFETY: the guest's promise.
        let (found, number) = host.shared_data.get(&host.vm_id, unsafe { memory::bytes(key, key_size) })?;
        // SAFETY: as above.
        unsafe {
            memory::put(cas, number);
            memory::give(found, value, value_size)
        }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_set_shared_data(
    key: *const u8,
    key_size: usize,
    value: *const u8,
    value_size: usize,
    cas: u32,
) -> Status {
    host_call("proxy_set_shared_data", |host| {
        // SAFETY: the guest's promise.
        let (key, value) = unsafe { (memory::bytes(key, key_size), memory::bytes(value, value_size)) };
        host.shared_data.set(&host.vm_id, key, value, cas)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_register_shared_queue(
    name: *const u8,
    name_size: usize,
    token: *mut u32,
) -> Status {
    host_call("proxy_register_shared_queue", |host| {
        // SAFETY: the guest's promise.
        let queue = host.shared_queues.register(&host.vm_id, &unsafe { memory::text(name, name_size) });
        let root = host.root();
        host.queues.insert(queue, root);
        // SAFETY: as above.
        unsafe { memory::put(token, queue) };
        Ok(())
    })
}

/// Without a `vm_id` the VM's own is meant.
#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_resolve_shared_queue(
    vm_id: *const u8,
    vm_id_size: usize,
    name: *const u8,
    name_size: usize,
    token: *mut u32,
) -> Status {
    host_call("proxy_resolve_shared_queue", |host| {
        // SAFETY: the guest's promise.
        let (vm_id, name) = unsafe { (memory::text(vm_id, vm_id_size), memory::text(name, name_size)) };
        let vm_id = if vm_id.is_empty() { host.vm_id.as_str() } else { &vm_id };
        let queue = host.shared_queues.resolve(vm_id, &name)?;
        // SAFETY: as above.
        unsafe { memory::put(token, queue) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_dequeue_shared_queue(token: u32, value: *mut *mut u8, size: *mut usize) -> Status {
    host_call("proxy_dequeue_shared_queue", |host| {
        let item = host.shared_queues.dequeue(token)?;
        // SAFETY: the guest's promise.
        unsafe { memory::give(item, value, size) }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_enqueue_shared_queue(token: u32, value: *const u8, size: usize) -> Status {
    host_call("proxy_enqueue_shared_queue", |host| {
        // SAFETY: the guest's promise.
        host.shared_queues.enqueue(token, unsafe { memory::bytes(value, size) })
    })
}
