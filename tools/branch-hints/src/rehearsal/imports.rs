//! What the module imports: the functions of proxy-wasm ABI 0.2.1 whose answers matter, and the one that counts.
//!
//! All others do nothing and say that it is done.

use anyhow::Result;
use wasmi::{Caller, Engine, Error, ExternType, Linker, Module, Val};

use super::guest::{Guest, Span, SpanPlaces};
use super::host::{Host, Shared};
use crate::counting::COUNT;

/// What a function answers.
const OK: u32 = 0;
const NOT_FOUND: u32 = 1;
const CAS_MISMATCH: u32 = 8;

type Called<'a> = Caller<'a, Host>;
type Answer = Result<u32, Error>;
/// Where the numbers are that the ABI passes one by one.
type At = u32;
type Length = u32;

/// A linker for the module.
pub(super) fn linker(engine: &Engine, module: &Module) -> Result<Linker<Host>> {
    let mut linker = Linker::new(engine);
    link_as_done(&mut linker, module)?;
    linker.allow_shadowing(true);
    link_headers(&mut linker)?;
    link_other_reading(&mut linker)?;
    link_changes(&mut linker)?;
    link_calls(&mut linker)?;
    linker.func_wrap(COUNT.0, COUNT.1, |mut caller: Called<'_>, condition: u32, tally: u32| {
        caller.data_mut().count(tally as usize, condition != 0);
        condition
    })?;
    Ok(linker)
}

/// Each function for now as one that does nothing and answers with 0, which says that it is done.
fn link_as_done(linker: &mut Linker<Host>, module: &Module) -> Result<()> {
    for import in module.imports() {
        let done = |_: Called<'_>, _: &[Val], results: &mut [Val]| {
            results.iter_mut().for_each(|result| *result = Val::I32(0));
            Ok(())
        };
        if let ExternType::Func(kind) = import.ty() {
            linker.func_new(import.module(), import.name(), kind.clone(), done)?;
        }
    }
    Ok(())
}

fn link_headers(linker: &mut Linker<Host>) -> Result<()> {
    let pairs = |caller: Called<'_>, map: u32, at: At, length: Length| {
        let found = caller.data().headers(map).map(|message| message.encoded_headers());
        give(Guest(caller), found, (at, length))
    };
    let value = |caller: Called<'_>, map: u32, name: At, n: Length, at: At, length: Length| {
        let guest = Guest(caller);
        let name = guest.text((name, n))?;
        let value = guest.0.data().headers(map).and_then(|message| message.header(&name));
        let value = value.map(|value| value.as_bytes().to_vec());
        give(guest, value, (at, length))
    };
    linker.func_wrap("env", "proxy_get_header_map_pairs", pairs)?;
    linker.func_wrap("env", "proxy_get_header_map_value", value)?;
    Ok(())
}

fn link_other_reading(linker: &mut Linker<Host>) -> Result<()> {
    let buffer = |caller: Called<'_>, kind: u32, start: u32, most: u32, at: At, length: Length| {
        let bytes = caller.data().buffer(kind).unwrap_or_default();
        let bytes = bytes.iter().skip(start as usize).take(most as usize).copied().collect();
        give(Guest(caller), Some(bytes), (at, length))
    };
    let property = |caller: Called<'_>, path: At, n: Length, at: At, length: Length| {
        let guest = Guest(caller);
        let is_address = guest.text((path, n))? == "source\0address";
        give(guest, is_address.then(|| b"10.0.0.7:40022".to_vec()), (at, length))
    };
    let now = |caller: Called<'_>, at: At| -> Answer {
        let now = caller.data().now.to_le_bytes();
        Guest(caller).write(at, &now)?;
        Ok(OK)
    };
    linker.func_wrap("env", "proxy_get_buffer_bytes", buffer)?;
    linker.func_wrap("env", "proxy_get_property", property)?;
    linker.func_wrap("env", "proxy_get_current_time_nanoseconds", now)?;
    Ok(())
}

