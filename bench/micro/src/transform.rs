//! Bytes in, bytes out: four names removed and one renamed, over sizes; and the round trip through a tree.

use std::rc::Rc;

use portcullis_document::{CanonicalPath, Mistakes};
use portcullis_transform::{Rewriter, Rules, Transformations};
use serde_json::{Value, json};

use crate::{Case, bodies, case, document};

const SIZES: [usize; 4] = [1 << 10, 16 << 10, 64 << 10, 640 << 10];

pub(crate) fn cases() -> Vec<Case> {
    let rewritten = SIZES.map(|size| rewrite(bodies::users(size)));
    rewritten.into_iter().chain([tree(bodies::users(640 << 10))]).collect()
}

fn rules() -> Rc<Rules> {
    let document = document(&json!({ "transformations": [{ "path": "/", "response": {
        "remove_fields": ["internal_id", "db_shard", "feature_flags", "created_by_admin"],
        "rename_fields": { "email_address": "email" },
    } }] }));
    let all = Transformations::compile(&document.transformations, &mut Mistakes::default());
    let chosen = all.choose(&CanonicalPath::of(b"/"), b"GET").and_then(|chosen| chosen.for_status(Some(200)));
    Rc::clone(&chosen.expect("a rule for every path").rules)
}

fn rewrite(body: Vec<u8>) -> Case {
    let (mut rewriter, mut out) = (Rewriter::new(rules()), Vec::new());
    case(format!("transform, {} KB", body.len().div_ceil(1 << 10)), body.len(), move || {
        out.clear();
        rewriter.restart();
        rewriter.push(&body, &mut out).and_then(|()| rewriter.finish()).expect("JSON");
        assert!(out.len() < body.len());
    })
}

fn tree(body: Vec<u8>) -> Case {
    case("serde_json::Value there and back", body.len(), move || {
        let tree: Value = serde_json::from_slice(&body).expect("JSON");
        assert!(serde_json::to_vec(&tree).is_ok_and(|text| !text.is_empty()));
    })
}
