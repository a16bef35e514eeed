//! One part of an aggregated answer, as the document writes it.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::{TIMEOUTS, headers};
use crate::transformations::BodyEdits;
use crate::{Fields, JsonPath, Mistakes, Node, Step, Upstream};

/// A part: a call, what of its answer is taken, and what stands in for it.
///
/// What was wrong in the document stands here as its default, so that one mistake hides no other.
#[derive(Clone, Debug)]
pub struct PartConfig {
    /// Where it stands in the document.
    pub at: String,
    /// The member that it becomes; dots build objects.
    pub name: TextAt,
    /// The cluster that is called, and the host that the call names.
    pub upstream: Upstream,
    /// The template of the call's path and query.
    pub path: TextAt,
    /// The call's method.
    pub method: String,
    /// Headers of the call: names in lower case, and templates of their values.
    pub headers: Vec<(String, TextAt)>,
    /// How long its calls may take; until the deadline of the whole if it does not say.
    pub timeout: Option<Duration>,
    /// Whether there is no answer without it.
    pub required: bool,
    /// The JSON text that stands in for a part that failed.
    pub fallback: Option<Box<str>>,
    /// The value of the answer that is taken: names and indexes only.
    pub pick: Option<JsonPath>,
    /// What is done to the value that was taken.
    pub response: Option<BodyEdits>,
    /// No answer of more bytes is taken.
    pub max_bytes: usize,
    /// How often Envoy tries again.
    pub retries: u32,
    /// Its members go to the top level.
    pub into_root: bool,
    /// The statuses that are good; any 2xx where there are none.
    pub accept_status: Vec<u16>,
    /// What its 404 means.
    pub on_404: OnNotFound,
    /// The source that must be there, or the part is left out.
    pub when: Option<TextAt>,
    /// After which time a second copy of the call is sent.
    pub hedge: Option<Duration>,
    /// It is an array that is joined with those of other parts of its name.
    pub concat: bool,
    /// The parts that must have come first.
    pub requires: Vec<TextAt>,
}

/// What a 404 of a required part means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnNotFound {
    /// A failure like any other.
    #[default]
    Fail,
    /// The answer is a 404.
    Pass,
}

/// A text and where it stands in the document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextAt {
    /// Where it stands.
    pub at: String,
    /// The text.
    pub text: String,
}

/// A page's part has some kilobytes; what has more is not meant to be one.
const MAX_BYTES: u64 = 1 << 20;
/// Envoy itself gives a call's answer up above this.
const MOST_BYTES: u64 = 32 << 20;
/// More tries than this within a deadline are a storm.
const MOST_RETRIES: u64 = 10;
/// An answer's final status; 1xx never arrives, and 101 ends HTTP.
const STATUSES: RangeInclusive<u64> = 200..=599;

impl TextAt {
    pub(super) fn read(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let text = node.text(mistakes)?;
        Some(Self { at: node.path().to_owned(), text })
    }

    pub(super) fn read_all(list: Option<Node<'_>>, mistakes: &mut Mistakes) -> Vec<Self> {
        let items = list.and_then(|list| list.items(mistakes)).unwrap_or_default();
        items.iter().filter_map(|item| Self::read(item, mistakes)).collect()
    }
}

