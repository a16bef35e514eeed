//! The users service: answers with the internal fields that a gateway must not let through.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http_body_util::channel::{Channel, Sender};
use serde::Deserialize;
use std::convert::Infallible;

use axum::body::Bytes;

pub(crate) fn routes() -> Router {
    Router::new()
        .route("/users", get(list).post(created))
        .route("/users/big", get(big))
        .route("/users/{id}", get(user).put(user).delete(gone))
        .route("/users/{id}/sessions", get(sessions))
}

async fn list() -> impl IntoResponse {
    json(format!("[{},{}]", record("usr_8a3f"), record("usr_77")))
}

async fn created() -> impl IntoResponse {
    (axum::http::StatusCode::CREATED, json(record("usr_new")))
}

async fn gone() -> axum::http::StatusCode {
    axum::http::StatusCode::NO_CONTENT
}

async fn user(Path(id): Path<String>) -> Response {
    if id == "nobody" {
        return (axum::http::StatusCode::NOT_FOUND, json(r#"{"error":"no such user"}"#.to_owned()))
            .into_response();
    }
    json(record(&id)).into_response()
}

async fn sessions(Path(id): Path<String>) -> impl IntoResponse {
    json(format!(r#"{{"user":{{"id":"{id}","internal_id":9}},"sessions":[{{"id":1,"db_shard":"eu-3"}}]}}"#))
}

/// How much of `/users/big` is wanted.
#[derive(Deserialize)]
struct Size {
    #[serde(default = "a_megabyte")]
    bytes: usize,
}

fn a_megabyte() -> usize {
    1 << 20
}

/// A list of at least that many bytes, made while it is sent.
async fn big(Query(size): Query<Size>) -> impl IntoResponse {
    let (sender, body) = Channel::<Bytes, Infallible>::new(1);
    tokio::spawn(send_list(sender, size.bytes));
    ([(CONTENT_TYPE, "application/json")], Body::new(body))
}

async fn send_list(mut sender: Sender<Bytes, Infallible>, bytes: usize) {
    let mut sent = 0;
    while sent < bytes {
        let opening = if sent == 0 { "[" } else { "," };
        let piece = format!("{opening}{}", record("usr_big"));
        sent += piece.len();
        if sender.send_data(Bytes::from(piece)).await.is_err() {
            return;
        }
    }
    let _ = sender.send_data(Bytes::from_static(b"]")).await;
}

fn json(text: String) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], text)
}

/// Written by hand, because its spelling matters: a number that no double holds, an escaped name, white space.
fn record(id: &str) -> String {
    format!(
        concat!(
            r#"{{"id":"{id}","name":"Ada Lovelace","email_address":"ada@example.com","internal_id":98123,"#,
            r#""db_shard":"eu-3","balance":12345678901234567890,"score":1.0,"feature_flags":["beta","dark"],"#,
            r#""created_by_admin":true,"address":{{"city":"London","internal\u005fid":5,"lines":["12 St James's Sq"]}},"#,
            r#""teams":[{{"id":"t1","db_shard":"eu-1","owner":{{"email_address":"lead@example.com","internal_id":7}}}}, "#,
            r#"{{ "id" : "t2" , "feature_flags" : {{}} }}]}}"#
        ),
        id = id.escape_default()
    )
}
