//! What no filter may do, because the real Envoy does not survive it, or does something that nobody can want.
//!
//! Each was seen on Envoy 1.40. The fake does not imitate them: it fails the test and says why.

/// Fails the test.
#[track_caller]
pub(crate) fn hazard(what: &str) -> ! {
    panic!("a real Envoy must not be treated like this: {what}")
}

pub(crate) const CONTINUED_WITHOUT_A_RESPONSE: &str =
    "a response was continued that has not begun, and Envoy dereferences a null pointer";

pub(crate) const FORWARDED_TWICE: &str =
    "headers were continued in their own callback, which then said Continue too, and they go out twice";

pub(crate) const TOUCHED_WHILE_TORN_DOWN: &str = "a stream was continued, answered or closed while it was torn down, and Envoy calls on_log again until its stack is full";

pub(crate) const BODY_LOST: &str = "a body paused behind headers that had been paused without the flag, and trailers then continued: Envoy calls the trailers' \
     callback twice and drops the body";

pub(crate) const ANSWER_SPLIT: &str =
    "a header of an answer holds a line break, which Envoy writes to an HTTP/1 client as it is";

pub(crate) const CLUSTER_PARSES: &str = "the name of a gRPC cluster happens to parse as a GrpcService message without a target, and Envoy aborts; send the message";
