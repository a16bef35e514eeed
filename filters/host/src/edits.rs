//! Telling the host about the changes of a head.

use portcullis_http::Edit;

use crate::abi::{self, Map, Status};

/// Applies each change with one host call; ends at the first that the host does not take.
pub(crate) fn apply(map: Map, edits: &[Edit]) -> Result<(), Status> {
    edits.iter().try_for_each(|edit| match &edit.value {
        Some(value) => abi::set_header(map, &edit.name, value),
        None => abi::remove_header(map, &edit.name),
    })
}
