//! From the reason to the reply.

use portcullis_http::Refusal;

use crate::Fault;

/// What the client gets in place of a body that cannot be transformed. It is told nothing of the body.
#[must_use]
pub fn refusal(fault: Fault) -> Refusal {
    let detail = match fault {
        Fault::Malformed(_) => "portcullis.transform.malformed",
        Fault::NotUtf8 => "portcullis.transform.not_utf8",
        Fault::TooDeep => "portcullis.transform.too_deep",
        Fault::NameTooLong => "portcullis.transform.name_too_long",
        Fault::UnknownEncoding => "portcullis.transform.unknown_encoding",
        Fault::BadCompression => "portcullis.transform.bad_compression",
        Fault::Bomb => "portcullis.transform.bomb",
        Fault::Partial => "portcullis.transform.partial",
    };
    Refusal::new(502, "transform_failed", "The answer of the service could not be transformed.", detail)
}
