//! The sample document and the sample Envoy configuration of `envoy/`, as the repository has them.

use std::fs;

use serde_json::{Value, json};
use services::Services;

use crate::envoy::repository;

/// The names that the sample configuration gives the services, with their ports.
const HOSTS: [(&str, u16); 4] =
    [("users-service", 3001), ("orders-service", 3002), ("products-service", 3003), ("auth-service", 3004)];

/// A YAML file of the repository.
pub fn read_yaml(path: &str) -> Value {
    let text = fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The four filter sections of `envoy/gateway.yaml`.
pub fn sample_document() -> Value {
    let whole = read_yaml("envoy/gateway.yaml");
    let mut sections = json!({});
    for section in ["auth", "rate_limiting", "aggregations", "transformations"] {
        sections[section] = whole[section].clone();
    }
    sections
}

/// `envoy/envoy.yaml` with these services in the place of the named hosts, its admin port chosen by Envoy, and its
/// listener on `port`.
pub fn local_bootstrap(services: &Services, port: u16) -> String {
    let hosts = HOSTS.iter().zip(services.all());
    let hosts = hosts.map(|((host, usual), service)| (*host, *usual, service.address().port()));
    localized("envoy/envoy.yaml", hosts, port)
}

/// `envoy/global.yaml` likewise, with a rate limit service on `limits`.
pub fn local_global_bootstrap(services: &Services, limits: u16) -> String {
    let orders = services.orders.address().port();
    localized(
        "envoy/global.yaml",
        [("orders-service", 3002, orders), ("limits", 8081, limits)].into_iter(),
        0,
    )
}

/// A configuration of the repository whose hosts are ports of this machine.
fn localized(path: &str, hosts: impl Iterator<Item = (&'static str, u16, u16)>, listener: u16) -> String {
    let mut text =
        fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut replace = |old: String, new: String| {
        assert!(text.contains(&old), "{path} has no {old}");
        text = text.replace(&old, &new);
    };
    for (host, usual, port) in hosts {
        let new = format!("address: 127.0.0.1, port_value: {port}");
        replace(format!("address: {host}, port_value: {usual}"), new);
    }
    let (admin, any) = ("address: 127.0.0.1, port_value: 9901", "address: 127.0.0.1, port_value: 0");
    replace(admin.to_owned(), any.to_owned());
    let listens = format!("address: 127.0.0.1, port_value: {listener}");
    replace("address: 0.0.0.0, port_value: 8080".to_owned(), listens);
    text
}
