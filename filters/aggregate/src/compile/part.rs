//! One part: its templates, and settings that must get along.

use portcullis_document::aggregations::{OnNotFound, PartConfig, TextAt};
use portcullis_document::{AggregationConfig, Mistakes};

use crate::aggregations::Surroundings;
use crate::json::Json;
use crate::plan::{Part, Shape, StandIn};
use crate::template::{Kind, Scope, Source, Template, source, template};

pub(super) fn compiled(
    config: &PartConfig,
    aggregation: &AggregationConfig,
    requires: Vec<usize>,
    surroundings: &Surroundings<'_>,
    mistakes: &mut Mistakes,
) -> Part {
    check_settings(config, aggregation, mistakes);
    let parts: Vec<&str> = aggregation.parts.iter().map(|part| part.name.text.as_str()).collect();
    let required: Vec<&str> = config.requires.iter().map(|name| name.text.as_str()).collect();
    let scope = Scope {
        pattern: &aggregation.path,
        has_claims: surroundings.has_claims,
        parts: &parts,
        requires: &required,
    };
    let shape = shape(config);
    let sets_accept = config.headers.iter().any(|(name, _)| name == "accept");
    Part {
        name: config.name.text.as_str().into(),
        cluster: config.upstream.cluster.as_str().into(),
        authority: authority(config, mistakes),
        method: config.method.as_str().into(),
        target: filled(&config.path, Kind::Target, &scope, mistakes),
        headers: headers(config, &scope, mistakes),
        asks_for_json: !sets_accept && !aggregation.forward_headers.iter().any(|name| name == "accept"),
        timeout: config.timeout,
        required: config.required,
        stand_in: stand_in(config, shape, mistakes),
        pick: config.pick.clone(),
        rewrite: config.response.as_ref().filter(|edits| !edits.is_empty()).map(surroundings.rewriter),
        shape,
        max_bytes: config.max_bytes,
        retries: (config.retries > 0).then(|| config.retries.to_string().into()),
        accept_status: config.accept_status.as_slice().into(),
        passes_not_found: config.on_404 == OnNotFound::Pass,
        when: config.when.as_ref().and_then(|text| when(text, &scope, mistakes)),
        hedge: config.hedge,
        requires: requires.into(),
        is_source: false,
    }
}

fn filled(text: &TextAt, kind: Kind, scope: &Scope<'_>, mistakes: &mut Mistakes) -> Template {
    let mut errors = Vec::new();
    let template = template(&text.text, kind, scope, &mut errors);
    // A path that is missing was told of when it was read.
    if !text.at.is_empty() {
        errors.iter().for_each(|error| mistakes.wrong(text.at.as_str(), error.to_string()));
    }
    template
}

/// `host` is not among them: it is the call's authority.
fn headers(config: &PartConfig, scope: &Scope<'_>, mistakes: &mut Mistakes) -> Box<[(Box<str>, Template)]> {
    let templates = config.headers.iter().filter(|(name, _)| name != "host");
    templates
        .map(|(name, text)| (name.as_str().into(), filled(text, Kind::Header, scope, mistakes)))
        .collect()
}

/// The upstream's host, or the one that the document sets; no value of a request decides on it.
fn authority(config: &PartConfig, mistakes: &mut Mistakes) -> Box<str> {
    let Some((_, host)) = config.headers.iter().find(|(name, _)| name == "host") else {
        return config.upstream.authority.as_str().into();
    };
    let is_host = !host.text.is_empty()
        && host.text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b));
    if !is_host {
        mistakes
            .wrong(host.at.as_str(), "a host is a name or address, with a port or without, and no template");
    }
    host.text.as_str().into()
}

fn when(text: &TextAt, scope: &Scope<'_>, mistakes: &mut Mistakes) -> Option<Source> {
    match source(&text.text, scope) {
        Ok(source @ (Source::Header(_) | Source::Query(_) | Source::Claim(_))) => return Some(source),
        Ok(_) => mistakes.wrong(text.at.as_str(), "expected header.x, query.x or claim.x"),
        Err(error) => mistakes.wrong(text.at.as_str(), error.to_string()),
    }
    None
}

fn shape(config: &PartConfig) -> Shape {
    match (config.into_root, config.concat) {
        (true, _) => Shape::Object,
        (_, true) => Shape::Array,
        _ => Shape::Any,
    }
}

/// Without a fallback nothing stands in for what is joined with others, and `null` for a member of its own.
fn stand_in(config: &PartConfig, shape: Shape, mistakes: &mut Mistakes) -> StandIn {
    let at = format!("{}.fallback", config.at);
    match config.fallback.as_deref().map(|text| (text, Json::check(text.as_bytes()))) {
        Some((_, Err(_))) => mistakes.wrong(at, "is nested too deep"),
        Some((text, Ok(json))) if shape.fits(json) => return StandIn(text.into()),
        Some(_) => mistakes.wrong(at, shape.fallback_needed()),
        None => {}
    }
    StandIn(shape.nothing().into())
}

impl Shape {
    fn nothing(self) -> &'static str {
        match self {
            Self::Any => "null",
            Self::Array => "[]",
            Self::Object => "{}",
        }
    }

    fn fallback_needed(self) -> &'static str {
        match self {
            Self::Any | Self::Object => "the fallback of a part at the root is an object",
            Self::Array => "the fallback of a part that is joined with others is a list",
        }
    }
}

fn check_settings(config: &PartConfig, aggregation: &AggregationConfig, mistakes: &mut Mistakes) {
    let at = |key: &str| format!("{}.{key}", config.at);
    let longest = config.timeout.unwrap_or(aggregation.timeout).min(aggregation.timeout);
    if config.timeout.is_some_and(|timeout| timeout > aggregation.timeout) {
        mistakes.warn(at("timeout"), "the deadline of the whole ends before");
    }
    if config.hedge.is_some_and(|hedge| hedge >= longest) {
        mistakes.warn(at("hedge"), "the time is up before a second copy is sent");
    }
    if config.hedge.is_some() && config.method != "GET" {
        mistakes.wrong(at("hedge"), "only a GET is sent twice");
    }
    if config.on_404 == OnNotFound::Pass && !config.required {
        mistakes.wrong(at("on_404"), "only a required part decides about the whole answer");
    }
    if config.into_root && config.concat {
        mistakes.wrong(at("concat"), "what goes to the root is not joined");
    }
}
