//! The memory that all workers share, as the table of buckets needs it.

mod memory;

pub use memory::Memory;

/// Entries of bytes, found by name, that several workers change at the same time.
pub trait Store {
    /// What an entry was like when it was read; a missing one has a version too.
    type Version;

    /// An entry's bytes, empty where there is none.
    fn read(&self, name: &[u8]) -> (Vec<u8>, Self::Version);

    /// Writes an entry; false, and nothing written, where it is not of this version any more.
    fn write(&self, name: &[u8], value: &[u8], version: Self::Version) -> bool;

    /// Changes an entry.
    ///
    /// `decide` is handed the entry's bytes, empty where there is none, and changes them in place. Its answer says
    /// whether they are to be written. Where another worker was faster, it decides again on what that one wrote, up
    /// to [`TRIES`] times; nothing is left of a decision that was not written.
    fn update<R>(
        &self,
        name: &[u8],
        mut decide: impl FnMut(&mut Vec<u8>) -> (Change, R),
    ) -> Result<R, Contended> {
        for _ in 0..TRIES {
            let (mut value, version) = self.read(name);
            let (change, outcome) = decide(&mut value);
            if change == Change::Keep || self.write(name, &value, version) {
                return Ok(outcome);
            }
        }
        Err(Contended)
    }
}

/// What to do with an entry after a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    Keep,
    /// Write the bytes.
    Write,
}

/// The decision could not be made to last: others were faster each time, or the host keeps nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contended;

/// How often a decision is made. Each failure means that another worker's decision was written, so all workers
/// together never stand still; one alone fails this often only where dozens hammer one bucket that permits nearly
/// all of it, and then gives up after some fifty microseconds.
pub const TRIES: u32 = 64;
