//! The `response` of a part: the transformation's rules, behind the aggregation's port.

use std::rc::Rc;

use portcullis_aggregate::Rewrite;
use portcullis_document::transformations::BodyEdits;
use portcullis_transform::{Rewriter, Rules};

struct Edits(Rc<Rules>);

pub(super) fn compiled(edits: &BodyEdits) -> Box<dyn Rewrite> {
    Box::new(Edits(Rc::new(Rules::new(edits))))
}

impl Rewrite for Edits {
    fn rewrite(&self, json: &[u8]) -> Option<Vec<u8>> {
        let mut rewriter = Rewriter::new(Rc::clone(&self.0));
        let mut out = Vec::with_capacity(json.len());
        rewriter.push(json, &mut out).ok()?;
        rewriter.finish().ok()?;
        Some(out)
    }
}
