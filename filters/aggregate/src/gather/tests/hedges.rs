//! Second copies of slow calls.

use std::time::Duration;

use super::{Run, run_with};

fn hedged() -> Run {
    let aggregation = r#"{"path": "/x", "parts": [
        {"name": "a", "upstream": "http://a", "path": "/a", "hedge": "50ms", "timeout": "200ms"},
        {"name": "b", "upstream": "http://a", "path": "/b"}]}"#;
    run_with(aggregation, &[(":path", "/x")])
}

#[test]
fn a_slow_call_is_sent_a_second_time_and_once_only() {
    let mut run = hedged();
    assert_eq!(run.wakes_in(), Some(50));
    run.after(49).wake();
    assert_eq!((run.paths().len(), run.wakes_in()), (2, Some(1)));
    run.after(1).wake();
    assert_eq!(run.paths(), ["/a", "/b", "/a"]);
    assert_eq!(
        run.sent()[2].timeout,
        Duration::from_millis(150),
        "the part's own time counts from its first call"
    );
    assert_eq!(run.wakes_in(), None);
    run.after(50).wake();
    assert_eq!(run.paths().len(), 3);
}

#[test]
fn the_first_good_answer_wins() {
    for (winner, loser) in [(0, 2), (2, 0)] {
        let mut run = hedged();
        run.after(50).wake().ok(winner, "1").ok(loser, "2").ok(1, "3");
        assert_eq!(run.body(), r#"{"a":1,"b":3}"#);
    }
}

#[test]
fn a_failed_copy_leaves_it_to_the_other() {
    let mut one = hedged();
    one.after(50).wake().reset(0).ok(1, "3");
    assert!(one.is_waiting());
    assert_eq!(one.ok(2, "1").body(), r#"{"a":1,"b":3}"#);
    let mut both = hedged();
    both.after(50).wake().reset(0).envoy(2, 504, "");
    assert_eq!(both.refused().2, "timed_out");
}

#[test]
fn what_failed_before_is_not_sent_again() {
    let mut run = hedged();
    run.reset(0);
    assert_eq!(run.refused().2, "reset");
    assert_eq!(run.wakes_in(), None);
}

#[test]
fn a_call_that_is_answered_needs_no_second_copy() {
    let mut run = hedged();
    run.ok(0, "1");
    assert_eq!(run.wakes_in(), None);
    run.after(60).wake();
    assert_eq!(run.paths().len(), 2);
}

#[test]
fn a_late_wake_up_sends_nothing_that_cannot_be_answered() {
    let mut run = hedged();
    run.after(200).wake();
    assert_eq!((run.paths().len(), run.wakes_in()), (2, None));
}
