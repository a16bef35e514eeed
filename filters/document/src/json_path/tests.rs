use super::JsonPathFault::{
    BadEscape, ControlCharacter, Filter, IndexTooLarge, LeadingZero, NegativeIndex, NoName, NoRoot,
    NoSelector, NoStep, OpenQuote, Slice, Unclosed, Union,
};
use super::Step::{Descend, Each, Index};
use super::{JsonPath, JsonPathError, Step};
use proptest::prelude::{Strategy, any, prop, prop_oneof, proptest};

fn name(name: &str) -> Step {
    Step::Name(name.to_owned())
}

#[test]
fn a_path_is_read_step_by_step() {
    let table = [
        ("$", vec![]),
        ("$.a", vec![name("a")]),
        ("$.user.email_address", vec![name("user"), name("email_address")]),
        ("$.items[*].db_shard", vec![name("items"), Each, name("db_shard")]),
        ("$..debug", vec![Descend, name("debug")]),
        ("$..[*]", vec![Descend, Each]),
        ("$..*", vec![Descend, Each]),
        ("$..[7]", vec![Descend, Index(7)]),
        ("$..['a b']", vec![Descend, name("a b")]),
        ("$.*", vec![Each]),
        ("$[0]", vec![Index(0)]),
        ("$[10]", vec![Index(10)]),
        ("$[9007199254740991]", vec![Index(9_007_199_254_740_991)]),
        ("$['a']['b']", vec![name("a"), name("b")]),
        ("$['']", vec![name("")]),
        ("$[\"\"]", vec![name("")]),
        ("$['*']", vec![name("*")]),
        ("$['0']", vec![name("0")]),
        ("$['$']", vec![name("$")]),
        ("$['a.b']", vec![name("a.b")]),
        ("$['a..b[*]']", vec![name("a..b[*]")]),
        ("$._1", vec![name("_1")]),
        ("$.a1", vec![name("a1")]),
        ("$.true", vec![name("true")]),
        ("$.☺", vec![name("☺")]),
        ("$.größe", vec![name("größe")]),
        ("$.𝒜", vec![name("𝒜")]),
        ("$\u{80}".replace('$', "$.").as_str(), vec![name("\u{80}")]),
    ]
    .map(|(text, steps)| (text.to_owned(), steps));
    for (text, steps) in table {
        assert_eq!(JsonPath::parse(&text).as_ref().map(JsonPath::steps), Ok(&steps[..]), "{text}");
    }
}

#[test]
fn blanks_stand_between_steps_and_inside_brackets() {
    for text in ["$ .a[0]", "$\n.a\t[0]", "$.a [0]", "$.a\r\n[ 0 ]", "$ [ 'a' ] [\t0\r]"] {
        assert_eq!(
            JsonPath::parse(text).as_ref().map(JsonPath::steps),
            Ok(&[name("a"), Index(0)][..]),
            "{text:?}"
        );
    }
}

