//! The host that tests play: it notes calls, and answers them when it is told to.

use std::cell::Cell;
use std::time::Duration;

use portcullis_document::transformations::BodyEdits;
use portcullis_document::{AggregationConfig, Mistakes, Node};
use portcullis_http::{Head, HeaderMap, Identity, Member, Refusal, Reply};

use crate::gather::{Progress, Turn};
use crate::{
    Aggregations, Answer, Call, CallId, Caller, Ending, NotSent, Outcome, Request, Response, Rewrite,
    Surroundings,
};

/// A call as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) cluster: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) timeout: Duration,
}

impl Sent {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn path(&self) -> &str {
        self.header(":path").unwrap()
    }
}

#[derive(Default)]
struct Host {
    sent: Vec<Sent>,
    unreachable: Vec<(&'static str, NotSent)>,
}

impl Caller for Host {
    fn call(&mut self, call: &Call<'_>) -> Result<CallId, NotSent> {
        if let Some((_, reason)) = self.unreachable.iter().find(|(cluster, _)| *cluster == call.cluster) {
            return Err(*reason);
        }
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        self.sent.push(Sent {
            cluster: call.cluster.to_owned(),
            headers: call.headers.iter().map(|(name, value)| (text(name), text(value))).collect(),
            timeout: call.timeout,
        });
        Ok(CallId(u32::try_from(self.sent.len() - 1).unwrap()))
    }
}

/// An aggregation in play.
pub(crate) struct Run {
    host: Host,
    head: Head,
    identity: Identity,
    now: Duration,
    progress: Option<Progress>,
}

/// Starts the aggregation of `GET /x`, whose parts are `parts`.
pub(crate) fn run(parts: &str) -> Run {
    run_with(&format!(r#"{{"path": "/x", "parts": {parts}}}"#), &[(":path", "/x?debug&limit=3")])
}

/// Starts an aggregation for a GET request with these headers.
pub(crate) fn run_with(aggregation: &str, headers: &[(&str, &str)]) -> Run {
    Run::prepare(headers).start(aggregation)
}

impl Run {
    pub(crate) fn prepare(headers: &[(&str, &str)]) -> Self {
        let claims = [("sub".into(), "usr_1".into())];
        Self {
            host: Host::default(),
            head: Head::new(HeaderMap::from_pairs(headers)),
            identity: Identity::new(claims),
            now: Duration::from_secs(1_000_000),
            progress: None,
        }
    }

    /// Calls to this cluster cannot be sent.
    pub(crate) fn unreachable(mut self, cluster: &'static str, reason: NotSent) -> Self {
        self.host.unreachable.push((cluster, reason));
        self
    }

    pub(crate) fn start(mut self, aggregation: &str) -> Self {
        let section = format!("[{aggregation}]");
        let mut mistakes = Mistakes::default();
        let node = Node::root(&section, &mut mistakes).unwrap();
        let configs = AggregationConfig::read_all(&node, &mut mistakes);
        let surroundings = Surroundings {
            identity_headers: &["x-user-id".to_owned()],
            has_claims: true,
            rewriter: &|edits| Box::new(Remove(edits.clone())),
        };
        let aggregations = Aggregations::compile(&configs, &surroundings, &mut mistakes);
        assert!(mistakes.is_empty(), "{mistakes}");
        let path = String::from_utf8(self.head.path().to_vec()).unwrap();
        let path = path.split('?').next().unwrap();
        let found = aggregations.find(b"GET", path).unwrap();
        self.progress = Some(self.turn(|turn| found.start(turn)));
        self
    }

    fn turn<T>(&mut self, act: impl FnOnce(&mut Turn<'_>) -> T) -> T {
        let request = Request { head: &self.head, identity: Some(&self.identity) };
        act(&mut Turn { request, now: self.now, caller: &mut self.host })
    }

    fn answer(&mut self, call: usize, answer: &Answer<'_>) -> &mut Self {
        if let Some(Progress::Waiting(gather)) = self.progress.take() {
            let id = CallId(u32::try_from(call).unwrap());
            self.progress = Some(self.turn(|turn| gather.on_answer(id, answer, turn)));
        }
        self
    }

    fn respond(&mut self, call: usize, headers: &[(&str, &str)], body: &[u8]) -> usize {
        let read = Cell::new(0);
        let body_of = |most: usize| {
            let bytes: Vec<u8> = body.iter().copied().take(most).collect();
            read.set(read.get() + bytes.len());
            bytes
        };
        let headers = HeaderMap::from_pairs(headers);
        let header = |name: &str| headers.first(name).map(<[u8]>::to_vec);
        self.answer(
            call,
            &Answer::Response(Response { header: &header, body_size: body.len(), body: &body_of }),
        );
        read.get()
    }

    /// The service answers; the number of bytes of its body that were read.
    pub(crate) fn service(&mut self, call: usize, status: u16, body: impl AsRef<[u8]>) -> usize {
        let status = status.to_string();
        self.respond(call, &[(":status", &status), ("x-envoy-upstream-service-time", "1")], body.as_ref())
    }

    /// The service answers with 200 and JSON.
    pub(crate) fn ok(&mut self, call: usize, body: &str) -> &mut Self {
        self.service(call, 200, body);
        self
    }

    /// Envoy answers in the service's stead.
    pub(crate) fn envoy(&mut self, call: usize, status: u16, body: &str) -> &mut Self {
        self.respond(call, &[(":status", &status.to_string())], body.as_bytes());
        self
    }

    pub(crate) fn reset(&mut self, call: usize) -> &mut Self {
        self.answer(call, &Answer::Reset)
    }

    pub(crate) fn after(&mut self, millis: u64) -> &mut Self {
        self.now += Duration::from_millis(millis);
        self
    }

    pub(crate) fn back(&mut self, millis: u64) -> &mut Self {
        self.now -= Duration::from_millis(millis);
        self
    }

    /// Wakes it up by the clock.
    pub(crate) fn wake(&mut self) -> &mut Self {
        if let Some(Progress::Waiting(gather)) = self.progress.take() {
            self.progress = Some(self.turn(|turn| gather.on_time(turn)));
        }
        self
    }

    /// In how many milliseconds it wants to be woken.
    pub(crate) fn wakes_in(&self) -> Option<u128> {
        match &self.progress {
            Some(Progress::Waiting(gather)) => gather.next_wakeup().map(|at| (at - self.now).as_millis()),
            _ => None,
        }
    }

    pub(crate) fn sent(&self) -> &[Sent] {
        &self.host.sent
    }

    /// The paths of the calls so far.
    pub(crate) fn paths(&self) -> Vec<&str> {
        self.sent().iter().map(Sent::path).collect()
    }

    pub(crate) fn is_waiting(&self) -> bool {
        matches!(self.progress, Some(Progress::Waiting(_)))
    }

    pub(crate) fn outcome(&self) -> &Outcome {
        match &self.progress {
            Some(Progress::Done(outcome)) => outcome,
            other => panic!("still waiting: {other:?}"),
        }
    }

    pub(crate) fn reply(&self) -> &Reply {
        match &self.outcome().ending {
            Ending::Answered(reply) => reply,
            Ending::Refused(refusal) => panic!("refused: {refusal:?}"),
        }
    }

    pub(crate) fn body(&self) -> String {
        String::from_utf8(self.reply().body.clone()).unwrap()
    }

    pub(crate) fn reply_header(&self, name: &str) -> Option<&str> {
        self.reply().header(name).map(|value| std::str::from_utf8(value).unwrap())
    }

    pub(crate) fn refusal(&self) -> &Refusal {
        match &self.outcome().ending {
            Ending::Refused(refusal) => refusal,
            Ending::Answered(reply) => panic!("answered: {reply:?}"),
        }
    }

    /// Status, error and reason of the refusal.
    pub(crate) fn refused(&self) -> (u16, &str, String) {
        let refusal = self.refusal();
        let reason = refusal.members.iter().find(|(name, _)| *name == "reason");
        (refusal.status, refusal.error, reason.map(|(_, word)| text_of(word)).unwrap_or_default())
    }
}

/// Stands for the transformation: removes the bare names at the top level, and refuses arrays.
struct Remove(BodyEdits);

impl Rewrite for Remove {
    fn rewrite(&self, json: &[u8]) -> Option<Vec<u8>> {
        let mut object: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(json).ok()?;
        for field in &self.0.remove {
            if let portcullis_document::transformations::Field::Anywhere(name) = field {
                object.remove(name);
            }
        }
        serde_json::to_vec(&object).ok()
    }
}

fn text_of(member: &Member) -> String {
    match member {
        Member::Text(text) => text.clone(),
        Member::Number(number) => number.to_string(),
    }
}
