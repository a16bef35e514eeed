//! One stage per filter: a shell that translates host data, asks its pure crate, and translates back.

mod aggregate;

use portcullis_document::{Document, Mistakes};

use crate::stage::Stage;

/// The stages of a document, in the order in which a request meets them. On the way back the order is the opposite.
///
/// Transformations come before aggregations, which may answer themselves: what they leave for the answer holds for
/// that answer too.
pub(crate) fn compile(document: &Document, mistakes: &mut Mistakes) -> Vec<Box<dyn Stage>> {
    let mut stages: Vec<Box<dyn Stage>> = Vec::new();
    stages.extend(aggregate::compile(document, mistakes));
    stages
}
