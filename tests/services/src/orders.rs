//! The orders service.

use axum::extract::{Path, Query};
use axum::response::Json;
use axum::routing::get;
use axum::{Extension, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::seen::SeenRequest;

pub(crate) fn routes() -> Router {
    Router::new().route("/orders", get(list).post(created)).route("/orders/{id}", get(order))
}

#[derive(Deserialize)]
struct Wanted {
    user: Option<String>,
    #[serde(default = "a_page")]
    limit: usize,
}

fn a_page() -> usize {
    10
}

async fn list(Query(wanted): Query<Wanted>) -> Json<Value> {
    let user = wanted.user.as_deref();
    let items: Vec<Value> =
        (1..=wanted.limit.min(100)).map(|number| record(&format!("ord_{number}"), user)).collect();
    Json(json!({ "items": items, "total": 12 }))
}

async fn order(Path(id): Path<String>) -> Json<Value> {
    Json(record(&id, None))
}

async fn created(Extension(request): Extension<SeenRequest>) -> Json<Value> {
    Json(json!({ "id": "ord_new", "received": request.body }))
}

fn record(id: &str, user: Option<&str>) -> Value {
    json!({ "id": id, "user": user, "status": "shipped", "total": 42.50, "lines": [{ "sku": "p_1", "count": 2 }] })
}
