//! What Envoy's admin port tells: readiness, listeners, statistics.

use std::net::SocketAddr;

use serde_json::Value;

use crate::answer::{Answer, Lost};
use crate::client::Request;

/// The admin port of one Envoy.
#[derive(Debug, Clone, Copy)]
pub struct Admin {
    address: SocketAddr,
}

impl Admin {
    pub(crate) fn at(address: SocketAddr) -> Admin {
        Admin { address }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The answer to a GET.
    pub fn ask(&self, path: &str) -> Result<Answer, Lost> {
        Request::new(self.address, "GET", path).try_send()
    }

    /// Whether Envoy is live.
    pub fn is_ready(&self) -> bool {
        self.ask("/ready").is_ok_and(|answer| answer.status == 200)
    }

    /// Where a listener of this name listens; `None` while there is none.
    pub fn listener(&self, name: &str) -> Option<SocketAddr> {
        let listeners = self.ask("/listeners?format=json").ok()?.json();
        let all = listeners.get("listener_statuses")?.as_array()?;
        let one = all.iter().find(|listener| listener["name"] == name)?;
        let address = &one["local_address"]["socket_address"];
        format!("{}:{}", address["address"].as_str()?, address["port_value"]).parse().ok()
    }

    /// One counter or gauge; 0 where Envoy has no such statistic yet.
    pub fn stat(&self, name: &str) -> u64 {
        self.stats(|stat| stat == name).first().map_or(0, |(_, value)| *value)
    }

    /// The counters and gauges whose names pass.
    pub fn stats(&self, wanted: impl Fn(&str) -> bool) -> Vec<(String, u64)> {
        let all = self.ask("/stats?format=json").expect("Envoy tells its statistics").json();
        let all = all["stats"].as_array().cloned().unwrap_or_default();
        let named = all.iter().filter_map(|stat| Some((stat["name"].as_str()?, stat["value"].as_u64()?)));
        named.filter(|(name, _)| wanted(name)).map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// How many requests to a cluster are not answered yet.
    pub fn outstanding(&self, cluster: &str) -> u64 {
        // Envoy writes a colon in a cluster's name as an underscore.
        self.stat(&format!("cluster.{}.upstream_rq_active", cluster.replace(':', "_")))
    }

    /// Every statistic that counts a module that trapped: all of them are 0, or something is wrong.
    pub fn traps(&self) -> Vec<(String, u64)> {
        let signs = ["vm_reload", "fail_stream", "wasm.remote_load_fetch_failures"];
        let of_traps =
            self.stats(|name| name.contains("wasm") && signs.iter().any(|sign| name.contains(sign)));
        of_traps.into_iter().filter(|(_, count)| *count > 0).collect()
    }

    /// The memory that Envoy's own allocator has handed out.
    pub fn allocated(&self) -> u64 {
        let memory: Value = self.ask("/memory").expect("Envoy tells its memory").json();
        memory["allocated"].as_str().and_then(|text| text.parse().ok()).unwrap_or_default()
    }
}
