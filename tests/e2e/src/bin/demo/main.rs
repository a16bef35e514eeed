//! The demo: the mock services, a stock Envoy with `envoy/envoy.yaml`, and a transcript of what the gate does.
//!
//! `scripts/demo` builds what this needs and runs it.

mod story;
mod transcript;

use std::net::TcpListener;
use std::process::ExitCode;

use e2e_tests::{Envoy, RUNTIME, envoy_program, local_bootstrap};
use services::Services;

use crate::transcript::Transcript;

const USAGE: &str = "\
scripts/demo            plays the transcript, then serves on port 8080 until Ctrl-C
scripts/demo --once     ends after the transcript; the exit code says whether every answer was as expected
             --port N   another port than 8080";

struct Options {
    once: bool,
    port: u16,
}

fn main() -> ExitCode {
    let Some(options) = options() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    if let Err(error) = TcpListener::bind(("127.0.0.1", options.port)) {
        eprintln!("port {} cannot be used: {error}", options.port);
        eprintln!("stop what listens there, or choose another: scripts/demo --port 8081");
        return ExitCode::FAILURE;
    }
    let services = RUNTIME.block_on(Services::start()).expect("the services listen on free ports");
    let envoy = Envoy::start("envoy.yaml", &local_bootstrap(&services, options.port), 2);
    introduce(&services, &envoy, options.port);
    let mut transcript = Transcript::new(options.port, &services);
    story::play(&mut transcript);
    let as_expected = transcript.close();
    if !options.once {
        serve(&services, options.port);
    }
    if as_expected { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn options() -> Option<Options> {
    let mut options = Options { once: false, port: 8080 };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--once" => options.once = true,
            "--port" => options.port = arguments.next()?.parse().ok()?,
            _ => return None,
        }
    }
    Some(options)
}

fn introduce(services: &Services, envoy: &Envoy, port: u16) {
    println!("gateway   http://127.0.0.1:{port}   {} with envoy/envoy.yaml", envoy_program().display());
    println!("admin     http://{}", envoy.admin().address());
    for service in services.all() {
        println!("{:9} http://{}", service.name(), service.address());
    }
}

fn serve(services: &Services, port: u16) {
    println!("\nServing on http://127.0.0.1:{port} until Ctrl-C. Try:");
    println!("  TOKEN=$(curl -s http://{}/token)", services.auth.address());
    println!("  curl -i -H \"Authorization: Bearer $TOKEN\" http://127.0.0.1:{port}/api/users/usr_8a3f");
    println!("  curl -i -H \"Authorization: Bearer $TOKEN\" http://127.0.0.1:{port}/api/home");
    RUNTIME.block_on(stopped());
    println!("\nstopped");
}

async fn stopped() {
    let kind = tokio::signal::unix::SignalKind::terminate();
    let mut terminated = tokio::signal::unix::signal(kind).expect("a signal can be waited for");
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
}
