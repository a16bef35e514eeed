//! A rate limit service that answers what a story wants: Envoy's gRPC API over plain HTTP/2, a frame at a time.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http_body_util::channel::Channel;

use crate::service::Service;

const METHOD: &str = "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit";

/// What it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// The request may pass.
    Ok,
    /// It may not.
    OverLimit,
    /// A message that is none.
    Garbage,
    /// A gRPC status, 14 being `UNAVAILABLE`, and no message.
    Fails(u8),
    /// Nothing, ever.
    Nothing,
}

/// A service that has the questions it was asked.
pub struct RateLimiter {
    service: Service,
    asked: Arc<Mutex<Vec<Question>>>,
}

/// One question, as bytes.
#[derive(Debug, Clone)]
pub struct Question {
    message: Bytes,
}

type Script = dyn Fn(&Question) -> Word + Send + Sync;

#[derive(Clone)]
struct Desk {
    script: Arc<Script>,
    asked: Arc<Mutex<Vec<Question>>>,
}

impl RateLimiter {
    /// Answers each question with the word that `script` chooses.
    pub async fn start(
        script: impl Fn(&Question) -> Word + Send + Sync + 'static,
    ) -> io::Result<RateLimiter> {
        let asked = Arc::default();
        let desk = Desk { script: Arc::new(script), asked: Arc::clone(&asked) };
        let routes = Router::new().route(METHOD, post(answer)).with_state(desk);
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Ok(RateLimiter { service: Service::start("limits", routes, any).await?, asked })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.service.address()
    }

    /// The service itself, to stop it and start it again.
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// All questions so far.
    pub fn asked(&self) -> Vec<Question> {
        self.asked.lock().expect("no holder panics").clone()
    }
}

impl Question {
    /// `hits_addend`: the one number at the top of the message.
    pub fn hits(&self) -> u64 {
        let mut rest = &self.message[..];
        let mut hits = 1;
        while let [tag, after @ ..] = rest {
            let (number, after) = varint(after);
            let length = if tag & 7 == 2 { number as usize } else { 0 };
            hits = if tag >> 3 == 3 { number } else { hits };
            rest = &after[length..];
        }
        hits
    }

    /// Whether this text is somewhere in it.
    pub fn mentions(&self, text: &str) -> bool {
        self.message.windows(text.len()).any(|window| window == text.as_bytes())
    }
}

fn varint(bytes: &[u8]) -> (u64, &[u8]) {
    let last = bytes.iter().position(|byte| byte & 0x80 == 0).expect("a number ends");
    let number = bytes[..=last].iter().rev().fold(0, |number, byte| number << 7 | u64::from(byte & 0x7f));
    (number, &bytes[last + 1..])
}

async fn answer(State(desk): State<Desk>, body: Bytes) -> Response {
    // A byte that says "not compressed", four that tell the length.
    let question = Question { message: body.slice(5..) };
    desk.asked.lock().expect("no holder panics").push(question.clone());
    let (message, status): (&[u8], u8) = match (desk.script)(&question) {
        Word::Ok => (b"\x08\x01", 0),
        Word::OverLimit => (b"\x08\x02", 0),
        Word::Garbage => (b"\x0bnonsense", 0),
        Word::Fails(status) => (b"", status),
        Word::Nothing => std::future::pending().await,
    };
    let (mut sender, body) = Channel::<Bytes, io::Error>::new(2);
    tokio::spawn(async move {
        if status == 0 {
            let length = u32::try_from(message.len()).expect("it is short").to_be_bytes();
            let _ = sender.send_data([&[0], &length[..], message].concat().into()).await;
        }
        let status = HeaderValue::from(u16::from(status));
        let _ = sender
            .send_trailers(HeaderMap::from_iter([("grpc-status".parse().expect("a name"), status)]))
            .await;
    });
    ([(CONTENT_TYPE, "application/grpc")], Body::new(body)).into_response()
}
