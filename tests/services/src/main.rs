//! Starts mock services by name and serves until it is stopped.

use std::net::{IpAddr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use services::{Service, start_named};

const USAGE: &str = "\
services [--host ADDRESS] [NAME:PORT ...]   serves; all four on 3001 to 3004 when none is named, port 0 is any free one
services --check PORT                       ends with 0 when something listens there (for health checks)";

/// What the sample document and docker-compose.yml expect.
const USUAL: [&str; 4] = ["users:3001", "orders:3002", "products:3003", "auth:3004"];

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["--help" | "-h"] => say(USAGE),
        ["--check", port] => check(port),
        ["--host", host, names @ ..] => serve(host, names).await,
        names => serve("127.0.0.1", names).await,
    }
}

fn say(text: &str) -> ExitCode {
    println!("{text}");
    ExitCode::SUCCESS
}

fn fail(text: &str) -> ExitCode {
    eprintln!("services: {text}\n{USAGE}");
    ExitCode::FAILURE
}

fn check(port: &str) -> ExitCode {
    let Ok(port) = port.parse() else {
        return fail("--check wants a port");
    };
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    match TcpStream::connect_timeout(&address, Duration::from_secs(1)) {
        Ok(_) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

async fn serve(host: &str, names: &[&str]) -> ExitCode {
    let Ok(host) = host.parse() else {
        return fail("--host wants an address");
    };
    let names = if names.is_empty() { &USUAL[..] } else { names };
    let mut running = Vec::new();
    for name in names {
        match start(host, name).await {
            Ok(service) => running.push(service),
            Err(reason) => return fail(&reason),
        }
    }
    for service in &running {
        println!("{} http://{}", service.name(), service.address());
    }
    stopped().await;
    ExitCode::SUCCESS
}

async fn start(host: IpAddr, argument: &str) -> Result<Service, String> {
    let (name, port) = argument.split_once(':').ok_or(format!("{argument}: expected NAME:PORT"))?;
    let port = port.parse().map_err(|_| format!("{argument}: expected NAME:PORT"))?;
    let address = SocketAddr::new(host, port);
    let service = start_named(name, address).await.ok_or(format!("there is no service {name}"))?;
    service.map_err(|error| format!("{name} cannot listen on {address}: {error}"))
}

/// Returns on Ctrl-C and on SIGTERM, which is what docker sends.
async fn stopped() {
    let mut term =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).expect("a signal handler");
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = term.recv() => {}
    }
}
