//! The 37 symbols that a module imports from `env`, each a translation into what the host does.
//!
//! A host call that is made where no fake Envoy runs (a destructor after the end of a test) fails; it does not abort the process.

#![expect(unsafe_code, reason = "the ABI is made of pointers and of symbols without mangled names")]

mod calls;
mod headers;
mod shared;
mod streams;
mod system;

use crate::abi::{Answer, Status};
use crate::allocations;
use crate::host::{self, Host};
use crate::memory;

/// Makes a host call: counts it and turns its answer into a number.
fn host_call(name: &'static str, act: impl FnOnce(&mut Host) -> Answer) -> Status {
    let answer = allocations::while_guest(false, || {
        host::try_with(|host| {
            host.counts.add(name);
            let answer = act(host);
            if memory::was_given() {
                host.counts.add("proxy_on_memory_allocate");
                allocations::add();
            }
            answer
        })
    });
    match answer {
        Some(Ok(())) => Status::Ok,
        Some(Err(status)) => status,
        None => Status::InternalFailure,
    }
}
