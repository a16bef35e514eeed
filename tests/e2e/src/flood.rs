//! Many requests in a short time: on several connections at once, answers only counted.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::ops::{AddAssign, Range};
use std::time::Duration;

/// How a flood was answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flooded {
    /// Answers with status 200.
    pub passed: usize,
    /// Answers with status 429.
    pub refused: usize,
}

impl AddAssign for Flooded {
    fn add_assign(&mut self, other: Flooded) {
        self.passed += other.passed;
        self.refused += other.refused;
    }
}

/// A request on each of so many connections is under way at a time: no connection waits for the others, and Envoy has always
/// something to do.
const LANES: usize = 16;

/// Sends a GET for each number, with the header lines that `lines` makes of it.
///
/// # Panics
/// When a connection breaks, or an answer is neither 200 nor 429.
pub fn flood(address: SocketAddr, mut numbers: Range<u64>, lines: impl Fn(u64) -> String) -> Flooded {
    let mut lanes: Vec<Lane> = (0..LANES).map(|_| Lane::open(address)).collect();
    let mut flooded = Flooded::default();
    while !numbers.is_empty() {
        let mut asked = 0;
        for (lane, number) in lanes.iter_mut().zip(numbers.by_ref()) {
            lane.ask(&lines(number));
            asked += 1;
        }
        for lane in lanes.iter_mut().take(asked) {
            flooded += lane.answer();
        }
    }
    flooded
}

struct Lane {
    answers: BufReader<TcpStream>,
}

impl Lane {
    fn open(address: SocketAddr) -> Lane {
        let stream = TcpStream::connect(address).expect("the gateway listens");
        stream.set_nodelay(true).expect("a socket takes it");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a socket takes it");
        Lane { answers: BufReader::new(stream) }
    }

    fn ask(&mut self, lines: &str) {
        let request = format!("GET / HTTP/1.1\r\nhost: api.example.com\r\n{lines}\r\n");
        self.answers.get_mut().write_all(request.as_bytes()).expect("the request is sent");
    }

    fn answer(&mut self) -> Flooded {
        let status = self.line();
        let mut length = 0;
        loop {
            match self.line().split_once(": ") {
                Some(("content-length", value)) => length = value.parse().expect("a length is a number"),
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.answers.read_exact(&mut body).expect("the body comes");
        match status.split(' ').nth(1) {
            Some("200") => Flooded { passed: 1, refused: 0 },
            Some("429") => Flooded { passed: 0, refused: 1 },
            _ => panic!("{status}"),
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.answers.read_line(&mut line).expect("the answer comes") > 0, "the connection is closed");
        line.truncate(line.trim_end().len());
        line
    }
}
