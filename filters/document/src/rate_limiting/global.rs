//! The key `global`, which this version reads to say what is wrong with it, and then refuses.

use std::time::Duration;

use super::choice;
use crate::{Mistakes, Node};

const LONGEST_TIMEOUT: Duration = Duration::from_secs(60);

/// Reads `global`. A limit over several Envoys that silently held for each of them alone would be no limit.
pub(super) fn read(node: Option<Node<'_>>, mistakes: &mut Mistakes) {
    let Some(node) = node else { return };
    mistakes.wrong(node.path(), "limits over several Envoys are not available in this version");
    let Some(mut fields) = node.fields(mistakes) else { return };
    for name in ["cluster", "domain"] {
        if let Some(node) = fields.required(name, mistakes) {
            node.text(mistakes);
        }
    }
    fields.duration("timeout", Duration::from_millis(1)..=LONGEST_TIMEOUT, mistakes);
    fields.count("lease", 1..=u64::from(u32::MAX), mistakes);
    if let Some(node) = fields.take("on_error") {
        let words = [("local", ()), ("allow", ()), ("deny", ())];
        choice(&node, "local, allow or deny", &words, mistakes);
    }
    fields.finish(mistakes);
}
