//! `envoy.service.ratelimit.v3`, as far as this service reads and writes it.

use prost::Message;

/// What Envoy asks.
#[derive(Clone, PartialEq, Message)]
pub struct RateLimitRequest {
    /// Whose limits are asked for.
    #[prost(string, tag = "1")]
    pub domain: String,
    /// What the request is like.
    #[prost(message, repeated, tag = "2")]
    pub descriptors: Vec<Descriptor>,
    /// How much it counts; 0 is 1.
    #[prost(uint32, tag = "3")]
    pub hits_addend: u32,
}

/// `envoy.extensions.common.ratelimit.v3.RateLimitDescriptor`
#[derive(Clone, PartialEq, Message)]
pub struct Descriptor {
    /// Its entries.
    #[prost(message, repeated, tag = "1")]
    pub entries: Vec<Entry>,
}

/// One thing that is known about a request.
#[derive(Clone, PartialEq, Message)]
pub struct Entry {
    /// What it is.
    #[prost(string, tag = "1")]
    pub key: String,
    /// And which.
    #[prost(string, tag = "2")]
    pub value: String,
}

/// What the service answers.
#[derive(Clone, PartialEq, Message)]
pub struct RateLimitResponse {
    /// All in all.
    #[prost(enumeration = "Code", tag = "1")]
    pub overall_code: i32,
    /// What a client may be told.
    #[prost(message, repeated, tag = "3")]
    pub response_headers_to_add: Vec<HeaderValue>,
}

/// `envoy.config.core.v3.HeaderValue`
#[derive(Clone, PartialEq, Message)]
pub struct HeaderValue {
    /// The name.
    #[prost(string, tag = "1")]
    pub key: String,
    /// The value.
    #[prost(string, tag = "2")]
    pub value: String,
}

/// The verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum Code {
    /// None: the question makes no sense.
    Unknown = 0,
    /// It may pass.
    Ok = 1,
    /// It may not.
    OverLimit = 2,
}
