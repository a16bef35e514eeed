//! Any bytes as a body of any format, encoded or not, held or not: nothing panics, and where the pieces are cut makes no
//! difference to a body that is let through.
//!
//! ```text
//! cargo +nightly fuzz run body -- -max_len=4096
//! ```

#![no_main]

use std::rc::Rc;

use libfuzzer_sys::fuzz_target;
use portcullis_document::transformations::{BodyEdits, OnFailure};
use portcullis_document::{Mistakes, Node};
use portcullis_http::Head;
use portcullis_transform::{Body, Encoding, Fault, Format, Reading, Rules, Step};

const FORMATS: [Format; 4] = [Format::Text, Format::Lines, Format::Sequence, Format::Events];

thread_local! {
    static RULES: Rc<Rules> = {
        let json = r#"{"remove_fields": ["a", "$..b[0]"], "rename_fields": {"c": "d"}}"#;
        let mut mistakes = Mistakes::default();
        let node = Node::root(json, &mut mistakes).unwrap();
        Rc::new(Rules::new(&BodyEdits::read(&node, &mut mistakes).unwrap()))
    };
}

fuzz_target!(|input: &[u8]| {
    let [kind, size, body @ ..] = input else { return };
    let format = FORMATS[usize::from(kind & 3)];
    let encoding = if kind & 4 == 0 { Encoding::Identity } else { Encoding::Gzip };
    let on_failure = if kind & 8 == 0 { OnFailure::Reject } else { OnFailure::Pass };
    let hold_bytes = (kind & 16 == 0).then_some(64);
    let new = || {
        let reading = Reading { format, encoding, length: None };
        RULES.with(|rules| Body::new(Rc::clone(rules), reading, on_failure, hold_bytes))
    };
    let whole = run(new(), [body]);
    let pieces = run(new(), body.chunks(usize::from(*size).max(1)));
    if on_failure == OnFailure::Reject {
        assert!(whole == pieces || (whole.is_err() && pieces.is_err()), "{whole:?} {pieces:?}");
    }
});

/// What leaves, or why it does not.
fn run<'p>(mut body: Body, pieces: impl IntoIterator<Item = &'p [u8]>) -> Result<Vec<u8>, Fault> {
    let (mut head, mut out, mut sent, mut come) = (Head::default(), Vec::new(), Vec::new(), Vec::new());
    let pieces = pieces.into_iter().map(|piece| (piece, false)).chain([(&b""[..], true)]);
    for (piece, is_last) in pieces {
        come.extend_from_slice(piece);
        match body.push(piece, is_last, &mut head, &mut out, &mut |part| sent.append(part)) {
            Step::Hold => continue,
            Step::Send => sent.append(&mut out),
            Step::Pass => sent.append(&mut come),
            Step::Refuse(fault) => return Err(fault),
        }
        come.clear();
    }
    Ok(sent)
}
