//! What holds for every body and every rule.

#![cfg(test)]

#[path = "support/oracle.rs"]
mod oracle;

use std::rc::Rc;

use oracle::{Tree, rewritten};
use portcullis_document::transformations::BodyEdits;
use portcullis_document::{Mistakes, Node};
use portcullis_transform::{Fault, MOST_LEVELS, Rewriter, Rules};
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_oneof, proptest};
use proptest::strategy::Union;

fn edits(json: &str) -> BodyEdits {
    let mut mistakes = Mistakes::default();
    let node = Node::root(json, &mut mistakes).unwrap();
    let edits = BodyEdits::read(&node, &mut mistakes).unwrap();
    assert!(mistakes.is_empty(), "{json}: {mistakes}");
    edits
}

fn rewrite<'c>(rules: &Rc<Rules>, chunks: impl IntoIterator<Item = &'c [u8]>) -> Result<String, Fault> {
    let mut rewriter = Rewriter::new(Rc::clone(rules));
    let mut out = Vec::new();
    for chunk in chunks {
        rewriter.push(chunk, &mut out)?;
    }
    rewriter.finish()?;
    Ok(String::from_utf8(out).unwrap())
}

/// Names that rules and bodies share; the last spellings are those of the first ones, escaped.
const NAMES: [&str; 5] = ["a", "b", "cc", "", "a.b"];
const SPELLINGS: [&str; 11] = [
    "a",
    "b",
    "cc",
    "",
    "a.b",
    r"\u0061",
    r"\u0062",
    r"c\u0063",
    r"\u0061.b",
    r"other \\ \u00e9 \ud83d\ude00",
    // A chunk that ends in it may look as if an entry began.
    "{,[,",
];

fn blanks() -> impl Strategy<Value = &'static str> + Clone {
    prop_oneof![6 => Just(""), 2 => Just(" "), 1 => Just("\n  "), 1 => Just(" \t\r\n")]
}

