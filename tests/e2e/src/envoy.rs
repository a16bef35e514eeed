//! One Envoy process: started with a configuration, asked through its admin port, stopped when it is dropped.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use tempfile::TempDir;

use crate::admin::Admin;
use crate::eventually::eventually;
use crate::keeper::Kept;

/// The top of the repository.
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("this crate lies in tests/e2e").to_owned()
}

/// The Envoy that all tests run: `$ENVOY`, or what `scripts/envoy` finds.
pub fn envoy_program() -> &'static Path {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
        if let Some(path) = std::env::var_os("ENVOY") {
            return PathBuf::from(path);
        }
        let found = Command::new(repository().join("scripts/envoy")).stderr(Stdio::inherit()).output();
        let found = found.expect("scripts/envoy runs");
        assert!(found.status.success(), "scripts/envoy found no Envoy");
        PathBuf::from(String::from_utf8_lossy(&found.stdout).trim())
    });
    &PROGRAM
}

/// A running Envoy.
pub struct Envoy {
    process: Option<Kept>,
    folder: TempDir,
    admin: Admin,
}

impl Envoy {
    /// Starts Envoy with this configuration (JSON or YAML, by the name's ending) and waits until it is ready.
    ///
    /// # Panics
    /// When Envoy refuses the configuration; with its log.
    pub fn start(name: &str, configuration: &str, workers: usize) -> Envoy {
        Envoy::start_in(tempfile::tempdir().expect("a folder"), name, configuration, workers)
    }

    /// The same, in a folder that the configuration speaks of.
    pub fn start_in(folder: TempDir, name: &str, configuration: &str, workers: usize) -> Envoy {
        let file = folder.path().join(name);
        fs::write(&file, configuration).expect("the configuration is written");
        let log = File::create(folder.path().join("log")).expect("a log");
        let mut command = Kept::command(envoy_program());
        command
            .arg("-c")
            .arg(&file)
            .args(["--concurrency", &workers.to_string(), "--log-level", "warning"])
            .args(["--component-log-level", &component_log_level(), "--disable-hot-restart"])
            .args(["--file-flush-interval-msec", "10"])
            .arg("--admin-address-path")
            .arg(folder.path().join("admin"))
            .current_dir(repository())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log);
        let process = Kept::start(&mut command);
        let admin = Admin::at(admin_address(&process, folder.path()));
        let envoy = Envoy { process: Some(process), folder, admin };
        envoy.wait_until_ready();
        envoy
    }

    /// Its admin port.
    pub fn admin(&self) -> &Admin {
        &self.admin
    }

    /// Where its files are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Everything that it has written so far: its own log, the filters' log and the access log.
    pub fn log(&self) -> String {
        read_log(self.folder.path())
    }

    /// The memory that it takes (`VmRSS`, proc(5)), that of V8 included, which Envoy does not count.
    pub fn resident_bytes(&self) -> u64 {
        let process = self.process.as_ref().and_then(Kept::id).expect("Envoy runs under its keeper");
        resident_bytes_of(process).expect("Linux tells a process's memory")
    }

    /// Whether the process has ended.
    pub fn has_ended(&self) -> bool {
        self.process.as_ref().is_none_or(Kept::has_ended)
    }

    fn wait_until_ready(&self) {
        eventually("Envoy is ready", || {
            assert!(!self.has_ended(), "Envoy ended at its start:\n{}", self.log());
            self.admin.is_ready().then_some(())
        });
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        drop(self.process.take());
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!("Envoy's last words:\n{}", lines[lines.len().saturating_sub(40)..].join("\n"));
        }
    }
}

/// `E2E_LOG=wasm:trace` shows every host call in the log of a failed test.
fn component_log_level() -> String {
    std::env::var("E2E_LOG").unwrap_or_else(|_| "wasm:info,upstream:error".to_owned())
}

fn resident_bytes_of(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}

fn read_log(folder: &Path) -> String {
    let log = fs::read(folder.join("log")).unwrap_or_default();
    String::from_utf8_lossy(&log).into_owned()
}

/// Envoy chooses the port, and writes it down once it listens.
fn admin_address(process: &Kept, folder: &Path) -> SocketAddr {
    eventually("Envoy opens its admin port", || {
        assert!(!process.has_ended(), "Envoy ended at its start:\n{}", read_log(folder));
        fs::read_to_string(folder.join("admin")).ok()?.parse().ok()
    })
}

/// Whether Envoy takes this configuration (JSON), and what it says.
pub fn validate(configuration: &str) -> Result<String, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("envoy.json");
    fs::write(&file, configuration).expect("the configuration is written");
    let output = Command::new(envoy_program())
        .args(["--mode", "validate", "--log-level", "warning", "--component-log-level", "wasm:info", "-c"])
        .arg(&file)
        .current_dir(repository())
        .output()
        .expect("Envoy runs");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    if output.status.success() { Ok(said) } else { Err(said) }
}
