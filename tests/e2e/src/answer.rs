//! An HTTP/1.1 answer as a client gets it, piece by piece or whole.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read};
use std::net::TcpStream;

use serde_json::Value;

/// No answer, or one that is no HTTP.
#[derive(Debug)]
pub struct Lost(pub String);

impl From<io::Error> for Lost {
    fn from(error: io::Error) -> Lost {
        Lost(error.to_string())
    }
}

/// A whole answer.
#[derive(Clone, Default)]
pub struct Answer {
    /// 200, 401, ...
    pub status: u16,
    /// Names in lower case, in the order received.
    pub headers: Vec<(String, String)>,
    /// All of the body that came.
    pub body: Vec<u8>,
    /// The trailers of a chunked body.
    pub trailers: Vec<(String, String)>,
    /// Whether the body came to its end; false when the connection was cut before.
    pub complete: bool,
}

/// As a reader of a failed test wants it: the body as text, and not all of a long one.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}{}", self.status, if self.complete { "" } else { " (cut off)" })?;
        self.headers.iter().try_for_each(|(name, value)| writeln!(f, "{name}: {value:.200}"))?;
        write!(f, "{:.1000}", self.text())
    }
}

impl Answer {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A header that must be there.
    #[track_caller]
    pub fn expect_header(&self, name: &str) -> &str {
        self.header(name).unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }

    /// A header that must be there and a whole number.
    #[track_caller]
    pub fn number(&self, name: &str) -> u64 {
        self.expect_header(name).parse().unwrap_or_else(|_| panic!("{name} is no number in {self:?}"))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// Envoy's id of the request.
    #[track_caller]
    pub fn request_id(&self) -> &str {
        self.expect_header("x-request-id")
    }

    /// Says that this is a refusal in the one error shape, and gives its body.
    #[track_caller]
    pub fn refused(&self, status: u16, error: &str) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        let body = self.json();
        assert_eq!(body["error"], error, "{body}");
        assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()), "no message in {body}");
        assert_eq!(body["request_id"], self.request_id(), "{body}");
        assert_eq!(self.expect_header("content-type"), "application/json");
        assert_eq!(self.expect_header("cache-control"), "no-store");
        body
    }

    /// Says that the service's own answer came through.
    #[track_caller]
    pub fn passed(&self) -> &Answer {
        assert_eq!(self.status, 200, "{self:?}");
        assert!(self.complete, "the body was cut off: {:.500}", self.text());
        self
    }
}

/// An answer whose body has not been read yet.
pub struct Pieces {
    /// Status and headers.
    pub head: Answer,
    reader: BufReader<TcpStream>,
    framing: Framing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    Length(usize),
    Chunked,
    UntilClosed,
    Done,
}

impl Pieces {
    /// Reads the head; `bodiless` answers (to HEAD) have no body whatever their headers say.
    pub(crate) fn read(mut reader: BufReader<TcpStream>, bodiless: bool) -> Result<Pieces, Lost> {
        let head = read_head(&mut reader)?;
        let framing = if bodiless { Framing::Done } else { framing(&head) };
        Ok(Pieces { head, reader, framing })
    }

    /// The next bytes of the body, as they arrive; `None` at its end. An error when it is cut off.
    pub fn next_piece(&mut self) -> Result<Option<Vec<u8>>, Lost> {
        match self.framing {
            Framing::Done => Ok(None),
            Framing::Chunked => self.next_chunk(),
            Framing::Length(0) => self.end(),
            Framing::Length(left) => {
                let piece = self.some_bytes(left)?;
                if piece.is_empty() {
                    return Err(Lost(format!("closed {left} bytes before the end")));
                }
                self.framing = Framing::Length(left - piece.len());
                Ok(Some(piece))
            }
            Framing::UntilClosed => {
                let piece = self.some_bytes(usize::MAX)?;
                if piece.is_empty() { self.end() } else { Ok(Some(piece)) }
            }
        }
    }

    /// Reads on to the end; what came before a cut is kept.
    pub(crate) fn whole(mut self) -> (Answer, BufReader<TcpStream>) {
        let mut body = Vec::new();
        let complete = loop {
            match self.next_piece() {
                Ok(Some(piece)) => body.extend(piece),
                Ok(None) => break true,
                Err(_) => break false,
            }
        };
        (Answer { body, complete, ..self.head }, self.reader)
    }

    fn end(&mut self) -> Result<Option<Vec<u8>>, Lost> {
        self.framing = Framing::Done;
        Ok(None)
    }

    fn some_bytes(&mut self, most: usize) -> Result<Vec<u8>, Lost> {
        let ready = self.reader.fill_buf()?;
        let piece = ready[..ready.len().min(most)].to_vec();
        self.reader.consume(piece.len());
        Ok(piece)
    }

    fn next_chunk(&mut self) -> Result<Option<Vec<u8>>, Lost> {
        let line = read_line(&mut self.reader)?;
        let size = usize::from_str_radix(&line, 16).map_err(|_| Lost(format!("no chunk size: {line:?}")))?;
        if size == 0 {
            self.head.trailers = read_trailers(&mut self.reader)?;
            return self.end();
        }
        let mut chunk = vec![0; size + 2];
        self.reader.read_exact(&mut chunk)?;
        chunk.truncate(size);
        Ok(Some(chunk))
    }
}

fn read_head(reader: &mut BufReader<TcpStream>) -> Result<Answer, Lost> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if reader.read_until(b'\n', &mut head)? == 0 {
            return Err(Lost(format!("closed after {:?}", String::from_utf8_lossy(&head))));
        }
    }
    let mut lines = vec![httparse::EMPTY_HEADER; 2048];
    let mut parsed = httparse::Response::new(&mut lines);
    parsed.parse(&head).map_err(|error| Lost(error.to_string()))?;
    let status = parsed.code.unwrap_or_default();
    if status == 100 {
        return read_head(reader);
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = parsed.headers.iter().map(|line| (line.name.to_ascii_lowercase(), text(line.value)));
    Ok(Answer { status, headers: headers.collect(), ..Answer::default() })
}

fn framing(head: &Answer) -> Framing {
    if matches!(head.status, 204 | 304) {
        return Framing::Done;
    }
    if head.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        return Framing::Chunked;
    }
    let length = head.header("content-length").and_then(|text| text.parse().ok());
    length.map_or(Framing::UntilClosed, Framing::Length)
}

fn read_line(reader: &mut BufReader<TcpStream>) -> Result<String, Lost> {
    let mut line = String::new();
    match reader.read_line(&mut line)? {
        0 => Err(Lost("closed between chunks".to_owned())),
        _ => Ok(line.trim_end().to_owned()),
    }
}

fn read_trailers(reader: &mut BufReader<TcpStream>) -> Result<Vec<(String, String)>, Lost> {
    let mut trailers = Vec::new();
    loop {
        let line = read_line(reader)?;
        let Some((name, value)) = line.split_once(':') else { return Ok(trailers) };
        trailers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
}
