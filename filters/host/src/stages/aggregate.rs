//! Aggregation as a stage: it moves bytes between Envoy and `portcullis-aggregate`, which decides.

mod metrics;
mod rewrite;

use std::rc::Rc;
use std::time::Duration;

use portcullis_aggregate::{
    self as aggregate, Aggregations, Call, Caller, Ending, Gather, Outcome, Request, Surroundings, Turn,
};
use portcullis_document::auth::default_claim_headers;
use portcullis_document::{AuthConfig, Document, Mistakes};

use crate::exchange::Exchange;
use crate::host::{self, Answer, CallId};
use crate::stage::{Progress, Stage, Waiting};
use metrics::PartMetrics;

/// The section `aggregations`.
pub(super) struct Aggregate {
    aggregations: Aggregations,
    metrics: Rc<PartMetrics>,
}

/// A request whose parts are under way.
struct Gathering {
    gather: Box<Gather>,
    metrics: Rc<PartMetrics>,
}

/// Compiles the section, if it is there. Parts get the headers that the document's own `auth` writes.
pub(super) fn compile(document: &Document, mistakes: &mut Mistakes) -> Option<Aggregate> {
    let identity_headers = document.auth.as_ref().map(identity_headers).unwrap_or_default();
    compile_with(&identity_headers, document, mistakes)
}

/// Compiles the section for a module that has no `auth` of its own: parts get the headers that `auth` writes unless it is
/// told otherwise, as the filters in front of this one left them.
pub(super) fn compile_alone(document: &Document, mistakes: &mut Mistakes) -> Option<Aggregate> {
    let headers: Vec<String> = default_claim_headers().into_iter().map(|claim| claim.header).collect();
    compile_with(&headers, document, mistakes)
}

fn compile_with(
    identity_headers: &[String],
    document: &Document,
    mistakes: &mut Mistakes,
) -> Option<Aggregate> {
    if document.aggregations.is_empty() {
        return None;
    }
    let surroundings =
        Surroundings { identity_headers, has_claims: document.auth.is_some(), rewriter: &rewrite::compiled };
    let aggregations = Aggregations::compile(&document.aggregations, &surroundings, mistakes);
    let metrics = Rc::new(PartMetrics::of(&document.aggregations));
    Some(Aggregate { aggregations, metrics })
}

impl Aggregate {
    /// The claims that templates ask for.
    pub(super) fn claims(&self) -> impl Iterator<Item = &str> {
        self.aggregations.claims()
    }
}

/// The headers that `auth` writes, having taken off the client's.
fn identity_headers(auth: &AuthConfig) -> Vec<String> {
    let claims = auth.providers.iter().flat_map(|provider| &provider.claims_to_headers);
    claims.map(|claim| claim.header.clone()).chain(auth.forward_payload_header.clone()).collect()
}

impl Stage for Aggregate {
    fn on_request(&self, exchange: &mut Exchange) -> Progress {
        let Some(found) = self.aggregations.find(exchange.request.method(), exchange.path.as_str()) else {
            return Progress::Continue;
        };
        let progress = found.start(&mut turn(exchange, exchange.now(), &mut Envoy(exchange)));
        self.metrics.go_on(progress, exchange)
    }
}

impl Waiting for Gathering {
    fn on_answer(self: Box<Self>, call: CallId, answer: Answer, exchange: &mut Exchange) -> Progress {
        let answer = match answer {
            Answer::Reset => aggregate::Answer::Reset,
            Answer::Response { body_size } => aggregate::Answer::Response(aggregate::Response {
                header: &host::answer_header,
                body_size,
                body: &host::answer_body,
            }),
        };
        let call = aggregate::CallId(call.0);
        let progress =
            self.gather.on_answer(call, &answer, &mut turn(exchange, exchange.now(), &mut Envoy(exchange)));
        self.metrics.go_on(progress, exchange)
    }

    fn next_tick(&self) -> Option<Duration> {
        self.gather.next_wakeup()
    }

    fn on_tick(self: Box<Self>, now: Duration, exchange: &mut Exchange) -> Progress {
        let progress = self.gather.on_time(&mut turn(exchange, now, &mut Envoy(exchange)));
        self.metrics.go_on(progress, exchange)
    }
}

impl PartMetrics {
    fn go_on(self: &Rc<Self>, progress: aggregate::Progress, exchange: &mut Exchange) -> Progress {
        match progress {
            aggregate::Progress::Waiting(gather) => {
                Progress::Wait(Box::new(Gathering { gather, metrics: Rc::clone(self) }))
            }
            aggregate::Progress::Done(outcome) => {
                let Outcome { ending, report } = *outcome;
                self.count(&report);
                exchange.trace(format_args!("{report}"));
                match ending {
                    Ending::Answered(reply) => Progress::Reply(reply),
                    Ending::Refused(refusal) => Progress::Refuse(Box::new(refusal)),
                }
            }
        }
    }
}

fn turn<'a>(exchange: &'a Exchange, now: Duration, caller: &'a mut Envoy<'a>) -> Turn<'a> {
    let request = Request { head: &exchange.request, identity: exchange.identity.as_ref() };
    Turn { request, now, caller }
}

/// Envoy, as the sender of calls for a request.
struct Envoy<'a>(&'a Exchange);

impl Caller for Envoy<'_> {
    fn call(&mut self, call: &Call<'_>) -> Result<aggregate::CallId, aggregate::NotSent> {
        match self.0.call(call.cluster, call.headers, call.timeout) {
            Ok(id) => Ok(aggregate::CallId(id.0)),
            Err(host::NotSent::NoSuchCluster) => Err(aggregate::NotSent::NoCluster),
            Err(host::NotSent::NoHealthyHost) => Err(aggregate::NotSent::NoHealthyHost),
        }
    }
}
