//! The mock users, orders, products and auth services that the demo, docker-compose and the e2e tests share.
//!
//! They answer like small real services, say what they were asked (`/-/seen`, [`Seen`]), and misbehave when a
//! query parameter asks for it ([`faults`]). [`Wire`] is for what no HTTP library would send, [`RateLimiter`] is a rate limit
//! service that answers what it is told to.

mod auth;
mod faults;
mod keys;
mod orders;
mod products;
mod rate_limiter;
mod seen;
mod service;
mod tokens;
mod users;
mod wire;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

pub use auth::Jwks;
pub use faults::noise;
pub use keys::{Alg, Key, key_set};
pub use rate_limiter::{Question, RateLimiter, Word};
pub use seen::{Seen, SeenRequest};
pub use service::Service;
pub use tokens::{AUDIENCE, ISSUER, Token};
pub use wire::{Act, Wire, WireRequest};

/// The four services, each on its own port.
pub struct Services {
    /// `/users`, `/users/{id}`, `/users/big`.
    pub users: Service,
    /// `/orders`, `/orders/{id}`.
    pub orders: Service,
    /// `/products/{id}`, `/recommendations`, `/search`.
    pub products: Service,
    /// `/auth/login`, `/auth/register`, `/token`, `/.well-known/jwks.json`, `/health`.
    pub auth: Service,
    /// What the auth service answers on `/.well-known/jwks.json`.
    pub jwks: Jwks,
}

impl Services {
    /// Starts all four on free ports of the loopback address.
    pub async fn start() -> io::Result<Services> {
        let any = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        let jwks = Jwks::default();
        Ok(Services {
            users: Service::start("users", users::routes(), any).await?,
            orders: Service::start("orders", orders::routes(), any).await?,
            products: Service::start("products", products::routes(), any).await?,
            auth: Service::start("auth", auth::routes(jwks.clone()), any).await?,
            jwks,
        })
    }

    /// All of them, in a fixed order.
    pub fn all(&self) -> [&Service; 4] {
        [&self.users, &self.orders, &self.products, &self.auth]
    }
}

/// Starts one service by its name; `None` when no service has that name.
pub async fn start_named(name: &str, address: SocketAddr) -> Option<io::Result<Service>> {
    Some(match name {
        "users" => Service::start("users", users::routes(), address).await,
        "orders" => Service::start("orders", orders::routes(), address).await,
        "products" => Service::start("products", products::routes(), address).await,
        "auth" => Service::start("auth", auth::routes(Jwks::default()), address).await,
        _ => return None,
    })
}
