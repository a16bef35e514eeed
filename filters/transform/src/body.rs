//! A body on its way through, from its first byte to its last, and the head that goes before it.

mod events;
mod gzip;
mod records;

use std::rc::Rc;

use portcullis_document::transformations::OnFailure;
use portcullis_http::Head;

use crate::message::{Reading, make_true};
use crate::{Changes, Encoding, Fault, Format, Rewriter, Rules};

use events::Events;
use gzip::Gunzip;
use records::Records;

/// A body that is being transformed.
#[derive(Debug)]
pub struct Body {
    gunzip: Option<Gunzip>,
    texts: Texts,
    phase: Phase,
    on_failure: OnFailure,
    /// Up to this many decoded bytes are held.
    hold_bytes: usize,
    /// Bytes that came while the head was held, as received and decoded.
    come: usize,
    read: usize,
    /// Output that is too much to be sent with a held head, for the next piece.
    spilled: Vec<u8>,
}

/// Output of this size does not wait for the rest of its piece.
const LARGE: usize = 64 << 10;

/// What is to be done after a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Keep head, pieces and output: it is not known yet what becomes of them.
    Hold,
    /// The output takes the place of all pieces since the last step that was none of [`Step::Hold`].
    Send,
    /// The pieces pass as they came, and the head with them; there is no output.
    Pass,
    /// The client must not get this body.
    Refuse(Fault),
}

/// Where the head is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Held.
    Holding,
    /// Gone, or about to go; it does not wait for the body.
    Streaming,
    /// Gone as it came, and so does the body.
    Passing,
    /// Gone for a transformed body that could be transformed only so far, and passes decoded from there on.
    PassingRest,
}

/// The JSON texts of a body.
#[derive(Clone, Debug)]
enum Texts {
    One { rewriter: Box<Rewriter>, is_empty: bool },
    Many(Box<Records>),
    Events(Box<Events>),
}

impl Body {
    /// A body in front of its first byte.
    ///
    /// `hold_bytes` is `None` where the head cannot wait: then it must be made true before it goes, by
    /// [`make_true`]. Nothing waits for records of which it is not known when they end, nor for a body that is known to be
    /// longer.
    #[must_use]
    pub fn new(rules: Rc<Rules>, reading: Reading, on_failure: OnFailure, hold_bytes: Option<usize>) -> Self {
        let is_endless = reading.format.is_stream() && reading.length.is_none();
        let is_longer = |hold_bytes: usize| reading.length.is_some_and(|length| length > hold_bytes);
        let hold_bytes = hold_bytes.filter(|bytes| *bytes > 0 && !is_endless && !is_longer(*bytes));
        Self {
            gunzip: (reading.encoding == Encoding::Gzip).then(Gunzip::new),
            texts: Texts::new(rules, reading.format),
            phase: if hold_bytes.is_some() { Phase::Holding } else { Phase::Streaming },
            on_failure,
            hold_bytes: hold_bytes.unwrap_or_default(),
            come: 0,
            read: 0,
            spilled: Vec::new(),
        }
    }

