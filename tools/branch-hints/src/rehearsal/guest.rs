//! The module's memory, as the host reads and writes it.

use wasmi::{Caller, Error, Extern, Memory};

use super::host::{Host, Message};

/// The module, while it calls the host.
pub(super) struct Guest<'a>(pub(super) Caller<'a, Host>);

/// Bytes in the module's memory: where, and how many.
pub(super) type Span = (u32, u32);
/// Where the module wants to find where bytes are, and how many.
pub(super) type SpanPlaces = (u32, u32);

impl Guest<'_> {
    fn memory(&self) -> Result<Memory, Error> {
        let memory = self.0.get_export("memory").and_then(Extern::into_memory);
        memory.ok_or_else(|| Error::new("the module exports no memory"))
    }

    pub(super) fn bytes(&self, (at, length): Span) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![0; length as usize];
        self.memory()?.read(&self.0, at as usize, &mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn text(&self, span: Span) -> Result<String, Error> {
        Ok(String::from_utf8_lossy(&self.bytes(span)?).into_owned())
    }

    pub(super) fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Error> {
        Ok(self.memory()?.write(&mut self.0, at as usize, bytes)?)
    }

    pub(super) fn write_number(&mut self, at: u32, number: u32) -> Result<(), Error> {
        self.write(at, &number.to_le_bytes())
    }

    /// Hands bytes over, in memory that the module gives for them. A module may decline to be told where they are.
    pub(super) fn give(&mut self, bytes: &[u8], (at, length): SpanPlaces) -> Result<(), Error> {
        let size = u32::try_from(bytes.len()).map_err(|_| Error::new("more than a module can hold"))?;
        if at != 0 {
            let place = self.allocate(size)?;
            self.write(place, bytes)?;
            self.write_number(at, place)?;
        }
        self.write_number(length, size)
    }

    fn allocate(&mut self, size: u32) -> Result<u32, Error> {
        let allocate = self.0.get_export("proxy_on_memory_allocate").and_then(Extern::into_func);
        let allocate = allocate.ok_or_else(|| Error::new("the module gives no memory"))?;
        allocate.typed::<u32, u32>(&self.0)?.call(&mut self.0, size)
    }

    /// Headers that the module wrote, with a body.
    pub(super) fn message(&self, headers: Span, body: Vec<u8>) -> Result<Message, Error> {
        let bytes = self.bytes(headers)?;
        let headers = decoded(&bytes).ok_or_else(|| Error::new("headers that lie about their lengths"))?;
        Ok(Message { headers, body })
    }
}

fn decoded(bytes: &[u8]) -> Option<Vec<(String, String)>> {
    let number = |at: usize| {
        let four = bytes.get(at..)?.first_chunk::<4>()?;
        usize::try_from(u32::from_le_bytes(*four)).ok()
    };
    let count = number(0)?;
    let mut at = 4 + 8 * count;
    let mut text = |length: usize| {
        let text = bytes.get(at..at + length)?;
        at += length + 1;
        Some(String::from_utf8_lossy(text).into_owned())
    };
    (0..count).map(|pair| Some((text(number(4 + 8 * pair)?)?, text(number(8 + 8 * pair)?)?))).collect()
}
