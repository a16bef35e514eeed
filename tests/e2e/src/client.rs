//! A client that sends exactly what a story says: HTTP/1.1, written by hand, from an address of its choice.

use std::fmt;
use std::io::{BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::answer::{Answer, Lost, Pieces};

/// A gateway that says nothing for this long has hung.
const PATIENCE: Duration = Duration::from_secs(20);

/// A request in the making.
#[derive(Debug, Clone)]
pub struct Request {
    address: SocketAddr,
    client: Ipv4Addr,
    method: String,
    target: Vec<u8>,
    lines: Vec<u8>,
    body: Vec<u8>,
}

impl Request {
    /// A request for a target, which is sent as it is written.
    pub fn new(address: SocketAddr, method: &str, target: impl AsRef<[u8]>) -> Request {
        Request {
            address,
            client: Ipv4Addr::LOCALHOST,
            method: method.to_owned(),
            target: target.as_ref().to_vec(),
            lines: b"host: api.example.com\r\n".to_vec(),
            body: Vec::new(),
        }
    }

    /// Adds a header line; the value may be any bytes.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Request {
        for part in [name.as_bytes(), b": ", value.as_ref(), b"\r\n"] {
            self.lines.extend_from_slice(part);
        }
        self
    }

    /// Sends a token the usual way.
    pub fn token(self, token: impl AsRef<str>) -> Request {
        self.header("authorization", format!("Bearer {}", token.as_ref()))
    }

    /// Adds a body, with its length.
    pub fn body(mut self, body: impl AsRef<[u8]>) -> Request {
        self.body = body.as_ref().to_vec();
        let length = self.body.len().to_string();
        self.header("content-length", length)
    }

    /// Adds a body in chunks, and trailers behind it where there are any.
    pub fn chunked(mut self, chunks: &[&str], trailers: &str) -> Request {
        for chunk in chunks {
            self.body.extend(format!("{:x}\r\n{chunk}\r\n", chunk.len()).into_bytes());
        }
        self.body.extend(format!("0\r\n{trailers}\r\n").into_bytes());
        self.header("transfer-encoding", "chunked")
    }

    /// Comes from this address of the loopback network.
    pub fn from(mut self, client: [u8; 4]) -> Request {
        self.client = Ipv4Addr::from(client);
        self
    }

    /// Sends it and reads the whole answer.
    ///
    /// # Panics
    /// When there is no answer.
    #[track_caller]
    pub fn send(&self) -> Answer {
        self.try_send().unwrap_or_else(|Lost(why)| panic!("no answer to {self}: {why}"))
    }

    /// Sends it and reads the whole answer, if there is one.
    pub fn try_send(&self) -> Result<Answer, Lost> {
        Ok(self.open()?.whole().0)
    }

    /// Sends it where Envoy's own parser may refuse it: no answer is an answer too, but silence is not.
    #[track_caller]
    pub fn send_or_lost(&self) -> Option<Answer> {
        let start = Instant::now();
        let answer = self.try_send().ok();
        assert!(start.elapsed() < PATIENCE, "no answer to {self}, and the connection stays open");
        answer
    }

    /// Sends it and reads the head of the answer.
    pub fn open(&self) -> Result<Pieces, Lost> {
        let mut stream = connect(self.address, self.client)?;
        stream.write_all(&self.bytes("close"))?;
        Pieces::read(BufReader::new(stream), self.method == "HEAD")
    }

    /// Sends it and leaves before there is an answer; the connection stays open until it is dropped.
    pub fn abandon(&self) -> Result<TcpStream, Lost> {
        let mut stream = connect(self.address, self.client)?;
        stream.write_all(&self.bytes("close"))?;
        Ok(stream)
    }

    /// Sends it so many times at once, each on a connection of its own, and reads the answers.
    ///
    /// One connection would not do: Envoy closes one whose pipelined requests stand behind a filter's reply.
    #[track_caller]
    pub fn volley(&self, count: usize) -> Vec<Answer> {
        let connections: Vec<_> = (0..count).map(|_| connect(self.address, self.client)).collect();
        let written = connections.into_iter().map(|connection| {
            let mut stream = connection?;
            stream.write_all(&self.bytes("close"))?;
            Ok(stream)
        });
        let written: Vec<Result<TcpStream, Lost>> = written.collect();
        let read =
            |stream: Result<TcpStream, Lost>| Pieces::read(BufReader::new(stream?), self.method == "HEAD");
        let answers: Result<Vec<Answer>, Lost> =
            written.into_iter().map(|stream| Ok(read(stream)?.whole().0)).collect();
        answers.unwrap_or_else(|Lost(why)| panic!("no answer to {self}: {why}"))
    }

    fn bytes(&self, connection: &str) -> Vec<u8> {
        let connection = format!("connection: {connection}\r\n\r\n");
        let first: [&[u8]; 4] = [self.method.as_bytes(), b" ", &self.target, b" HTTP/1.1\r\n"];
        [&first.concat()[..], &self.lines, connection.as_bytes(), &self.body].concat()
    }
}

/// As a transcript shows it: the request line, and the headers that the story added.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}", self.method, String::from_utf8_lossy(&self.target))?;
        let lines = String::from_utf8_lossy(&self.lines);
        lines.lines().skip(1).try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// A connection that is used again.
pub struct Connection {
    reader: Option<BufReader<TcpStream>>,
}

impl Connection {
    /// Connects from an address of the loopback network.
    pub fn open(address: SocketAddr, client: [u8; 4]) -> Result<Connection, Lost> {
        Ok(Connection { reader: Some(BufReader::new(connect(address, Ipv4Addr::from(client))?)) })
    }

    /// Sends one request on this connection and reads its answer.
    pub fn send(&mut self, request: &Request) -> Result<Answer, Lost> {
        self.send_all(&[request])?.pop().ok_or_else(|| Lost("no answer".to_owned()))
    }

    /// Sends all of them in one piece, before any is answered, then reads every answer.
    pub fn send_all(&mut self, requests: &[&Request]) -> Result<Vec<Answer>, Lost> {
        let mut reader = self.reader.take().ok_or_else(|| Lost("the connection is closed".to_owned()))?;
        let bytes: Vec<u8> = requests.iter().flat_map(|request| request.bytes("keep-alive")).collect();
        reader.get_mut().write_all(&bytes)?;
        let mut answers = Vec::with_capacity(requests.len());
        for request in requests {
            let answer;
            (answer, reader) = Pieces::read(reader, request.method == "HEAD")?.whole();
            answers.push(answer);
        }
        self.reader = Some(reader);
        Ok(answers)
    }
}

/// Sends these bytes and reads one answer.
pub(crate) fn send_bytes(address: SocketAddr, bytes: &[u8]) -> Result<Answer, Lost> {
    let mut stream = connect(address, Ipv4Addr::LOCALHOST)?;
    stream.write_all(bytes)?;
    Ok(Pieces::read(BufReader::new(stream), false)?.whole().0)
}

fn connect(address: SocketAddr, client: Ipv4Addr) -> Result<TcpStream, Lost> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((client, 0)).into())?;
    socket.connect_timeout(&address.into(), PATIENCE)?;
    socket.set_tcp_nodelay(true)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    Ok(socket.into())
}