    /// Whether the head waits for the body.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.phase == Phase::Holding
    }

    /// Takes the next piece and appends to `out`, which is the same until it is sent. A held head is made true before
    /// it is sent.
    ///
    /// Where the head has gone, a piece that grows when it is decoded leaves in parts: `send` takes each of them out of
    /// `out`. They are of the body only if the step is [`Step::Send`].
    pub fn push(
        &mut self,
        piece: &[u8],
        is_last: bool,
        head: &mut Head,
        out: &mut Vec<u8>,
        send: &mut dyn FnMut(&mut Vec<u8>),
    ) -> Step {
        if self.phase == Phase::Passing {
            return Step::Pass;
        }
        out.append(&mut self.spilled);
        self.come = self.come.saturating_add(piece.len());
        match self.rewrite(piece, is_last, out, send) {
            Ok(()) => self.after(is_last, head, out),
            Err(fault) if self.on_failure == OnFailure::Reject => Step::Refuse(fault),
            Err(_) if self.phase == Phase::Holding => {
                out.clear();
                self.phase = Phase::Passing;
                Step::Pass
            }
            Err(fault) => Step::Refuse(fault),
        }
    }

    /// What has been changed so far.
    #[must_use]
    pub fn changes(&self) -> Changes {
        match &self.texts {
            Texts::One { rewriter, .. } => rewriter.changes(),
            Texts::Many(records) => records.rewriter().changes(),
            Texts::Events(events) => events.rewriter().changes(),
        }
    }

    fn after(&mut self, is_last: bool, head: &mut Head, out: &mut Vec<u8>) -> Step {
        if self.phase != Phase::Holding {
            return Step::Send;
        }
        if !is_last && self.read <= self.hold_bytes {
            return Step::Hold;
        }
        // HTTP/1.1 has no room for trailers behind a body whose length was told.
        let tells_length = is_last && head.get("trailer").is_none();
        make_true(head, tells_length.then_some(out.len()));
        self.phase = Phase::Streaming;
        if !is_last {
            // A host that holds the head holds the body too, and that has a bound, which is no lower than what it holds now.
            self.spilled = out.split_off(out.len().min(self.come.max(self.hold_bytes)));
        }
        Step::Send
    }

    fn rewrite(
        &mut self,
        piece: &[u8],
        is_last: bool,
        out: &mut Vec<u8>,
        send: &mut dyn FnMut(&mut Vec<u8>),
    ) -> Result<(), Fault> {
        let Self { gunzip, texts, phase, read, .. } = self;
        let may_pass = self.on_failure == OnFailure::Pass;
        let mut take = |plain: &[u8]| {
            *read = read.saturating_add(plain.len());
            push_or_pass(texts, phase, may_pass, plain, out)?;
            if out.len() >= LARGE && *phase != Phase::Holding {
                send(out);
            }
            Ok(())
        };
        match gunzip {
            Some(gunzip) => gunzip.push(piece, &mut take)?,
            None => take(piece)?,
        }
        if !is_last {
            return Ok(());
        }
        if let Some(gunzip) = gunzip {
            gunzip.finish(&mut take)?;
        }
        match (texts.finish(out), *phase) {
            (Err(_), Phase::Streaming) if may_pass => out.extend(texts.withheld()),
            (Err(_), Phase::PassingRest) => {}
            (result, _) => return result,
        }
        Ok(())
    }
}

/// Once the head has gone, a body that may pass goes on as it came from the piece on that could not be transformed.
fn push_or_pass(
    texts: &mut Texts,
    phase: &mut Phase,
    may_pass: bool,
    plain: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), Fault> {
    if *phase == Phase::PassingRest {
        out.extend_from_slice(plain);
        return Ok(());
    }
    if !may_pass || *phase == Phase::Holding {
        return texts.push(plain, out);
    }
    let (written, withheld) = (out.len(), texts.withheld());
    if texts.push(plain, out).is_err() {
        out.truncate(written);
        out.extend(withheld);
        out.extend_from_slice(plain);
        *phase = Phase::PassingRest;
    }
    Ok(())
}

impl Texts {
    fn new(rules: Rc<Rules>, format: Format) -> Self {
        let rewriter = Rewriter::new(rules);
        match format {
            Format::Text => Self::One { rewriter: Box::new(rewriter), is_empty: true },
            Format::Lines => Self::Many(Box::new(Records::lines(rewriter))),
            Format::Sequence => Self::Many(Box::new(Records::sequence(rewriter))),
            Format::Events => Self::Events(Box::new(Events::new(rewriter))),
        }
    }

    fn push(&mut self, plain: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        match self {
            Self::One { rewriter, is_empty } => {
                *is_empty &= plain.is_empty();
                rewriter.push(plain, out)
            }
            Self::Many(records) => records.push(plain, out),
            Self::Events(events) => events.push(plain, out),
        }
    }

    /// A body without a single byte is no JSON, but there is nothing in it to hide.
    fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        match self {
            Self::One { is_empty: true, .. } => Ok(()),
            Self::One { rewriter, .. } => rewriter.finish(),
            Self::Many(records) => records.finish(),
            Self::Events(events) => {
                events.finish(out);
                Ok(())
            }
        }
    }

    fn withheld(&self) -> Vec<u8> {
        match self {
            Self::One { rewriter, .. } => rewriter.withheld().to_vec(),
            Self::Many(records) => records.withheld().to_vec(),
            Self::Events(events) => events.withheld(),
        }
    }
}
