//! Clock, log, timers, metrics, properties and foreign functions.

use super::host_call;
use crate::abi::{LogLevel, Status};
use crate::host::{LogLine, Tick};
use crate::{memory, properties};
use std::time::Duration;

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_log(level: u32, message: *const u8, size: usize) -> Status {
    host_call("proxy_log", |host| {
        let level = LogLevel::from_abi(level)?;
        // SAFETY: the guest's promise.
        let text = unsafe { memory::text(message, size) }.into_owned();
        if level >= host.log_level {
            host.log.push(LogLine { level, text });
        }
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_get_log_level(level: *mut u32) -> Status {
    host_call("proxy_get_log_level", |host| {
        // SAFETY: the guest's promise.
        unsafe { memory::put(level, host.log_level as u32) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_get_current_time_nanoseconds(time: *mut u64) -> Status {
    host_call("proxy_get_current_time_nanoseconds", |host| {
        let now = u64::try_from(host.wall.as_nanos()).map_err(|_| Status::InternalFailure)?;
        // SAFETY: the guest's promise.
        unsafe { memory::put(time, now) };
        Ok(())
    })
}

/// The timer is the root's, whoever asks; nought stops it.
#[unsafe(no_mangle)]
extern "C" fn proxy_set_tick_period_milliseconds(period: u32) -> Status {
    host_call("proxy_set_tick_period_milliseconds", |host| {
        let period = Duration::from_millis(period.into());
        let due = host.elapsed + period;
        let root = host.root();
        if let Some(root) = host.roots.get_mut(&root) {
            root.tick = (!period.is_zero()).then_some(Tick { period, due });
        }
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_define_metric(
    kind: u32,
    name: *const u8,
    name_size: usize,
    id: *mut u32,
) -> Status {
    host_call("proxy_define_metric", |host| {
        // SAFETY: the guest's promise.
        let defined = host.metrics.define(kind, &unsafe { memory::text(name, name_size) })?;
        // SAFETY: as above.
        unsafe { memory::put(id, defined) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
extern "C" fn proxy_increment_metric(id: u32, offset: i64) -> Status {
    host_call("proxy_increment_metric", |host| host.metrics.increment(id, offset))
}

#[unsafe(no_mangle)]
extern "C" fn proxy_record_metric(id: u32, value: u64) -> Status {
    host_call("proxy_record_metric", |host| host.metrics.record(id, value))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_get_metric(id: u32, value: *mut u64) -> Status {
    host_call("proxy_get_metric", |host| {
        let read = host.metrics.read(id)?;
        // SAFETY: the guest's promise.
        unsafe { memory::put(value, read) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_get_property(
    path: *const u8,
    path_size: usize,
    value: *mut *mut u8,
    value_size: *mut usize,
) -> Status {
    host_call("proxy_get_property", |host| {
        // SAFETY: the guest's promise.
        let path = unsafe { memory::bytes(path, path_size) };
        if path.is_empty() {
            return Err(Status::SerializationFailure);
        }
        let found = properties::lookup(path, &host.properties, host.stream(host.context()));
        // SAFETY: as above.
        unsafe { memory::give(found.ok_or(Status::NotFound)?, value, value_size) }
    })
}

/// Becomes filter state `wasm.<path>` of the stream; a root has none.
#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_set_property(
    path: *const u8,
    path_size: usize,
    value: *const u8,
    value_size: usize,
) -> Status {
    host_call("proxy_set_property", |host| {
        // SAFETY: the guest's promise.
        let (path, value) = unsafe { (memory::bytes(path, path_size), memory::bytes(value, value_size)) };
        let stream = host.current_stream().ok_or(Status::NotFound)?;
        stream.filter_state.set(path, value);
        Ok(())
    })
}

/// The function runs outside the host, so that it may be anything that a test can write.
#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_call_foreign_function(
    name: *const u8,
    name_size: usize,
    arguments: *const u8,
    arguments_size: usize,
    results: *mut *mut u8,
    results_size: *mut usize,
) -> Status {
    // SAFETY: the guest's promise.
    let (name, arguments) =
        unsafe { (memory::text(name, name_size), memory::bytes(arguments, arguments_size)) };
    let mut function = None;
    let found = host_call("proxy_call_foreign_function", |host| {
        function = host.foreign.get(&*name).cloned();
        function.as_ref().map(drop).ok_or(Status::NotFound)
    });
    let Some(function) = function else { return found };
    match function(arguments) {
        // SAFETY: as above.
        Ok(bytes) => match unsafe { memory::give(bytes, results, results_size) } {
            Ok(()) => Status::Ok,
            Err(status) => status,
        },
        Err(status) => status,
    }
}
