//! The gateway document: sections, path patterns, and every mistake with its path.
//!
//! Reading order: [`Mistakes`] collects what is wrong; [`Node`] and [`Fields`] read JSON so that nothing wrong is
//! missed; [`CanonicalPath`], [`PathPattern`] and [`PathTable`] find the rule for a request.

mod mistakes;
mod node;
mod fields;
mod units;
mod canonical_path;
mod path_pattern;
mod methods;
mod path_table;
mod upstream;
mod header_name;
mod path_entry;
mod json_path;
pub mod auth;
pub mod transformations;
mod document;
pub mod aggregations;
pub mod rate_limiting;

pub use aggregations::AggregationConfig;
pub use auth::AuthConfig;
pub use canonical_path::CanonicalPath;
pub use document::{DebugConfig, Document, ErrorsConfig, Section};
pub use fields::Fields;
pub use header_name::is_token;
pub use json_path::{JsonPath, JsonPathError, JsonPathFault, Step};
pub use methods::Methods;
pub use mistakes::{Fault, Mistake, Mistakes};
pub use node::Node;
pub use path_entry::PathEntry;
pub use path_pattern::{PathPattern, PatternError};
pub use path_table::{Clash, Found, PathRules, PathTable};
pub use rate_limiting::RateLimitingConfig;
pub use transformations::TransformationConfig;
pub use upstream::Upstream;
