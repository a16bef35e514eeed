//! In which order parts can be asked.

use portcullis_document::{AggregationConfig, Mistakes};

/// The numbers of all parts, each behind those of the parts that it requires. A circle is a mistake, told once with
/// all that stand in it.
pub(super) fn of(config: &AggregationConfig, requires: &[Vec<usize>], mistakes: &mut Mistakes) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::with_capacity(requires.len());
    loop {
        let ready = |(number, needs): &(usize, &Vec<usize>)| {
            !order.contains(number) && needs.iter().all(|need| order.contains(need))
        };
        let next: Vec<usize> = requires.iter().enumerate().filter(ready).map(|(number, _)| number).collect();
        if next.is_empty() {
            break;
        }
        order.extend(next);
    }
    let stuck: Vec<usize> = (0..requires.len()).filter(|number| !order.contains(number)).collect();
    if let Some(circle) = circle(requires, &stuck) {
        tell(config, &circle, mistakes);
    }
    order.extend(stuck);
    order
}

/// Whoever is stuck requires someone who is stuck: following them leads into a circle.
fn circle(requires: &[Vec<usize>], stuck: &[usize]) -> Option<Vec<usize>> {
    let mut way = vec![*stuck.first()?];
    loop {
        let needs = requires.get(*way.last()?)?;
        let next = needs.iter().find(|need| stuck.contains(need))?;
        if let Some(start) = way.iter().position(|number| number == next) {
            return Some(way.split_off(start));
        }
        way.push(*next);
    }
}

fn tell(config: &AggregationConfig, circle: &[usize], mistakes: &mut Mistakes) {
    let parts = circle.iter().chain(circle.first()).filter_map(|number| config.parts.get(*number));
    let names: Vec<&str> = parts.map(|part| part.name.text.as_str()).collect();
    let first = circle.first().and_then(|number| config.parts.get(*number));
    let at = first.map(|part| format!("{}.requires", part.at)).unwrap_or_default();
    mistakes.wrong(at, format!("parts require one another in a circle: {}", names.join(" -> ")));
}
