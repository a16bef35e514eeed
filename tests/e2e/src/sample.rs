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
    let path = "envoy/envoy.yaml";
    let mut text =
        fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut replace = |old: String, new: String| {
        assert!(text.contains(&old), "{path} has no {old}");
        text = text.replace(&old, &new);
    };
    for ((host, usual), service) in HOSTS.iter().zip(services.all()) {
        let new = format!("address: 127.0.0.1, port_value: {}", service.address().port());
        replace(format!("address: {host}, port_value: {usual}"), new);
    }
    replace(
        "address: 127.0.0.1, port_value: 9901".to_owned(),
        "address: 127.0.0.1, port_value: 0".to_owned(),
    );
    replace(
        "address: 0.0.0.0, port_value: 8080".to_owned(),
        format!("address: 127.0.0.1, port_value: {port}"),
    );
    text
}
