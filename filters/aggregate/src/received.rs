//! From a service's answer to the value that stands in ours.

use std::ops::Range;

use portcullis_document::{JsonPath, Step};

use crate::answer::Response;
use crate::failure::Failure;
use crate::json::{Json, Scalar};
use crate::plan::{Part, Rewrite, Shape};

/// A part's value, in the bytes that it came in.
#[derive(Debug)]
pub(crate) struct Received {
    body: Vec<u8>,
    /// Where in `body` the picked value stands.
    value: Range<usize>,
    /// The value as the document's `response` changed it, if it did.
    rewritten: Option<Vec<u8>>,
}

/// An answer that says that it has no content stands for this value.
const NO_CONTENT: (u16, &[u8]) = (204, b"null");

impl Received {
    /// Takes an answer for a part, in the order of the checks: who answered, its status, its size, its form, the
    /// value that is wanted of it, and what that value has to be.
    pub(crate) fn take(part: &Part, response: &Response<'_>) -> Result<Self, Failure> {
        let status = response.status_of_service()?;
        if !part.accepts(status) {
            return Err(Failure::Status(status));
        }
        if response.body_size > part.max_bytes {
            return Err(Failure::TooBig);
        }
        let body = match NO_CONTENT {
            (no_content, null) if status == no_content => null.to_vec(),
            _ => (response.body)(part.max_bytes),
        };
        let whole = Json::check(&body)?;
        let value = picked(whole, part.pick.as_ref()).ok_or(Failure::NotPicked)?;
        let rewritten = part.rewrite.as_deref().map(|rewrite| rewritten(rewrite, value)).transpose()?;
        let shown = rewritten.as_deref().map_or(value, Json::of_checked);
        if !part.shape.fits(shown) {
            return Err(part.shape.missed());
        }
        let value = value.range_in(&body);
        if rewritten.is_some() && !part.is_source {
            return Ok(Self { body: Vec::new(), value: 0..0, rewritten });
        }
        Ok(Self { body, value, rewritten })
    }

    /// The value that stands in the answer.
    pub(crate) fn shown(&self) -> Json<'_> {
        self.rewritten.as_deref().map_or_else(|| self.picked(), Json::of_checked)
    }

    /// A scalar inside the value as the service sent it, for another part's template.
    pub(crate) fn scalar(&self, steps: &[Box<str>]) -> Option<Scalar<'_>> {
        steps.iter().try_fold(self.picked(), |value, step| inside(value, step))?.scalar()
    }

    fn picked(&self) -> Json<'_> {
        Json::of_checked(self.body.get(self.value.clone()).unwrap_or_default())
    }
}

/// The document's paths to be picked have names and indexes alone.
fn picked<'a>(whole: Json<'a>, path: Option<&JsonPath>) -> Option<Json<'a>> {
    let steps = path.map(JsonPath::steps).unwrap_or_default();
    steps.iter().try_fold(whole, |value, step| match step {
        Step::Name(name) => value.member(name),
        Step::Index(index) => value.item(usize::try_from(*index).ok()?),
        Step::Each | Step::Descend => None,
    })
}

/// A step of a template names an item where it meets an array.
fn inside<'a>(value: Json<'a>, step: &str) -> Option<Json<'a>> {
    if value.is_array() { value.item(step.parse().ok()?) } else { value.member(step) }
}

/// What comes from beyond a port is checked again, since it is copied into our JSON.
fn rewritten(rewrite: &dyn Rewrite, value: Json<'_>) -> Result<Vec<u8>, Failure> {
    let rewritten = rewrite.rewrite(value.bytes()).ok_or(Failure::NotTransformed)?;
    Json::check(&rewritten).map_err(|_| Failure::NotTransformed)?;
    Ok(rewritten)
}

impl Shape {
    fn missed(self) -> Failure {
        match self {
            Self::Array => Failure::NotAnArray,
            Self::Any | Self::Object => Failure::NotAnObject,
        }
    }
}
