//! How an answer goes wrong, chosen by the request's own query.
//!
//! | parameter | what happens |
//! |---|---|
//! | `delay_ms=50` | the answer begins after a while |
//! | `status=503` | the status is this one |
//! | `fail=reset` | the connection is closed without an answer |
//! | `fail=hang` | no answer, and the connection stays open |
//! | `fail=garbage` | the body is 8 KB of noise, still called JSON |
//! | `fail=truncate` | half of the body is sent, then the connection is closed |
//! | `cut=3,17` | the body is sent in chunks, cut at these offsets |
//! | `chunk=1024` | the body is sent in chunks of this size |
//! | `pause_ms=2` | a pause between chunks, so that each arrives alone |
//! | `trailers=1` | the answer ends with a trailer, `x-checksum` |
//! | `gzip=1` | the body is gzip |
//! | `encoding=br` | the body is called so, whatever it is |
//! | `type=text/html` | the media type is this one |

use std::io::Write;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Query;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue, TRAILER};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use http_body_util::channel::{Channel, Sender};
use serde::Deserialize;

/// The faults that one request asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Faults {
    delay_ms: u64,
    pause_ms: u64,
    status: Option<u16>,
    fail: Option<Fail>,
    cut: String,
    chunk: Option<usize>,
    trailers: u8,
    gzip: u8,
    encoding: Option<String>,
    r#type: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Fail {
    Reset,
    Hang,
    Garbage,
    Truncate,
}

/// The connection is to be closed without an answer.
pub(crate) struct Reset;

impl Faults {
    /// A query that cannot be read asks for nothing.
    pub(crate) fn of(uri: &Uri) -> Faults {
        Query::try_from_uri(uri).map(|Query(faults)| faults).unwrap_or_default()
    }

    pub(crate) async fn before_the_answer(&self) -> Result<(), Reset> {
        if self.delay_ms > 0 {
            tokio::time::sleep(Duration::from_millis(self.delay_ms)).await;
        }
        match self.fail {
            Some(Fail::Reset) => Err(Reset),
            Some(Fail::Hang) => std::future::pending().await,
            _ => Ok(()),
        }
    }

    pub(crate) async fn spoil(self, response: Response) -> Response {
        let (mut head, body) = response.into_parts();
        if let Some(status) = self.status.and_then(|code| StatusCode::from_u16(code).ok()) {
            head.status = status;
        }
        self.rename(&mut head.headers);
        if !self.touches_the_body() {
            return Response::from_parts(head, body);
        }
        let whole = self.recoded(to_bytes(body, usize::MAX).await.unwrap_or_default());
        head.headers.remove(CONTENT_LENGTH);
        let (sender, body) = Channel::<Bytes, Cut>::new(1);
        tokio::spawn(self.play(whole, sender));
        Response::from_parts(head, Body::new(body))
    }

    fn touches_the_body(&self) -> bool {
        self.fail.is_some()
            || !self.cut.is_empty()
            || self.chunk.is_some()
            || self.trailers > 0
            || self.gzip > 0
            || self.pause_ms > 0
    }

    fn rename(&self, headers: &mut HeaderMap) {
        let gzip = (self.gzip > 0).then_some("gzip");
        set(headers, CONTENT_ENCODING, self.encoding.as_deref().or(gzip));
        set(headers, CONTENT_TYPE, self.r#type.as_deref());
        set(headers, TRAILER, (self.trailers > 0).then_some("x-checksum"));
    }

    fn recoded(&self, body: Bytes) -> Bytes {
        match (self.fail, self.gzip) {
            (Some(Fail::Garbage), _) => Bytes::from(noise(8192)),
            (_, 0) => body,
            _ => compressed(&body),
        }
    }

    async fn play(self, whole: Bytes, mut sender: Sender<Bytes, Cut>) {
        let whole = match self.fail {
            Some(Fail::Truncate) => whole.slice(..whole.len() / 2),
            _ => whole,
        };
        for piece in self.pieces(&whole) {
            if sender.send_data(piece).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(self.pause_ms)).await;
        }
        if self.fail == Some(Fail::Truncate) {
            sender.abort(Cut);
        } else if self.trailers > 0 {
            let trailers = HeaderMap::from_iter([(
                "x-checksum".parse().expect("a name"),
                HeaderValue::from_static("42"),
            )]);
            let _ = sender.send_trailers(trailers).await;
        }
    }

    fn pieces(&self, whole: &Bytes) -> Vec<Bytes> {
        let mut edges: Vec<usize> = self.cut.split(',').filter_map(|offset| offset.parse().ok()).collect();
        if let Some(size) = self.chunk {
            edges.extend((0..whole.len()).step_by(size.max(1)));
        }
        edges.extend([0, whole.len()]);
        edges.retain(|edge| *edge <= whole.len());
        edges.sort_unstable();
        edges.dedup();
        edges.windows(2).map(|edge| whole.slice(edge[0]..edge[1])).collect()
    }
}

fn set(headers: &mut HeaderMap, name: axum::http::HeaderName, value: Option<&str>) {
    if let Some(value) = value.and_then(|text| HeaderValue::from_str(text).ok()) {
        headers.insert(name, value);
    }
}

/// The body ends before its end.
#[derive(Debug)]
struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the body is cut off, as asked")
    }
}

impl std::error::Error for Cut {}

fn compressed(body: &[u8]) -> Bytes {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(body).expect("a vector takes every byte");
    Bytes::from(gzip.finish().expect("a vector takes every byte"))
}

/// Bytes without any order, the same ones on every run (xorshift64).
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    })
    .take(length)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_cut_where_the_query_says() {
        let faults = Faults::of(&"/users/7?cut=2,5&chunk=4".parse().unwrap());
        let pieces = faults.pieces(&Bytes::from_static(b"0123456789"));
        assert_eq!(pieces, [&b"01"[..], b"23", b"4", b"567", b"89"]);
    }

    #[test]
    fn cuts_behind_the_end_are_left_out() {
        let faults = Faults::of(&"/users/7?cut=99".parse().unwrap());
        assert_eq!(faults.pieces(&Bytes::from_static(b"ab")), [&b"ab"[..]]);
    }
}
