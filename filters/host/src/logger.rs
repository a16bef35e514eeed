//! The `log` facade, ending in Envoy's log.

use log::{Level, LevelFilter, Log, Metadata, Record};

use crate::abi;

struct EnvoyLog;

impl Log for EnvoyLog {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let level = match record.level() {
            Level::Trace => 0,
            Level::Debug => 1,
            Level::Info => 2,
            Level::Warn => 3,
            Level::Error => 4,
        };
        abi::log(level, &record.args().to_string());
    }

    fn flush(&self) {}
}

/// Sends log lines to Envoy from now on. Debug lines are left out before they are written: nothing on a request's way may
/// format.
pub(crate) fn install() {
    // The second root context of a VM finds the logger in place.
    if log::set_logger(&EnvoyLog).is_ok() {
        log::set_max_level(LevelFilter::Info);
    }
}
