//! RFC 9535's grammar, section by section, with what is not supported told apart from what is wrong.

use std::iter::Peekable;
use std::str::CharIndices;

use super::JsonPathFault::{
    BadEscape, ControlCharacter, Filter, IndexTooLarge, LeadingZero, NegativeIndex, NoName, NoRoot,
    NoSelector, NoStep, OpenQuote, Slice, Unclosed, Union,
};
use super::{JsonPathError, JsonPathFault, Step};

/// The largest whole number that I-JSON holds exactly (RFC 7493, section 2.2).
const LARGEST_INDEX: u64 = (1 << 53) - 1;

type Parsed<T> = Result<T, JsonPathError>;

/// Reads `jsonpath-query` (section 2.1.1).
pub(super) fn steps(text: &str) -> Parsed<Vec<Step>> {
    let mut path = Reader { rest: text.char_indices().peekable(), len: text.len() };
    let mut steps = Vec::new();
    if !path.take('$') {
        return Err(path.wrong(NoRoot));
    }
    while path.peek().is_some() {
        path.segment(&mut steps)?;
    }
    Ok(steps)
}

struct Reader<'a> {
    rest: Peekable<CharIndices<'a>>,
    len: usize,
}

impl Reader<'_> {
    fn peek(&mut self) -> Option<char> {
        self.rest.peek().map(|(_, c)| *c)
    }

    fn take(&mut self, wanted: char) -> bool {
        self.rest.next_if(|(_, c)| *c == wanted).is_some()
    }

    /// Blanks may stand between segments and inside brackets, never behind a dot.
    fn skip_blanks(&mut self) {
        while self.rest.next_if(|(_, c)| matches!(c, ' ' | '\t' | '\n' | '\r')).is_some() {}
    }

    fn wrong(&mut self, reason: JsonPathFault) -> JsonPathError {
        let at = self.rest.peek().map_or(self.len, |(at, _)| *at);
        JsonPathError { at, reason }
    }

    /// `segment` (section 2.5).
    fn segment(&mut self, steps: &mut Vec<Step>) -> Parsed<()> {
        self.skip_blanks();
        if self.take('[') {
            steps.push(self.bracketed()?);
            return Ok(());
        }
        if !self.take('.') {
            return Err(self.wrong(NoStep));
        }
        if self.take('.') {
            steps.push(Step::Descend);
            if self.take('[') {
                steps.push(self.bracketed()?);
                return Ok(());
            }
        }
        steps.push(self.shorthand()?);
        Ok(())
    }

    /// `wildcard-selector / member-name-shorthand` (section 2.5.1.1).
    fn shorthand(&mut self) -> Parsed<Step> {
        if self.take('*') {
            return Ok(Step::Each);
        }
        let mut name = String::new();
        while let Some((_, c)) = self.rest.next_if(|(_, c)| is_name_char(*c, name.is_empty())) {
            name.push(c);
        }
        if name.is_empty() {
            return Err(self.wrong(NoName));
        }
        Ok(Step::Name(name))
    }

    /// `bracketed-selection`, behind its `[` (section 2.5.1.1).
    fn bracketed(&mut self) -> Parsed<Step> {
        self.skip_blanks();
        let step = match self.peek() {
            Some('*') => {
                self.rest.next();
                Step::Each
            }
            Some(quote @ ('\'' | '"')) => Step::Name(self.quoted(quote)?),
            Some('0'..='9') => Step::Index(self.index()?),
            Some('-') => return Err(self.wrong(NegativeIndex)),
            Some('?') => return Err(self.wrong(Filter)),
            Some(':') => return Err(self.wrong(Slice)),
            _ => return Err(self.wrong(NoSelector)),
        };
        self.skip_blanks();
        match self.peek() {
            Some(']') => {
                self.rest.next();
                Ok(step)
            }
            Some(',') => Err(self.wrong(Union)),
            Some(':') if matches!(step, Step::Index(_)) => Err(self.wrong(Slice)),
            _ => Err(self.wrong(Unclosed)),
        }
    }

    /// `index-selector` (section 2.3.3.1), without the negative ones.
    fn index(&mut self) -> Parsed<u64> {
        let leading_zero = self.peek() == Some('0');
        let mut index: u64 = 0;
        let mut digits = 0;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            if leading_zero && digits == 1 {
                return Err(self.wrong(LeadingZero));
            }
            let larger = index.checked_mul(10).and_then(|ten| ten.checked_add(digit.into()));
            index =
                larger.filter(|index| *index <= LARGEST_INDEX).ok_or_else(|| self.wrong(IndexTooLarge))?;
            self.rest.next();
            digits += 1;
        }
        Ok(index)
    }

    /// `string-literal` (section 2.3.1.1).
    fn quoted(&mut self, quote: char) -> Parsed<String> {
        self.rest.next();
        let mut name = String::new();
        loop {
            match self.peek() {
                None => return Err(self.wrong(OpenQuote)),
                Some('\0'..='\x1f') => return Err(self.wrong(ControlCharacter)),
                Some('\\') => name.push(self.escape(quote)?),
                Some(c) => {
                    self.rest.next();
                    if c == quote {
                        return Ok(name);
                    }
                    name.push(c);
                }
            }
        }
    }

    /// An escape. The quote that does not delimit the name has none.
    fn escape(&mut self, quote: char) -> Parsed<char> {
        self.rest.next();
        let c = match self.peek() {
            Some('b') => '\x08',
            Some('f') => '\x0c',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some(c @ ('/' | '\\')) => c,
            Some(c) if c == quote => c,
            Some('u') => return self.unicode_escape(),
            None => return Err(self.wrong(OpenQuote)),
            _ => return Err(self.wrong(BadEscape)),
        };
        self.rest.next();
        Ok(c)
    }

    /// `hexchar` (section 2.3.1.1): a character, or both halves of a surrogate pair.
    fn unicode_escape(&mut self) -> Parsed<char> {
        let fault = self.wrong(BadEscape);
        self.rest.next();
        let first = self.four_digits()?;
        let code = match first {
            0xD800..=0xDBFF => {
                if !(self.take('\\') && self.take('u')) {
                    return Err(fault);
                }
                let second = self.four_digits()?;
                let low = second.checked_sub(0xDC00).filter(|low| *low < 0x400).ok_or(fault)?;
                0x10000 + ((first - 0xD800) << 10) + low
            }
            code => code,
        };
        char::from_u32(code).ok_or(fault)
    }

    fn four_digits(&mut self) -> Parsed<u32> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|c| c.to_digit(16));
            code = code << 4 | digit.ok_or_else(|| self.wrong(BadEscape))?;
            self.rest.next();
        }
        Ok(code)
    }
}

/// `name-first` and `name-char`.
fn is_name_char(c: char, first: bool) -> bool {
    c == '_' || c.is_ascii_alphabetic() || !c.is_ascii() || (!first && c.is_ascii_digit())
}
