//! How a rule behaves, apart from what it counts.

use crate::{Fields, Mistakes, Node};

/// What stands at the top for all rules, or in a rule for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitSettings {
    /// What becomes of a request that lacks a part of the key.
    pub on_missing_key: OnMissingKey,
    /// Whether the rule only counts and logs.
    pub dry_run: bool,
    /// Whether the rule is asked before authentication.
    pub limit_before_auth: bool,
    /// Which answers tell the limit.
    pub headers: HeadersOn,
    /// How `X-RateLimit-Reset` is written.
    pub reset: ResetForm,
    /// Whether the fields of draft-ietf-httpapi-ratelimit-headers-10 are sent as well.
    pub ratelimit_fields: bool,
    /// How many bits of an IPv6 address make a client.
    pub ipv6_prefix: u8,
}

/// What becomes of a request that lacks a part of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnMissingKey {
    /// It is counted by the client's address.
    ClientIp,
    /// All such requests share one bucket.
    Shared,
    /// It is not limited.
    Skip,
    /// It is refused.
    Reject,
}

/// The answers that tell the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadersOn {
    /// Allowed and refused ones.
    Always,
    /// Refused ones.
    Refused,
    /// None; a refusal still says when to come back.
    Never,
}

/// How the time at which a bucket is full is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetForm {
    /// Seconds since the Unix epoch.
    Epoch,
    /// Seconds from now.
    Delta,
}

/// One customer's IPv6 line has at least this many addresses (RFC 6177).
const IPV6_PREFIX: u8 = 64;

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            on_missing_key: OnMissingKey::ClientIp,
            dry_run: false,
            limit_before_auth: false,
            headers: HeadersOn::Always,
            reset: ResetForm::Epoch,
            ratelimit_fields: false,
            ipv6_prefix: IPV6_PREFIX,
        }
    }
}

impl LimitSettings {
    /// These settings, save what `fields` say otherwise.
    pub(super) fn read(mut self, fields: &mut Fields<'_>, mistakes: &mut Mistakes) -> Self {
        let on_missing_key = fields.take("on_missing_key");
        assign(&mut self.on_missing_key, on_missing_key.and_then(|node| read_on_missing(&node, mistakes)));
        assign(&mut self.dry_run, fields.flag("dry_run", mistakes));
        assign(&mut self.limit_before_auth, fields.flag("limit_before_auth", mistakes));
        let headers = fields.take("headers");
        assign(&mut self.headers, headers.and_then(|node| read_headers(&node, mistakes)));
        let reset = fields.take("reset");
        assign(&mut self.reset, reset.and_then(|node| read_reset(&node, mistakes)));
        assign(&mut self.ratelimit_fields, fields.flag("ratelimit_fields", mistakes));
        let prefix = fields.count("ipv6_prefix", 1..=128, mistakes);
        assign(&mut self.ipv6_prefix, prefix.and_then(|bits| u8::try_from(bits).ok()));
        self
    }
}

fn assign<T>(setting: &mut T, said: Option<T>) {
    if let Some(said) = said {
        *setting = said;
    }
}

fn read_on_missing(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<OnMissingKey> {
    let choices = [
        ("client_ip", OnMissingKey::ClientIp),
        ("shared", OnMissingKey::Shared),
        ("skip", OnMissingKey::Skip),
        ("reject", OnMissingKey::Reject),
    ];
    choice(node, "client_ip, shared, skip or reject", &choices, mistakes)
}

fn read_headers(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<HeadersOn> {
    let choices =
        [("always", HeadersOn::Always), ("refused", HeadersOn::Refused), ("never", HeadersOn::Never)];
    choice(node, "always, refused or never", &choices, mistakes)
}

fn read_reset(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<ResetForm> {
    let choices = [("epoch", ResetForm::Epoch), ("delta", ResetForm::Delta)];
    choice(node, "epoch or delta", &choices, mistakes)
}

/// Reads one word out of a few.
pub(super) fn choice<T: Copy>(
    node: &Node<'_>,
    words: &'static str,
    choices: &[(&str, T)],
    mistakes: &mut Mistakes,
) -> Option<T> {
    let written: Option<String> = serde_json::from_str(node.json()).ok();
    let chosen = choices.iter().find(|(word, _)| Some(*word) == written.as_deref());
    match chosen {
        Some((_, value)) => Some(*value),
        None => node.expected(words, mistakes),
    }
}
