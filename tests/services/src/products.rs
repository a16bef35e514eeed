//! The products service.

use axum::Router;
use axum::extract::{Path, Query};
use axum::response::Json;
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) fn routes() -> Router {
    Router::new()
        .route("/products/{id}", get(product))
        .route("/recommendations", get(recommendations))
        .route("/search", get(search))
        .route("/search/{*rest}", get(search))
}

async fn product(Path(id): Path<String>) -> Json<Value> {
    Json(json!({ "id": id, "name": "Difference Engine", "price": 12.5 }))
}

async fn recommendations() -> Json<Value> {
    Json(json!([{ "id": "p_1", "name": "Difference Engine" }, { "id": "p_2", "name": "Punched cards" }]))
}

#[derive(Deserialize)]
struct Search {
    q: Option<String>,
}

async fn search(Query(search): Query<Search>) -> Json<Value> {
    Json(json!({ "query": search.q, "hits": [{ "id": "p_1" }] }))
}
