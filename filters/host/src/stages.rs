//! One stage per filter: a shell that translates host data, asks its pure crate, and translates back.

mod aggregate;
mod auth;
mod limit;
mod transform;
mod places;

use portcullis_document::{Document, Mistakes};

use crate::stage::Stage;

type Stages = Vec<Box<dyn Stage>>;

/// The stages of `gateway.wasm`, in the order in which a request meets them. On the way back the order is the
/// opposite.
///
/// Transformations come before aggregations, which may answer themselves: what they leave for the answer holds for
/// that answer too.
pub(crate) fn gateway(document: &Document, mistakes: &mut Mistakes) -> Stages {
    let aggregate = aggregate::compile(document, mistakes);
    let wanted = claims(document, aggregate.as_ref());
    let mut stages = Vec::new();
    let limits = limit::compile(document, mistakes);
    stages.extend(limits.before_auth());
    stages.extend(auth::compile(document, &wanted, mistakes));
    stages.extend(limits.after_auth());
    stages.extend(transform::compile(document, mistakes));
    stages.extend(aggregate.map(boxed));
    stages
}

/// The stage of `jwt_auth.wasm`.
pub(crate) fn jwt_auth(document: &Document, mistakes: &mut Mistakes) -> Stages {
    auth::compile(document, &[], mistakes).into_iter().collect()
}

/// The stages of `rate_limit.wasm`, where there is no authentication to stand before or after.
pub(crate) fn rate_limit(document: &Document, mistakes: &mut Mistakes) -> Stages {
    let limits = limit::compile(document, mistakes);
    limits.before_auth().into_iter().chain(limits.after_auth()).collect()
}

/// The stage of `aggregate.wasm`.
pub(crate) fn aggregate(document: &Document, mistakes: &mut Mistakes) -> Stages {
    aggregate::compile_alone(document, mistakes).map(boxed).into_iter().collect()
}

/// The stage of `transform.wasm`.
pub(crate) fn transform(document: &Document, mistakes: &mut Mistakes) -> Stages {
    transform::compile(document, mistakes).into_iter().collect()
}

/// The claims that other sections than `auth` ask for.
fn claims(document: &Document, aggregate: Option<&aggregate::Aggregate>) -> Vec<String> {
    let by_limits = document.rate_limiting.iter().flat_map(|section| section.claims());
    let by_limits = by_limits.map(|(_, claim)| claim);
    let by_parts = aggregate.into_iter().flat_map(|stage| stage.claims());
    let mut claims: Vec<String> = Vec::new();
    for claim in by_limits.chain(by_parts) {
        if !claims.iter().any(|known| known == claim) {
            claims.push(claim.to_owned());
        }
    }
    claims
}

fn boxed(stage: impl Stage + 'static) -> Box<dyn Stage> {
    Box::new(stage)
}