#[test]
fn escapes_of_quoted_names_are_those_of_the_standard() {
    let table = [
        (r"$['\b\f\n\r\t\/\\']", "\u{8}\u{c}\n\r\t/\\"),
        (r"$['\'']", "'"),
        (r#"$['"']"#, "\""),
        (r#"$["\""]"#, "\""),
        (r#"$["'"]"#, "'"),
        (r"$['\u0041\u00e9\u263A']", "Aé☺"),
        (r"$['\u0000']", "\0"),
        (r"$['\uD834\uDD1E']", "𝄞"),
        (r"$['\ud83d\ude00']", "😀"),
        ("$['\u{7f}']", "\u{7f}"),
    ];
    for (text, wanted) in table {
        assert_eq!(JsonPath::parse(text).as_ref().map(JsonPath::steps), Ok(&[name(wanted)][..]), "{text}");
    }
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let table = [
        ("", 0, NoRoot),
        ("a", 0, NoRoot),
        (" $", 0, NoRoot),
        ("@.a", 0, NoRoot),
        ("$a", 1, NoStep),
        ("$ref", 1, NoStep),
        ("$$", 1, NoStep),
        ("$ ", 2, NoStep),
        ("$.a ", 4, NoStep),
        ("$.a\n", 4, NoStep),
        ("$.a-b", 3, NoStep),
        ("$.a'b'", 3, NoStep),
        ("$.", 2, NoName),
        ("$..", 3, NoName),
        ("$...a", 3, NoName),
        ("$.a.", 4, NoName),
        ("$. a", 2, NoName),
        ("$.. a", 3, NoName),
        ("$.. [0]", 3, NoName),
        ("$.1", 2, NoName),
        ("$.1a", 2, NoName),
        ("$.-a", 2, NoName),
        ("$.'a'", 2, NoName),
        ("$.[0]", 2, NoName),
        ("$.&", 2, NoName),
        ("$[]", 2, NoSelector),
        ("$[ ]", 3, NoSelector),
        ("$[a]", 2, NoSelector),
        ("$[", 2, NoSelector),
        ("$[,0]", 2, NoSelector),
        ("$[+1]", 2, NoSelector),
        ("$[.0]", 2, NoSelector),
        ("$[0", 3, Unclosed),
        ("$['a'", 5, Unclosed),
        ("$[*", 3, Unclosed),
        ("$[0 1]", 4, Unclosed),
        ("$[1.0]", 3, Unclosed),
        ("$[1e2]", 3, Unclosed),
        ("$['a':1]", 5, Unclosed),
        ("$['a", 4, OpenQuote),
        ("$['a\\", 5, OpenQuote),
        ("$[\"a']", 6, OpenQuote),
        (r"$['\x']", 4, BadEscape),
        (r"$['\0']", 4, BadEscape),
        (r"$['\U0041']", 4, BadEscape),
        (r#"$['\"']"#, 4, BadEscape),
        (r#"$["\'"]"#, 4, BadEscape),
        (r"$['\u12']", 7, BadEscape),
        (r"$['\u00zz']", 7, BadEscape),
        (r"$['\u+041']", 5, BadEscape),
        (r"$['\uD800']", 4, BadEscape),
        (r"$['\uD800x']", 4, BadEscape),
        (r"$['\uD800\n']", 4, BadEscape),
        (r"$['\uD800\uD800']", 4, BadEscape),
        (r"$['\uDC00']", 4, BadEscape),
        (r"$['\uDC00\uD800']", 4, BadEscape),
        ("$['\u{0}']", 3, ControlCharacter),
        ("$['a\tb']", 4, ControlCharacter),
        ("$['\u{1f}']", 3, ControlCharacter),
        ("$[01]", 3, LeadingZero),
        ("$[00]", 3, LeadingZero),
        ("$[9007199254740992]", 17, IndexTooLarge),
        ("$[99999999999999999999999999]", 17, IndexTooLarge),
        ("$[-1]", 2, NegativeIndex),
        ("$[-0]", 2, NegativeIndex),
        ("$[1:2]", 3, Slice),
        ("$[:]", 2, Slice),
        ("$[0,1]", 3, Union),
        ("$['a','b']", 5, Union),
        ("$[?@.a]", 2, Filter),
        ("$..[?@.a]", 4, Filter),
    ];
    for (text, at, reason) in table {
        assert_eq!(JsonPath::parse(text), Err(JsonPathError { at, reason }), "{text:?}");
    }
}

#[test]
fn only_what_begins_with_the_root_is_meant_as_a_path() {
    for (text, is_path) in
        [("$", true), ("$.a", true), ("$ref", true), ("a", false), ("a.b", false), ("", false)]
    {
        assert_eq!(JsonPath::is_path(text), is_path, "{text}");
    }
}

#[test]
fn a_bare_name_is_found_anywhere() {
    assert_eq!(Ok(JsonPath::anywhere("a.b")), JsonPath::parse("$..['a.b']"));
}

fn step() -> impl Strategy<Value = Vec<Step>> {
    let selector = prop_oneof![
        any::<String>().prop_map(Step::Name),
        (0..=(1u64 << 53) - 1).prop_map(Index),
        prop::strategy::Just(Each),
    ];
    (any::<bool>(), selector).prop_map(|(descend, step)| match descend {
        true => vec![Descend, step],
        false => vec![step],
    })
}

proptest! {
    #[test]
    fn the_normalised_spelling_reads_back(steps in prop::collection::vec(step(), 0..6)) {
        let path = JsonPath { steps: steps.concat() };
        assert_eq!(JsonPath::parse(&path.to_string()), Ok(path));
    }

    #[test]
    fn no_text_is_a_panic(text in "\\PC*", tail in "[$.\\[\\]*'\"0-9\\\\u ]{0,20}") {
        let _ = JsonPath::parse(&text);
        let _ = JsonPath::parse(&format!("${tail}"));
    }
}
