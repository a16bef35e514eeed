//! Programs that stories start: each is stopped, by its process id, when the story or the test process ends.

use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;

/// Runs a program and stops it, by its process id, when standard input ends: so it is gone too when a test process was
/// killed, or ended with one in a static. It ends itself when the program does.
const KEEPER: &str = r#"
exec 3<&0
"$@" 3<&- & kept=$!
{ read -r _ <&3; kill "$kept"; } & reader=$!
wait "$kept" 2>/dev/null; code=$?
kill "$reader" 2>/dev/null
exit $code
"#;

/// A running program.
pub(crate) struct Kept {
    keeper: Mutex<Child>,
    stop: Option<ChildStdin>,
}

impl Kept {
    /// A command that runs `program` under a keeper; its arguments follow.
    pub(crate) fn command(program: &Path) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", KEEPER, "sh"]).arg(program).stdin(Stdio::piped());
        command
    }

    /// Starts it.
    pub(crate) fn start(command: &mut Command) -> Kept {
        let mut keeper = command.spawn().expect("a shell starts");
        let stop = keeper.stdin.take();
        Kept { keeper: Mutex::new(keeper), stop }
    }

    /// Its standard output, if that is piped and nobody has taken it.
    pub(crate) fn take_output(&self) -> Option<std::process::ChildStdout> {
        self.keeper.lock().expect("no holder panics").stdout.take()
    }

    /// Whether the program has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.keeper.lock().expect("no holder panics").try_wait().expect("a child can be asked").is_some()
    }

    /// The process id of the program.
    pub(crate) fn id(&self) -> Option<u32> {
        let keeper = self.keeper.lock().expect("no holder panics").id();
        let children = std::fs::read_to_string(format!("/proc/{keeper}/task/{keeper}/children")).ok()?;
        children.split(' ').next()?.parse().ok()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.keeper.lock().map(|mut keeper| keeper.wait());
    }
}
