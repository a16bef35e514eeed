//! Reading untrusted bytes to their end.

use super::scan::{Scan, Unexpected};
use super::{DEEPEST, NotJson};

/// The one value that `bytes` hold, without the white space around it.
pub(super) fn one_value(bytes: &[u8]) -> Result<&[u8], NotJson> {
    if std::str::from_utf8(bytes).is_err() {
        return Err(NotJson::NotUtf8);
    }
    let mut scan = Scan::new(bytes);
    scan.space();
    let start = scan.at;
    if scan.peek().is_none() {
        return Err(NotJson::Empty);
    }
    value(&mut scan)?;
    let end = scan.at;
    scan.space();
    match scan.peek() {
        None => Ok(bytes.get(start..end).unwrap_or_default()),
        Some(_) => Err(NotJson::MoreThanOne),
    }
}

impl From<Unexpected> for NotJson {
    fn from(_: Unexpected) -> Self {
        Self::Malformed
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Container {
    Array,
    Object,
}

impl Container {
    fn end(self) -> u8 {
        match self {
            Self::Array => b']',
            Self::Object => b'}',
        }
    }
}

/// The arrays and objects that are open, a bit for each: the stack cannot grow, whatever the body says.
#[derive(Default)]
struct Nest {
    objects: u128,
    depth: u32,
}

impl Nest {
    fn open(&mut self, container: Container) -> Result<(), NotJson> {
        if self.depth == DEEPEST {
            return Err(NotJson::TooDeep);
        }
        self.depth += 1;
        self.objects = self.objects << 1 | u128::from(container == Container::Object);
        Ok(())
    }

    fn innermost(&self) -> Option<Container> {
        match (self.depth, self.objects & 1) {
            (0, _) => None,
            (_, 0) => Some(Container::Array),
            _ => Some(Container::Object),
        }
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.objects >>= 1;
    }
}

fn value(scan: &mut Scan<'_>) -> Result<(), NotJson> {
    let mut nest = Nest::default();
    loop {
        if let Some(container) = scalar_or_opening(scan)? {
            nest.open(container)?;
            scan.space();
            if !scan.eats(container.end()) {
                begin_element(scan, container)?;
                continue;
            }
            nest.close();
        }
        if !go_to_next(scan, &mut nest)? {
            return Ok(());
        }
    }
}

/// Reads a whole scalar, or the first byte of an array or object.
fn scalar_or_opening(scan: &mut Scan<'_>) -> Result<Option<Container>, Unexpected> {
    match scan.peek() {
        Some(b'"') => scan.string()?,
        Some(b'{') => {
            scan.at += 1;
            return Ok(Some(Container::Object));
        }
        Some(b'[') => {
            scan.at += 1;
            return Ok(Some(Container::Array));
        }
        Some(b't') => scan.word(b"true")?,
        Some(b'f') => scan.word(b"false")?,
        Some(b'n') => scan.word(b"null")?,
        _ => scan.number()?,
    }
    Ok(None)
}

/// Behind a value: closes what ends here, up to the start of the next value. `false` when the outermost has ended.
fn go_to_next(scan: &mut Scan<'_>, nest: &mut Nest) -> Result<bool, Unexpected> {
    while let Some(container) = nest.innermost() {
        scan.space();
        if scan.eats(b',') {
            scan.space();
            begin_element(scan, container)?;
            return Ok(true);
        }
        if !scan.eats(container.end()) {
            return Err(Unexpected);
        }
        nest.close();
    }
    Ok(false)
}

/// Up to the value of the next member or item.
fn begin_element(scan: &mut Scan<'_>, container: Container) -> Result<(), Unexpected> {
    if container == Container::Array {
        return Ok(());
    }
    scan.string()?;
    scan.space();
    if !scan.eats(b':') {
        return Err(Unexpected);
    }
    scan.space();
    Ok(())
}
