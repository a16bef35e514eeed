//! Any bytes, any of some rules, cut anywhere: the rewriter refuses what the slow one refuses, writes the tree that it
//! builds, and the cuts make no difference.
//!
//! ```text
//! cargo +nightly fuzz run rewrite -- -max_len=4096
//! ```
//!
//! The first byte of the input chooses the rules, the second where the chunks are cut.

#![no_main]

#[path = "../../tests/support/oracle.rs"]
mod oracle;

use std::cell::OnceCell;
use std::rc::Rc;

use libfuzzer_sys::fuzz_target;
use oracle::{Tree, rewritten};
use portcullis_document::transformations::BodyEdits;
use portcullis_document::{Mistakes, Node};
use portcullis_transform::{Fault, MOST_LEVELS, Rewriter, Rules};

const RULES: [&str; 6] = [
    "{}",
    r#"{"remove_fields": ["a", "bb", ""], "rename_fields": {"c": "d", "bc": "a"}}"#,
    r#"{"remove_fields": ["$.a[*].b", "$..c[1]", "$[0]"], "rename_fields": {"$.a.b": "c"}}"#,
    r#"{"keep_fields": ["a", "$.b[*].c", "$..d.*"], "remove_fields": ["bb"], "rename_fields": {"b": "a"}}"#,
    r#"{"set_fields": {"a": 1.50, "$..b.c": {"x": []}, "$..d": null}, "rename_fields": {"e": "a"}}"#,
    r#"{"keep_fields": ["$..a"], "set_fields": {"$..a.b": 1}, "rename_fields": {"$..c": "a", "d": "c"}}"#,
];

thread_local! {
    static COMPILED: OnceCell<Vec<(BodyEdits, Rc<Rules>)>> = const { OnceCell::new() };
}

fuzz_target!(|input: &[u8]| {
    let [rules, size, body @ ..] = input else { return };
    COMPILED.with(|compiled| {
        let compiled = compiled.get_or_init(|| RULES.iter().map(|json| compile(json)).collect());
        let (edits, rules) = &compiled[usize::from(*rules) % compiled.len()];
        check(edits, rules, usize::from(*size).max(1), body);
    });
});

fn compile(json: &str) -> (BodyEdits, Rc<Rules>) {
    let mut mistakes = Mistakes::default();
    let node = Node::root(json, &mut mistakes).unwrap();
    let edits = BodyEdits::read(&node, &mut mistakes).unwrap();
    assert!(mistakes.is_empty(), "{mistakes}");
    let rules = Rc::new(Rules::new(&edits));
    (edits, rules)
}

fn check(edits: &BodyEdits, rules: &Rc<Rules>, size: usize, body: &[u8]) {
    let whole = rewrite(rules, [body]);
    let tree = Tree::read(body, MOST_LEVELS);
    assert_eq!(whole.is_ok(), tree.is_some(), "{whole:?}");
    let got = whole.as_ref().ok().map(|out| Tree::read(out, MOST_LEVELS));
    let wanted = tree.map(|tree| Some(rewritten(edits, &tree)));
    assert_eq!(got, wanted);
    let pieces = rewrite(rules, body.chunks(size));
    assert!(whole == pieces || (whole.is_err() && pieces.is_err()), "{pieces:?}");
}

fn rewrite<'c>(rules: &Rc<Rules>, chunks: impl IntoIterator<Item = &'c [u8]>) -> Result<Vec<u8>, Fault> {
    let mut rewriter = Rewriter::new(Rc::clone(rules));
    let mut out = Vec::new();
    for chunk in chunks {
        rewriter.push(chunk, &mut out)?;
    }
    rewriter.finish()?;
    Ok(out)
}
