//! Limitador's library behind Envoy's rate limit API, for tests.
//!
//! It answers as Limitador's own server does, and reads the same file of limits. Its address is the first line that it prints.

mod counters;
mod messages;
mod redis_counters;
mod service;

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;

use counters::Counters;
use service::RateLimitService;

const USAGE: &str = "\
rate-limit-service LIMITS [--redis URL] [--port PORT] [--headers]
LIMITS is a file as Limitador's server reads it; without --redis counters are in memory; PORT 0, the default, is any free one";

/// What the command line says.
#[derive(Default)]
struct Arguments {
    limits: String,
    redis: Option<String>,
    port: u16,
    headers: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let served = match Arguments::read(std::env::args().skip(1)) {
        Some(arguments) => serve(arguments).await,
        None => Err(USAGE.to_owned()),
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("rate-limit-service: {reason}");
            ExitCode::FAILURE
        }
    }
}

impl Arguments {
    fn read(mut words: impl Iterator<Item = String>) -> Option<Arguments> {
        let mut arguments = Arguments { limits: words.next()?, ..Arguments::default() };
        while let Some(word) = words.next() {
            match word.as_str() {
                "--redis" => arguments.redis = Some(words.next()?),
                "--port" => arguments.port = words.next()?.parse().ok()?,
                "--headers" => arguments.headers = true,
                _ => return None,
            }
        }
        Some(arguments)
    }
}

async fn serve(arguments: Arguments) -> Result<(), String> {
    let file = &arguments.limits;
    let text = std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    let limits = serde_saphyr::from_str(&text).map_err(|error| format!("{file}: {error}"))?;
    let counters = Arc::new(Counters::of(limits, arguments.redis.as_deref())?);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port));
    let listener = TcpListener::bind(address).await.map_err(|error| format!("{address}: {error}"))?;
    println!("{}", listener.local_addr().map_err(|error| error.to_string())?);
    let service = RateLimitService { counters, tells: arguments.headers };
    let server = Server::builder().add_service(service);
    server.serve_with_incoming(TcpListenerStream::new(listener)).await.map_err(|error| error.to_string())
}
