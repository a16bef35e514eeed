//! Three answers made one: calls written, bodies checked, bytes stitched.

use std::time::Duration;

use portcullis_aggregate::{
    Aggregations, Answer, Call, CallId, Caller, NotSent, Progress, Request, Response, Rewrite, Surroundings,
    Turn,
};
use portcullis_document::Mistakes;
use portcullis_document::transformations::BodyEdits;
use portcullis_http::{Head, HeaderMap};
use serde_json::json;

use crate::{Case, bodies, case, document};

pub(crate) fn cases() -> Vec<Case> {
    vec![gather(1 << 10), gather(16 << 10)]
}

fn gather(size: usize) -> Case {
    let parts = ["a", "b", "c"].map(|name| json!({ "name": name, "cluster": name, "path": "/users?page=1" }));
    let document = document(&json!({ "aggregations": [{ "path": "/home", "parts": parts }] }));
    let surroundings = Surroundings {
        identity_headers: &[],
        has_claims: false,
        rewriter: &|_: &BodyEdits| Box::new(Nothing),
    };
    let all = Aggregations::compile(&document.aggregations, &surroundings, &mut Mistakes::default());
    let head = Head::new(HeaderMap::from_pairs(&[(":method", "GET"), (":path", "/home"), ("accept", "*/*")]));
    let body = bodies::users(size);
    case(format!("aggregate, 3 x {} KB", size >> 10), 3 * body.len(), move || answer_all(&all, &head, &body))
}

fn answer_all(all: &Aggregations, head: &Head, body: &[u8]) {
    let mut sent = Sent(0);
    let mut turn =
        Turn { request: Request { head, identity: None }, now: Duration::from_secs(1), caller: &mut sent };
    let mut progress = all.find(b"GET", "/home").expect("its path").start(&mut turn);
    let header =
        |name: &str| Some(if name == ":status" { b"200".to_vec() } else { b"application/json".to_vec() });
    let response = Response { header: &header, body_size: body.len(), body: &|_| body.to_vec() };
    for call in 1.. {
        match progress {
            Progress::Waiting(gather) => {
                progress = gather.on_answer(CallId(call), &Answer::Response(response), &mut turn);
            }
            Progress::Done(_) => break,
        }
    }
}

/// Every call is sent.
struct Sent(u32);

impl Caller for Sent {
    fn call(&mut self, _: &Call<'_>) -> Result<CallId, NotSent> {
        self.0 += 1;
        Ok(CallId(self.0))
    }
}

/// No part has fields to change.
struct Nothing;

impl Rewrite for Nothing {
    fn rewrite(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }
}
