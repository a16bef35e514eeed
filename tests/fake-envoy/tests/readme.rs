//! The list of rules in the README and the tests of the rules are one list.

#![expect(clippy::expect_used, reason = "a test without its own files is a broken one")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn here(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("the crate's own file")
}

fn in_readme() -> BTreeSet<String> {
    let readme = here("README.md");
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    rows.map(|(name, _)| name.to_owned()).collect()
}

fn in_tests() -> BTreeSet<String> {
    let files = ["bodies", "calls", "contexts", "headers", "replies"];
    let sources = files.map(|file| here(&format!("tests/rules/{file}.rs"))).concat();
    let after_attributes = sources.split("#[test]").skip(1);
    let names = after_attributes.filter_map(|rest| rest.split_once("fn ")?.1.split_once('('));
    names.map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn every_rule_is_in_the_readme_and_every_rule_of_the_readme_is_tested() {
    assert_eq!(in_readme(), in_tests());
}
