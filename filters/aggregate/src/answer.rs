//! What comes back from a call, and whether it is the service's answer or Envoy's own.

use std::fmt;

use crate::failure::Failure;

/// What the host says about a call.
#[derive(Clone, Copy, Debug)]
pub enum Answer<'a> {
    /// A whole answer; Envoy's own 502, 503 and 504 look like one.
    Response(Response<'a>),
    /// There is nothing to read: the stream was reset, or its body was more than Envoy keeps.
    Reset,
}

/// An answer of which no more is read than is wanted.
#[derive(Clone, Copy)]
pub struct Response<'a> {
    /// Reads the first value of one of its headers, `:status` among them.
    pub header: &'a dyn Fn(&str) -> Option<Vec<u8>>,
    /// The size of its body.
    pub body_size: usize,
    /// Reads at most so many bytes of its body.
    pub body: &'a dyn Fn(usize) -> Vec<u8>,
}

impl fmt::Debug for Response<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("body_size", &self.body_size).finish_non_exhaustive()
    }
}

/// Envoy adds this to what a service answered, and to nothing that it answers itself.
const SERVICE_TIME: &str = "x-envoy-upstream-service-time";

/// Envoy's own answers have a sentence; the reason stands within so many bytes.
const SENTENCE: usize = 512;

impl Response<'_> {
    /// The service's status; a failure where Envoy answered in its stead.
    pub(crate) fn status_of_service(&self) -> Result<u16, Failure> {
        let status = (self.header)(":status").and_then(|text| std::str::from_utf8(&text).ok()?.parse().ok());
        match status.ok_or(Failure::Reset)? {
            504 if !self.is_of_service() => Err(Failure::TimedOut),
            502 | 503 if !self.is_of_service() => Err(self.why_unavailable()),
            status => Ok(status),
        }
    }

    fn is_of_service(&self) -> bool {
        (self.header)(SERVICE_TIME).is_some()
    }

    /// Envoy tells the reasons for its 502 and 503 apart in the sentence alone.
    fn why_unavailable(&self) -> Failure {
        let sentence = (self.body)(SENTENCE);
        let says = |words: &[u8]| sentence.windows(words.len()).any(|window| window == words);
        if says(b"connection failure") || says(b"connection timeout") {
            Failure::ConnectFailed
        } else if says(b"no healthy upstream") {
            Failure::NoHealthyHost
        } else if says(b"reset reason: overflow") {
            Failure::Overloaded
        } else {
            Failure::Reset
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Response;
    use crate::Failure;

    fn status(status: &str, from_service: bool, body: &str) -> Result<u16, Failure> {
        let header = |name: &str| match name {
            ":status" => Some(status.into()),
            "x-envoy-upstream-service-time" => from_service.then(|| b"3".to_vec()),
            _ => None,
        };
        let response = Response {
            header: &header,
            body_size: body.len(),
            body: &|most| body.bytes().take(most).collect(),
        };
        response.status_of_service()
    }

    #[test]
    fn envoys_own_answers_are_told_from_the_services() {
        let reset = "upstream connect error or disconnect/reset before headers. reset reason: ";
        let refused =
            "remote connection failure, transport failure reason: delayed connect error: Connection refused";
        let table = [
            ("200", true, String::new(), Ok(200)),
            ("200", false, String::new(), Ok(200)),
            ("504", true, String::new(), Ok(504)),
            ("503", true, format!("{reset}{refused}"), Ok(503)),
            ("504", false, "upstream request timeout".to_owned(), Err(Failure::TimedOut)),
            ("503", false, format!("{reset}{refused}"), Err(Failure::ConnectFailed)),
            ("503", false, format!("{reset}connection timeout"), Err(Failure::ConnectFailed)),
            ("503", false, format!("{reset}connection termination"), Err(Failure::Reset)),
            ("503", false, format!("{reset}overflow"), Err(Failure::Overloaded)),
            ("502", true, String::new(), Ok(502)),
            ("502", false, format!("{reset}protocol error"), Err(Failure::Reset)),
            ("503", false, "no healthy upstream".to_owned(), Err(Failure::NoHealthyHost)),
            ("503", false, String::new(), Err(Failure::Reset)),
            ("", false, String::new(), Err(Failure::Reset)),
            ("2x0", true, String::new(), Err(Failure::Reset)),
        ];
        for (text, from_service, body, expected) in table {
            assert_eq!(status(text, from_service, &body), expected, "{text} {body}");
        }
    }
}