fn scalar() -> impl Strategy<Value = String> {
    let literals =
        ["0", "-0", "12345678901234567890", "1.0", "1E+2", "-1.5e-7", "true", "false", "null", r#""""#];
    prop_oneof![
        prop::sample::select(literals.to_vec()).prop_map(str::to_owned),
        "[a-c,:\\[{}\\] é😀]{0,20}".prop_map(|text| format!("\"{text}\"")),
        Just(r#""\"\\\/\b\f\n\r\t\u0041\ud834\udd1e""#.to_owned()),
    ]
}

fn value() -> impl Strategy<Value = String> {
    scalar().prop_recursive(5, 40, 5, |inner| {
        let entry = (blanks(), inner, blanks());
        let element = entry.clone().prop_map(|(before, value, after)| format!("{before}{value}{after}"));
        let name = prop::sample::select(SPELLINGS.to_vec());
        let member =
            (name, blanks(), blanks(), entry).prop_map(|(name, first, second, (before, value, after))| {
                format!("{before}\"{name}\"{first}:{second}{value}{after}")
            });
        prop_oneof![
            (prop::collection::vec(element, 0..5), blanks()).prop_map(|(elements, blank)| {
                match elements.len() {
                    0 => format!("[{blank}]"),
                    _ => format!("[{}]", elements.join(",")),
                }
            }),
            (prop::collection::vec(member, 0..6), blanks()).prop_map(|(members, blank)| {
                match members.len() {
                    0 => format!("{{{blank}}}"),
                    _ => format!("{{{}}}", members.join(",")),
                }
            }),
        ]
    })
}

fn body() -> impl Strategy<Value = String> {
    (blanks(), value(), blanks()).prop_map(|(before, value, after)| format!("{before}{value}{after}"))
}

fn path() -> impl Strategy<Value = String> {
    let name = || prop::sample::select(NAMES.to_vec()).prop_map(|name| format!("['{name}']"));
    let selector =
        prop_oneof![4 => name(), 1 => Just("[*]".to_owned()), 1 => (0..3u32).prop_map(|n| format!("[{n}]"))];
    let step = (prop::bool::weighted(0.25), selector)
        .prop_map(|(descends, selector)| format!("{}{selector}", if descends { ".." } else { "" }));
    (prop::collection::vec(step, 0..3), prop::bool::weighted(0.2), name()).prop_map(
        |(steps, descends, last)| format!("${}{}{last}", steps.concat(), if descends { ".." } else { "" }),
    )
}

fn field() -> impl Strategy<Value = String> {
    let names = prop::sample::select(NAMES.to_vec()).prop_map(str::to_owned);
    Union::new_weighted(vec![(3, names.boxed()), (4, path().boxed())])
}

fn removable() -> impl Strategy<Value = String> {
    prop_oneof![4 => field(), 1 => path().prop_map(|path| format!("{path}[*]")), 1 => path().prop_map(|path| format!("{path}[1]"))]
}

fn json_list(fields: Vec<String>) -> String {
    let fields: std::collections::BTreeSet<String> = fields.into_iter().collect();
    serde_json::to_string(&fields).unwrap()
}

fn json_object(members: Vec<(String, String)>) -> String {
    let mut seen = std::collections::BTreeSet::new();
    let members = members.into_iter().filter(|(name, _)| seen.insert(name.clone()));
    let written: Vec<String> =
        members.map(|(name, value)| format!("{}:{value}", serde_json::to_string(&name).unwrap())).collect();
    format!("{{{}}}", written.join(","))
}

fn rules() -> impl Strategy<Value = String> {
    let new_name = prop::sample::select(vec![r#""a""#, r#""b""#, r#""new \" é""#]).prop_map(str::to_owned);
    let constant = prop::sample::select(vec!["1.50", r#"{"b": [null]}"#]).prop_map(str::to_owned);
    let removes = prop::collection::vec(removable(), 0..3).prop_map(json_list);
    let keeps = prop::option::weighted(0.4, prop::collection::vec(removable(), 1..4).prop_map(json_list));
    let renames = prop::collection::vec((field(), new_name), 0..3).prop_map(|mut renames| {
        renames.retain(|(field, new_name)| format!("{field:?}") != *new_name);
        json_object(renames)
    });
    let sets = prop::collection::vec((field(), constant), 0..3).prop_map(json_object);
    (removes, keeps, renames, sets).prop_map(|(removes, keeps, renames, sets)| {
        let keeps = keeps.map_or_else(String::new, |keeps| format!(r#""keep_fields":{keeps},"#));
        format!(r#"{{{keeps}"remove_fields":{removes},"rename_fields":{renames},"set_fields":{sets}}}"#)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn what_leaves_is_what_the_slow_rewriter_says(body in body(), rules in rules()) {
        let edits = edits(&rules);
        let wanted = rewritten(&edits, &Tree::read(body.as_bytes(), MOST_LEVELS).unwrap());
        let got = rewrite(&Rc::new(Rules::new(&edits)), [body.as_bytes()]).unwrap();
        let tree = Tree::read(got.as_bytes(), MOST_LEVELS);
        assert_eq!(tree, Some(wanted), "{rules}\n{body}\n{got}");
    }

    #[test]
    fn chunks_make_no_difference_wherever_they_are_cut(body in body(), rules in rules()) {
        let rules = Rc::new(Rules::new(&edits(&rules)));
        let whole = rewrite(&rules, [body.as_bytes()]).unwrap();
        for cut in 0..=body.len() {
            let (first, second) = body.as_bytes().split_at(cut);
            assert_eq!(rewrite(&rules, [first, second]).as_ref(), Ok(&whole), "cut at {cut}");
        }
        assert_eq!(rewrite(&rules, body.as_bytes().chunks(1)), Ok(whole.clone()));
        assert_eq!(rewrite(&rules, body.as_bytes().chunks(3)), Ok(whole));
    }

    #[test]
    fn a_body_that_no_rule_touches_leaves_as_it_came(body in body(), rules in prop::sample::select(vec![
        "{}", r#"{"remove_fields":["x","$.x.y"],"rename_fields":{"y":"z","$..z":"q"}}"#, r#"{"keep_fields":["$[*]","$[*][*]"],"remove_fields":["$..nothing[*]"]}"#,
    ])) {
        let got = rewrite(&Rc::new(Rules::new(&edits(rules))), [body.as_bytes()]);
        assert_eq!(got, Ok(body));
    }

    #[test]
    fn a_broken_body_is_refused_exactly_when_serde_json_refuses_it(
        body in body(), rules in rules(), at in any::<prop::sample::Index>(), len in 0..3usize,
        other in prop::sample::select(vec![&b""[..], b"\"", b"\\", b"{", b"]", b",", b"0", b"\x1f", b"\x80", b"\xc3", b"e", b"-", b"\\ud800"]),
    ) {
        let mut broken = body.into_bytes();
        let start = at.index(broken.len() + 1);
        let end = (start + len).min(broken.len());
        broken.splice(start..end, other.iter().copied());
        let rules = Rc::new(Rules::new(&edits(&rules)));
        let is_sound = Tree::read(&broken, MOST_LEVELS).is_some();
        let shown = String::from_utf8_lossy(&broken).into_owned();
        assert_eq!(rewrite(&rules, [&*broken]).is_ok(), is_sound, "{shown}");
        assert_eq!(rewrite(&rules, broken.chunks(1)).is_ok(), is_sound, "{shown}");
    }

    #[test]
    fn no_bytes_are_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), rules in rules(), size in 1..9usize) {
        let _ = rewrite(&Rc::new(Rules::new(&edits(&rules))), bytes.chunks(size));
    }
}