/// What becomes of headers is not looked at.
fn link_changes(linker: &mut Linker<Host>) -> Result<()> {
    let set_buffer = |mut caller: Called<'_>, _: u32, _: u32, _: u32, _: At, _: Length| {
        caller.data_mut().piece.clear();
        caller.data_mut().has_rewritten = true;
        OK
    };
    let metric = |mut caller: Called<'_>, _: u32, _: At, _: Length, at: At| -> Answer {
        caller.data_mut().metrics += 1;
        let metric = caller.data().metrics;
        Guest(caller).write_number(at, metric)?;
        Ok(OK)
    };
    let log = |caller: Called<'_>, _: u32, at: At, length: Length| -> Answer {
        let mut guest = Guest(caller);
        let line = guest.text((at, length))?;
        guest.0.data_mut().log.push(line);
        Ok(OK)
    };
    linker.func_wrap("env", "proxy_set_buffer_bytes", set_buffer)?;
    linker.func_wrap("env", "proxy_define_metric", metric)?;
    linker.func_wrap("env", "proxy_log", log)?;
    linker.func_wrap("env", "proxy_get_shared_data", get_shared_data)?;
    linker.func_wrap("env", "proxy_set_shared_data", set_shared_data)?;
    Ok(())
}

fn get_shared_data(caller: Called<'_>, key: At, n: Length, at: At, length: Length, version: At) -> Answer {
    let mut guest = Guest(caller);
    let key = guest.bytes((key, n))?;
    let Some(Shared { value, version: known }) = guest.0.data().shared.get(&key).cloned() else {
        return Ok(NOT_FOUND);
    };
    guest.write_number(version, known)?;
    give(guest, Some(value), (at, length))
}

fn set_shared_data(caller: Called<'_>, key: At, n: Length, at: At, length: Length, version: u32) -> Answer {
    let mut guest = Guest(caller);
    let (key, value) = (guest.bytes((key, n))?, guest.bytes((at, length))?);
    let shared = guest.0.data_mut().shared.entry(key).or_default();
    if version != 0 && version != shared.version {
        return Ok(CAS_MISMATCH);
    }
    *shared = Shared { value, version: shared.version + 1 };
    Ok(OK)
}

fn link_calls(linker: &mut Linker<Host>) -> Result<()> {
    let http_call = |caller: Called<'_>,
                     _: At,
                     _: Length,
                     at: At,
                     length: Length,
                     _: At,
                     _: Length,
                     _: At,
                     _: Length,
                     _: u32,
                     token: At| call(Guest(caller), (at, length), token);
    let function = |caller: Called<'_>, _: At, _: Length, at: At, length: Length, to: At, size: At| {
        verify_signature(Guest(caller), (at, length), (to, size))
    };
    let reply = |caller: Called<'_>,
                 status: u32,
                 _: At,
                 _: Length,
                 body: At,
                 size: Length,
                 at: At,
                 length: Length,
                 _: u32| reply(Guest(caller), status, (body, size), (at, length));
    linker.func_wrap("env", "proxy_http_call", http_call)?;
    linker.func_wrap("env", "proxy_call_foreign_function", function)?;
    linker.func_wrap("env", "proxy_send_local_response", reply)?;
    Ok(())
}

fn call(mut guest: Guest<'_>, headers: Span, token: At) -> Answer {
    let request = guest.message(headers, Vec::new())?;
    let made = guest.0.data_mut().call(request.header(":path").unwrap_or_default().to_owned());
    guest.write_number(token, made)?;
    Ok(OK)
}

fn reply(mut guest: Guest<'_>, status: u32, body: Span, headers: Span) -> Answer {
    let body = guest.bytes(body)?;
    let mut reply = guest.message(headers, body)?;
    reply.headers.push((":status".to_owned(), status.to_string()));
    guest.0.data_mut().reply = Some(reply);
    Ok(OK)
}

/// Says yes to whatever it has not seen with one bit changed: the signatures of a rehearsal are none.
fn verify_signature(mut guest: Guest<'_>, question: Span, answer: SpanPlaces) -> Answer {
    let question = guest.bytes(question)?;
    let verdict = if guest.0.data_mut().is_tampered(&question) { NO } else { YES };
    give(guest, Some(verdict.to_vec()), answer)
}

/// Envoy's `VerifySignatureResult` (protocol buffers): a yes, and a no with its reason.
const YES: &[u8] = b"\x08\x01";
const NO: &[u8] = b"\x12\x26Failed to verify digest. Error code: 0";

/// Hands over what there is, or says that there is nothing.
fn give(mut guest: Guest<'_>, found: Option<Vec<u8>>, places: SpanPlaces) -> Answer {
    let Some(bytes) = found else { return Ok(NOT_FOUND) };
    guest.give(&bytes, places)?;
    Ok(OK)
}