impl PartConfig {
    pub(super) fn read(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Self> {
        let mut fields = node.fields(mistakes)?;
        let fallback = fields.take("fallback");
        let part = Self {
            at: node.path().to_owned(),
            name: required_text(&mut fields, "name", mistakes),
            upstream: read_upstream(&mut fields, mistakes),
            path: required_text(&mut fields, "path", mistakes),
            method: read_method(&mut fields, mistakes),
            headers: fields.take("headers").map(|set| headers::read_set(&set, mistakes)).unwrap_or_default(),
            timeout: fields.duration("timeout", TIMEOUTS, mistakes),
            required: read_required(&mut fields, fallback.is_some(), mistakes),
            fallback: fallback.map(|fallback| fallback.json().into()),
            pick: read_pick(&mut fields, mistakes),
            response: fields.take("response").and_then(|edits| BodyEdits::read_of_part(&edits, mistakes)),
            max_bytes: read_max_bytes(&mut fields, mistakes),
            retries: read_retries(&mut fields, mistakes),
            into_root: read_word(&mut fields, "into", &[("root", true)], mistakes),
            accept_status: read_statuses(&mut fields, mistakes),
            on_404: read_word(
                &mut fields,
                "on_404",
                &[("pass", OnNotFound::Pass), ("fail", OnNotFound::Fail)],
                mistakes,
            ),
            when: fields.take("when").and_then(|when| TextAt::read(&when, mistakes)),
            hedge: fields.duration("hedge", TIMEOUTS, mistakes),
            concat: fields.flag("concat", mistakes).unwrap_or(false),
            requires: TextAt::read_all(fields.take("requires"), mistakes),
        };
        fields.finish(mistakes);
        Some(part)
    }
}

fn required_text(fields: &mut Fields<'_>, name: &'static str, mistakes: &mut Mistakes) -> TextAt {
    let node = fields.required(name, mistakes);
    node.and_then(|node| TextAt::read(&node, mistakes)).unwrap_or_default()
}

/// `cluster` names the cluster outright; `upstream` still names the host of the call then.
fn read_upstream(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> Upstream {
    let cluster = fields.text("cluster", mistakes).filter(|cluster| !cluster.is_empty());
    let url = match &cluster {
        Some(_) => fields.take("upstream"),
        None => fields.required("upstream", mistakes),
    };
    let named = cluster.as_deref().map(of_cluster);
    let from_url = url.and_then(|url| read_url(&url, cluster, mistakes));
    from_url.or(named).unwrap_or_else(|| of_cluster(""))
}

fn read_url(url: &Node<'_>, cluster: Option<String>, mistakes: &mut Mistakes) -> Option<Upstream> {
    let upstream = Upstream::read(url, cluster, mistakes)?;
    if upstream.target != "/" {
        return url.expected("a URL without a path, which belongs in \"path\"", mistakes);
    }
    Some(upstream)
}

/// A cluster alone stands for the host it is named after, also in Istio's form, `outbound|80||users.shop.svc`.
fn of_cluster(cluster: &str) -> Upstream {
    Upstream {
        cluster: cluster.to_owned(),
        authority: cluster.rsplit('|').next().unwrap_or_default().to_owned(),
        target: "/".to_owned(),
    }
}

/// HEAD has no body to take, CONNECT no answer; other methods are asked without a body.
fn read_method(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> String {
    let method = fields.take("method").and_then(|node| {
        let method = node.text(mistakes)?;
        let is_method =
            !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-');
        if is_method && method != "HEAD" && method != "CONNECT" {
            return Some(method);
        }
        node.expected("a method in capital letters whose answer has a body", mistakes)
    });
    method.unwrap_or_else(|| "GET".to_owned())
}

/// A part with a fallback is optional, and saying otherwise is a mistake.
fn read_required(fields: &mut Fields<'_>, has_fallback: bool, mistakes: &mut Mistakes) -> bool {
    let required = fields.flag("required", mistakes);
    if has_fallback && required == Some(true) {
        mistakes.wrong(fields.path_of("required"), "a part with a fallback is not required");
    }
    required.unwrap_or(!has_fallback)
}

fn read_pick(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> Option<JsonPath> {
    let node = fields.take("pick")?;
    match JsonPath::parse(&node.text(mistakes)?) {
        Err(error) => {
            mistakes.wrong(node.path(), error.to_string());
            None
        }
        Ok(path) if path.steps().iter().all(names_one_value) => Some(path),
        Ok(_) => node.expected("a path to one value, without \"*\" and \"..\"", mistakes),
    }
}

fn names_one_value(step: &Step) -> bool {
    matches!(step, Step::Name(_) | Step::Index(_))
}

fn read_max_bytes(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> usize {
    let size = fields.size("max_bytes", 1..=MOST_BYTES, mistakes).unwrap_or(MAX_BYTES);
    // The bound fits 32 bits.
    usize::try_from(size).unwrap_or(usize::MAX)
}

fn read_retries(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> u32 {
    let retries = fields.count("retries", 0..=MOST_RETRIES, mistakes).unwrap_or_default();
    u32::try_from(retries).unwrap_or_default()
}

fn read_statuses(fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> Vec<u16> {
    let Some(node) = fields.take("accept_status") else {
        return Vec::new();
    };
    let items = node.items(mistakes);
    if items.as_ref().is_some_and(Vec::is_empty) {
        node.expected::<()>("at least one status", mistakes);
    }
    let items = items.unwrap_or_default();
    let statuses = items.iter().filter_map(|item| item.count(STATUSES, mistakes));
    statuses.filter_map(|status| u16::try_from(status).ok()).collect()
}

/// One of a few words; absent or wrong, the default of what they mean.
fn read_word<T: Copy + Default>(
    fields: &mut Fields<'_>,
    name: &'static str,
    words: &[(&str, T)],
    mistakes: &mut Mistakes,
) -> T {
    let Some(node) = fields.take(name) else {
        return T::default();
    };
    let text = node.text(mistakes);
    let meant = words.iter().find(|(word, _)| text.as_deref() == Some(word));
    if text.is_some() && meant.is_none() {
        let known: Vec<String> = words.iter().map(|(word, _)| format!("{word:?}")).collect();
        node.expected::<()>(known.join(" or "), mistakes);
    }
    meant.map(|(_, meaning)| *meaning).unwrap_or_default()
}
