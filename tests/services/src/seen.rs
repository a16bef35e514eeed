//! What a service was asked, kept so that a test can say what reached it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use serde::Serialize;

/// Enough for the longest story, and a bound for a demo that runs for days.
const KEPT: usize = 8192;

/// One request as the service received it.
#[derive(Debug, Clone, Serialize)]
pub struct SeenRequest {
    /// The service's name.
    pub service: &'static str,
    /// `GET`, `POST`, ...
    pub method: String,
    /// Path and query, as received.
    pub target: String,
    /// Names in lower case and values, in the order received; `host` stands here for HTTP/2's authority too.
    pub headers: Vec<(String, String)>,
    /// The body, with replacement characters where it was not UTF-8.
    pub body: String,
    /// What came behind the body, as `headers`.
    pub trailers: Vec<(String, String)>,
}

impl SeenRequest {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Every value of a header.
    pub fn headers_named(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// The target without its query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    pub(crate) fn of(service: &'static str, head: &Parts, body: &Bytes, trailers: &HeaderMap) -> SeenRequest {
        let authority = head.uri.authority().map(|host| ("host".to_owned(), host.to_string()));
        SeenRequest {
            service,
            method: head.method.to_string(),
            target: head.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
            headers: authority.into_iter().chain(lines(&head.headers)).collect(),
            body: String::from_utf8_lossy(body).into_owned(),
            trailers: lines(trailers).collect(),
        }
    }
}

fn lines(map: &HeaderMap) -> impl Iterator<Item = (String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    map.iter().map(move |(name, value)| (name.as_str().to_owned(), text(value)))
}

/// The latest requests of one service, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Seen(Arc<Mutex<VecDeque<SeenRequest>>>);

impl Seen {
    /// Every request that is still kept.
    pub fn all(&self) -> Vec<SeenRequest> {
        self.lock().iter().cloned().collect()
    }

    /// The requests that carry this value in this header.
    pub fn with_header(&self, name: &str, value: &str) -> Vec<SeenRequest> {
        self.lock().iter().filter(|request| request.header(name) == Some(value)).cloned().collect()
    }

    /// How many requests had this path, whatever their query.
    pub fn count(&self, path: &str) -> usize {
        self.lock().iter().filter(|request| request.path() == path).count()
    }

    pub(crate) fn push(&self, request: SeenRequest) {
        let mut kept = self.lock();
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(request);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<SeenRequest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
