//! Rate limit services: a real one on a real Redis, and one that answers what a story wants.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use services::{Question, RateLimiter, Word};
use tempfile::TempDir;

use crate::envoy::repository;
use crate::eventually::eventually;
use crate::gate::RUNTIME;
use crate::keeper::Kept;

/// A rate limit service that answers each question with the word that `script` chooses.
pub fn rate_limiter(script: impl Fn(&Question) -> Word + Send + Sync + 'static) -> RateLimiter {
    RUNTIME.block_on(RateLimiter::start(script)).expect("the rate limiter listens")
}

/// A Redis of its own, which keeps nothing when it ends.
pub struct Redis {
    port: u16,
    process: Option<Kept>,
    folder: TempDir,
}

impl Redis {
    /// Starts it on a free port.
    ///
    /// # Panics
    /// When there is no `redis-server`.
    pub fn start() -> Redis {
        // Redis cannot choose one itself. The port is free for as long as nobody else is given it, which the kernel sees to.
        let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
        let folder = tempfile::tempdir().expect("a folder");
        let mut redis = Redis { port: free.expect("a free port").port(), process: None, folder };
        redis.restart();
        redis
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Ends it; its connections break.
    pub fn stop(&mut self) {
        self.process = None;
    }

    /// Starts it where it was, without what it knew.
    pub fn restart(&mut self) {
        let mut command = Kept::command(redis_program());
        command.args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
        command.arg("--dir").arg(self.folder.path()).stdout(Stdio::null());
        let process = Kept::start(&mut command);
        eventually("Redis listens", || {
            assert!(!process.has_ended(), "redis-server ended at its start, on port {}", self.port);
            TcpStream::connect(("127.0.0.1", self.port)).ok()
        });
        self.process = Some(process);
    }
}

/// `$REDIS_SERVER`, or what `scripts/redis` finds.
fn redis_program() -> &'static Path {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
        let found = Command::new(repository().join("scripts/redis")).stderr(Stdio::inherit()).output();
        let found = found.expect("scripts/redis runs");
        assert!(
            found.status.success(),
            "there is no redis-server: install it (apt-get install redis-server)"
        );
        PathBuf::from(String::from_utf8_lossy(&found.stdout).trim())
    });
    &PROGRAM
}

/// Limitador's library behind Envoy's API: `tests/rate-limit-service`, a process of its own.
pub struct LimitService {
    address: SocketAddr,
    _process: Kept,
    _folder: TempDir,
}

impl LimitService {
    /// Starts it with these limits, in the form of Limitador's own file, and its counters in this Redis or in memory.
    pub fn start(limits: &str, redis: Option<&Redis>) -> LimitService {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("limits.yaml");
        fs::write(&file, limits).expect("the limits are written");
        let mut command = Kept::command(service_program());
        command.arg(file).stdout(Stdio::piped());
        if let Some(redis) = redis {
            command.args(["--redis", &redis.url()]);
        }
        let process = Kept::start(&mut command);
        let output = process.take_output().expect("its output is piped");
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).expect("its output is text");
        let address = line.trim().parse().unwrap_or_else(|_| panic!("the rate limit service says {line:?}"));
        LimitService { address, _process: process, _folder: folder }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Built when it is first asked for; it is a workspace of its own.
fn service_program() -> &'static Path {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
        let workspace = repository().join("tests/rate-limit-service");
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository().join("target"), PathBuf::from);
        let target = target.join("rate-limit-service");
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--locked"]).arg("--target-dir").arg(&target).current_dir(workspace);
        assert!(build.status().is_ok_and(|status| status.success()), "the rate limit service does not build");
        target.join("debug/rate-limit-service")
    });
    &PROGRAM
}
