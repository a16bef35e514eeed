//! A service that answers with chosen bytes: for what no HTTP library would send.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

/// One step of an answer.
#[derive(Debug, Clone)]
pub enum Act {
    /// These bytes, in a segment of their own.
    Send(Vec<u8>),
    /// Nothing for a while, so that what was sent arrives alone.
    Pause(Duration),
    /// The connection ends with a RST.
    Reset,
    /// The connection stays open, and nothing more is said.
    Hang,
}

impl Act {
    /// A piece of text.
    pub fn send(text: impl Into<Vec<u8>>) -> Act {
        Act::Send(text.into())
    }

    /// One chunk of a chunked body.
    pub fn chunk(bytes: &[u8]) -> Act {
        let size = format!("{:x}\r\n", bytes.len());
        Act::Send([size.as_bytes(), bytes, b"\r\n"].concat())
    }
}

/// A request's head as it came, and nothing of its body.
#[derive(Debug, Clone)]
pub struct WireRequest {
    /// The request line and the header lines, without the empty line.
    pub head: String,
}

impl WireRequest {
    /// The request target.
    pub fn target(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }
}

/// A listener whose every connection answers one request by a script, then closes.
pub struct Wire {
    address: SocketAddr,
    running: AbortHandle,
}

impl Wire {
    /// Answers each request with the acts that `script` chooses.
    pub async fn start<S>(script: S) -> io::Result<Wire>
    where
        S: Fn(&WireRequest) -> Vec<Act> + Send + Sync + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let running = tokio::spawn(accept(listener, Arc::new(script))).abort_handle();
        Ok(Wire { address, running })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.running.abort();
    }
}

type Script = dyn Fn(&WireRequest) -> Vec<Act> + Send + Sync;

async fn accept(listener: TcpListener, script: Arc<Script>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let script = Arc::clone(&script);
        connections.spawn(async move {
            let _ = play(stream, &*script).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn play(mut stream: TcpStream, script: &Script) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let request = head(&mut stream).await?;
    for act in script(&request) {
        match act {
            Act::Send(bytes) => stream.write_all(&bytes).await?,
            Act::Pause(time) => tokio::time::sleep(time).await,
            Act::Reset => return stream.set_zero_linger(),
            Act::Hang => std::future::pending().await,
        }
    }
    stream.shutdown().await
}

async fn head(stream: &mut TcpStream) -> io::Result<WireRequest> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(WireRequest { head: String::from_utf8_lossy(&head).trim_end().to_owned() })
}
