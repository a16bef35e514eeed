//! From what the document says of an aggregated path to its plan.
//!
//! Reading has seen to keys, types and bounds. Here the parts meet: their names, whom they require, what their
//! templates refer to. All that is wrong is noted; a plan with mistakes is never used.

mod order;
mod part;

use portcullis_document::aggregations::TextAt;
use portcullis_document::{AggregationConfig, Fault, Mistakes};

use crate::aggregations::Surroundings;
use crate::layout::Layout;
use crate::plan::{Names, Part, Plan};
use crate::template::Source;

/// What identifies a request, and what links it to its trace: none of it is the client's to choose, or harms.
const ALWAYS_FORWARDED: &[&str] = &[
    "x-request-id",
    "traceparent",
    "tracestate",
    "b3",
    "x-b3-traceid",
    "x-b3-spanid",
    "x-b3-parentspanid",
    "x-b3-sampled",
    "x-b3-flags",
    "accept-language",
];

/// Dotted names build so many objects in one another at most.
const DEEPEST_NAME: usize = 8;

pub(crate) fn plan(
    config: &AggregationConfig,
    surroundings: &Surroundings<'_>,
    mistakes: &mut Mistakes,
) -> Plan {
    let layout = layout(config, mistakes);
    let requires = requires(config, mistakes);
    let order = order::of(config, &requires, mistakes);
    let parts = config.parts.iter().zip(requires);
    let compiled = |(part, requires)| part::compiled(part, config, requires, surroundings, mistakes);
    let mut parts: Vec<Part> = parts.map(compiled).collect();
    mark_sources(&mut parts);
    Plan {
        path: config.path.as_str().into(),
        timeout: config.timeout,
        forwarded: forwarded(config, surroundings),
        parts: parts.into(),
        order: order.into(),
        layout,
    }
}

fn forwarded(config: &AggregationConfig, surroundings: &Surroundings<'_>) -> Names {
    let named = surroundings.identity_headers.iter().chain(&config.forward_headers).map(String::as_str);
    let mut names = Names::default();
    named.chain(ALWAYS_FORWARDED.iter().copied()).for_each(|name| names.add(name));
    names
}

/// Gives every part its place. Parts at the root have none, but names of their own to be told by.
fn layout(config: &AggregationConfig, mistakes: &mut Mistakes) -> Layout {
    let mut layout = Layout::default();
    for (number, part) in config.parts.iter().enumerate() {
        check_name(&part.name, mistakes);
        let steps: Vec<&str> = part.name.text.split('.').collect();
        if part.into_root {
            layout.spread(number);
        } else if steps.len() <= DEEPEST_NAME
            && let Err(occupied) = layout.place(&steps, number, part.concat)
        {
            clash(config, &part.name, occupied.by, mistakes);
        }
        let is_root = |other: usize| config.parts.get(other).is_some_and(|other| other.into_root);
        let namesake = namesakes(config, &part.name.text).find(|other| *other < number);
        if let Some(other) = namesake.filter(|other| part.into_root || is_root(*other)) {
            clash(config, &part.name, other, mistakes);
        }
    }
    layout
}

fn clash(config: &AggregationConfig, name: &TextAt, with: usize, mistakes: &mut Mistakes) {
    let Some(other) = config.parts.get(with).map(|part| &part.name) else { return };
    if other.text == name.text {
        mistakes.add(name.at.as_str(), Fault::Twice { first: other.at.clone() });
    } else {
        let sentence = format!("{:?} and {:?} cannot both stand in the answer", other.text, name.text);
        mistakes.wrong(name.at.as_str(), sentence);
    }
}

/// Names stand in a header's list too, so that separators of lists are no part of them.
fn check_name(name: &TextAt, mistakes: &mut Mistakes) {
    // A name that is missing was told of when it was read.
    if name.at.is_empty() {
        return;
    }
    let is_plain = name.text.bytes().all(|byte| byte.is_ascii_graphic() && !b",;\"\\{}".contains(&byte));
    if !is_plain {
        mistakes.wrong(name.at.as_str(), "a part's name is visible ASCII without , ; \" \\ { }");
    }
    if name.text.split('.').any(str::is_empty) {
        mistakes.wrong(name.at.as_str(), "a part's name has no empty steps");
    }
    if name.text.split('.').count() > DEEPEST_NAME {
        mistakes.wrong(name.at.as_str(), format!("a part's name has at most {DEEPEST_NAME} steps"));
    }
}

fn namesakes(config: &AggregationConfig, name: &str) -> impl Iterator<Item = usize> {
    config.parts.iter().enumerate().filter(move |(_, part)| part.name.text == name).map(|(number, _)| number)
}

/// The numbers of the parts that each part requires: all that are called by the name.
fn requires(config: &AggregationConfig, mistakes: &mut Mistakes) -> Vec<Vec<usize>> {
    let mut of_parts = Vec::with_capacity(config.parts.len());
    for part in &config.parts {
        let mut numbers: Vec<usize> = Vec::new();
        for required in &part.requires {
            let mut called = namesakes(config, &required.text).peekable();
            if called.peek().is_none() {
                let sentence = format!("no part of this aggregation is called {:?}", required.text);
                mistakes.wrong(required.at.as_str(), sentence);
            }
            for number in called {
                if !numbers.contains(&number) {
                    numbers.push(number);
                }
            }
        }
        of_parts.push(numbers);
    }
    of_parts
}

fn mark_sources(parts: &mut [Part]) {
    let sources = parts.iter().flat_map(Part::sources);
    let numbers: Vec<usize> = sources
        .filter_map(|source| match source {
            Source::Part { part, .. } => Some(*part),
            _ => None,
        })
        .collect();
    for number in numbers {
        if let Some(part) = parts.get_mut(number) {
            part.is_source = true;
        }
    }
}

#[cfg(test)]
mod tests;
