//! What becomes of a stream: it goes on, it is answered, it is torn down. All of it happens when the guest has returned.

use super::host_call;
use crate::abi::{Direction, Status};
use crate::header_map::HeaderMap;
use crate::host::Afterwards;
use crate::local_reply::LocalReply;
use crate::memory;

/// A stream type of TCP that cannot be continued.
const UPSTREAM: u32 = 3;

/// Whichever direction goes on, the request's maps are out of reach from now on.
#[unsafe(no_mangle)]
extern "C" fn proxy_continue_stream(stream_type: u32) -> Status {
    host_call("proxy_continue_stream", |host| {
        let direction = Direction::from_abi(stream_type)?;
        if stream_type == UPSTREAM {
            return Err(Status::Unimplemented);
        }
        let context = host.context();
        if let Some(stream) = host.stream_mut(context) {
            stream.request.headers_visible = false;
            stream.request.trailers_visible = false;
            host.afterwards.extend(direction.map(|direction| Afterwards::Continue(context, direction)));
        }
        Ok(())
    })
}

#[unsafe(no_mangle)]
extern "C" fn proxy_close_stream(stream_type: u32) -> Status {
    host_call("proxy_close_stream", |host| {
        let is_of_http = Direction::from_abi(stream_type)?.is_some();
        let context = host.context();
        if is_of_http && host.stream(context).is_some() {
            host.afterwards.push(Afterwards::Reset(context));
        }
        Ok(())
    })
}

/// Whatever stream is answered, the callback that is running stops its own: it does not go on, whatever it says.
#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_send_local_response(
    status: u32,
    details: *const u8,
    details_size: usize,
    body: *const u8,
    body_size: usize,
    headers: *const u8,
    headers_size: usize,
    _grpc_status: i32,
) -> Status {
    host_call("proxy_send_local_response", |host| {
        let context = host.context();
        // SAFETY: the guest's promise.
        let reply = unsafe {
            LocalReply {
                status,
                body: memory::bytes(body, body_size).to_vec(),
                headers: HeaderMap::decode(memory::bytes(headers, headers_size)),
                details: LocalReply::without_space(&memory::text(details, details_size)),
            }
        };
        if host.stream(context).is_some() {
            host.afterwards.push(Afterwards::Reply(context, reply));
        }
        host.stop_next = true;
        Ok(())
    })
}

/// Names the context that the following host calls are about, until the guest returns. Nought is the one that was called.
#[unsafe(no_mangle)]
extern "C" fn proxy_set_effective_context(context: u32) -> Status {
    host_call("proxy_set_effective_context", |host| {
        if context != 0 && !host.knows(context) {
            return Err(Status::BadArgument);
        }
        host.effective = context;
        Ok(())
    })
}

/// A root that was not done is done now.
#[unsafe(no_mangle)]
extern "C" fn proxy_done() -> Status {
    host_call("proxy_done", |host| {
        let root = host.context();
        if !host.roots.get(&root).is_some_and(|root| root.leaving) {
            return Err(Status::NotFound);
        }
        host.afterwards.push(Afterwards::DeleteRoot(root));
        Ok(())
    })
}
