//! One running service: a listener, its connections, and the way to end both at once.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Mutex;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{any, get};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tower::ServiceExt;

use crate::faults::Faults;
use crate::seen::{Seen, SeenRequest};

/// A request body longer than this is a mistake in a test.
const BODY_LIMIT: usize = 64 << 20;

/// A service that answers until it is stopped or dropped.
pub struct Service {
    name: &'static str,
    address: SocketAddr,
    seen: Seen,
    routes: Router,
    running: Mutex<Option<Running>>,
}

/// A listener and its connections, and the word that ends them.
struct Running {
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

impl Service {
    /// Serves the routes, and what every service has besides: `/health`, `/echo`, `/-/seen`.
    pub async fn start(name: &'static str, routes: Router, address: SocketAddr) -> io::Result<Service> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let seen = Seen::default();
        let routes = routes.merge(shared_routes(seen.clone()));
        let service = Service { name, address, seen, routes, running: Mutex::default() };
        service.run(listener);
        Ok(service)
    }

    /// The service's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Where it listens, also while it is stopped.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it was asked.
    pub fn seen(&self) -> &Seen {
        &self.seen
    }

    /// Closes the listener and every connection, as a killed process would. When this returns, it is gone.
    pub async fn stop(&self) {
        let running = self.running.lock().expect("no holder panics").take();
        if let Some(Running { stop, ended }) = running {
            drop(stop);
            let _ = ended.await;
        }
    }

    /// Listens again where it listened before.
    pub async fn restart(&self) -> io::Result<()> {
        self.run(TcpListener::bind(self.address).await?);
        Ok(())
    }

    fn run(&self, listener: TcpListener) {
        let (stop, stopped) = oneshot::channel();
        let ended =
            tokio::spawn(accept(listener, stopped, self.name, self.routes.clone(), self.seen.clone()));
        *self.running.lock().expect("no holder panics") = Some(Running { stop, ended });
    }
}

/// Ends when its sender is dropped, with the service at the latest.
async fn accept(
    listener: TcpListener,
    mut stopped: oneshot::Receiver<()>,
    name: &'static str,
    routes: Router,
    seen: Seen,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                connections.spawn(serve(stream, name, routes.clone(), seen.clone()));
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    connections.shutdown().await;
}

async fn serve(stream: TcpStream, name: &'static str, routes: Router, seen: Seen) {
    // Chunks must leave when they are written: tests count on where an answer is cut.
    let _ = stream.set_nodelay(true);
    let answer = service_fn(move |request| answer(request, name, routes.clone(), seen.clone()));
    let connection = auto::Builder::new(TokioExecutor::new());
    // A client that leaves, or an answer that is to be cut off, ends the connection with an error: nothing to do.
    let _ = connection.serve_connection(TokioIo::new(stream), answer).await;
}

/// The request was to be left without an answer: the connection is closed.
#[derive(Debug)]
struct Unanswered;

impl std::fmt::Display for Unanswered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection is closed without an answer, as asked")
    }
}

impl std::error::Error for Unanswered {}

async fn answer(
    request: hyper::Request<Incoming>,
    name: &'static str,
    routes: Router,
    seen: Seen,
) -> Result<Response, Unanswered> {
    let (head, body) = request.into_parts();
    let whole = Limited::new(body, BODY_LIMIT).collect().await.map_err(|_| Unanswered)?;
    let trailers = whole.trailers().cloned().unwrap_or_default();
    let body = whole.to_bytes();
    let request = SeenRequest::of(name, &head, &body, &trailers);
    let faults = Faults::of(&head.uri);
    if !head.uri.path().starts_with("/-/") {
        seen.push(request.clone());
    }
    faults.before_the_answer().await.map_err(|_| Unanswered)?;
    let mut inner = Request::from_parts(head, Body::from(body));
    inner.extensions_mut().insert(request);
    let Ok(response): Result<Response, Infallible> = routes.oneshot(inner).await;
    Ok(faults.spoil(response).await)
}

fn shared_routes(seen: Seen) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/echo", any(echo))
        .route("/echo/{*rest}", any(echo))
        .route("/-/seen", get(all_seen))
        .with_state(seen)
}

async fn health() -> impl IntoResponse {
    Json(serde_json::json!({ "status": "ok" }))
}

async fn echo(Extension(request): Extension<SeenRequest>) -> Json<SeenRequest> {
    Json(request)
}

async fn all_seen(State(seen): State<Seen>) -> Json<Vec<SeenRequest>> {
    Json(seen.all())
}
