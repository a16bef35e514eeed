//! The auth service: its key set, which can rotate, fail and lie, and tokens signed by those keys.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::faults::noise;
use crate::keys::{Alg, Key, key_set};
use crate::tokens::Token;

pub(crate) fn routes(jwks: Jwks) -> Router {
    Router::new()
        .route("/.well-known/jwks.json", get(published))
        .route("/-/jwks", post(publish))
        .route("/auth/login", post(login).get(login))
        .route("/auth/register", post(register))
        .route("/token", get(token))
        .with_state(jwks)
}

/// What the key set's address answers; every clone speaks of the same one.
#[derive(Debug, Clone)]
pub struct Jwks(Arc<Mutex<Published>>);

#[derive(Debug, Clone)]
struct Published {
    status: u16,
    max_age: u32,
    body: Vec<u8>,
}

impl Default for Jwks {
    /// The RS256, ES256 and EdDSA keys, good for five minutes.
    fn default() -> Jwks {
        let keys = [Alg::Rs256, Alg::Es256, Alg::EdDsa].map(Key::of);
        let body = key_set(&keys).to_string().into_bytes();
        Jwks(Arc::new(Mutex::new(Published { status: 200, max_age: 300, body })))
    }
}

impl Jwks {
    /// Publishes these keys and no others.
    pub fn publish(&self, keys: &[Key]) {
        self.answer(200, key_set(keys).to_string());
    }

    /// Answers 503 from now on.
    pub fn down(&self) {
        self.answer(503, "down for maintenance");
    }

    /// Answers 200 with noise from now on.
    pub fn garbage(&self) {
        self.answer(200, noise(8192));
    }

    /// Answers with exactly this from now on.
    pub fn answer(&self, status: u16, body: impl Into<Vec<u8>>) {
        let mut published = self.lock();
        published.status = status;
        published.body = body.into();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Published> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn published(State(jwks): State<Jwks>) -> Response {
    let published = jwks.lock().clone();
    let status = StatusCode::from_u16(published.status).unwrap_or(StatusCode::OK);
    let fresh = format!("public, max-age={}", published.max_age);
    (status, [(CONTENT_TYPE, "application/json".to_owned()), (CACHE_CONTROL, fresh)], published.body)
        .into_response()
}

#[derive(Deserialize)]
struct Publish {
    mode: String,
}

/// `POST /-/jwks?mode=down`, `garbage`, `good` or `rotated`.
async fn publish(State(jwks): State<Jwks>, Query(wanted): Query<Publish>) -> StatusCode {
    match wanted.mode.as_str() {
        "down" => jwks.down(),
        "garbage" => jwks.garbage(),
        "good" => jwks.publish(&[Alg::Rs256, Alg::Es256, Alg::EdDsa].map(Key::of)),
        "rotated" => jwks.publish(&[Key::next(), Key::next_ec()]),
        _ => return StatusCode::BAD_REQUEST,
    }
    StatusCode::NO_CONTENT
}

async fn login() -> Json<Value> {
    Json(json!({ "token": Token::default().mint(), "token_type": "Bearer", "expires_in": 3600 }))
}

async fn register() -> (StatusCode, Json<Value>) {
    (StatusCode::CREATED, Json(json!({ "id": "usr_new" })))
}

#[derive(Deserialize)]
struct Wanted {
    sub: Option<String>,
    role: Option<String>,
    alg: Option<String>,
    fault: Option<String>,
}

/// `GET /token?sub=usr_1&role=admin&alg=ES256&fault=expired|audience|issuer|forged|tampered|unsigned`.
async fn token(Query(wanted): Query<Wanted>) -> Result<String, StatusCode> {
    let name = wanted.alg.as_deref().unwrap_or("RS256");
    let alg = Alg::named(name).ok_or(StatusCode::BAD_REQUEST)?;
    let mut token = Token::by(Key::of(alg));
    if let Some(subject) = wanted.sub {
        token = token.claim("sub", subject);
    }
    if let Some(role) = wanted.role {
        token = token.claim("role", role);
    }
    Ok(match wanted.fault.as_deref() {
        None => token.mint(),
        Some("expired") => token.expired().mint(),
        Some("audience") => token.for_another_audience().mint(),
        Some("issuer") => token.from_another_issuer().mint(),
        Some("forged") => token.forged().mint(),
        Some("tampered") => token.tampered(),
        Some("unsigned") => token.header("alg", "none").unsigned(),
        Some(_) => return Err(StatusCode::BAD_REQUEST),
    })
}
