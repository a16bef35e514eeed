//! Which token may follow which (RFC 8259, sections 2 to 5).
//!
//! A table, since a jump for each token would be a jump that no processor foresees.

use super::{DEEPEST, NotJson};

/// What begins at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Token {
    String,
    Comma,
    Colon,
    /// A number or word, or what is none.
    Scalar,
    ObjectStart,
    ArrayStart,
    ObjectEnd,
    ArrayEnd,
}

/// What may come next. The order is that of the table's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum State {
    /// The outermost value.
    Value,
    /// Nothing: the outermost value is complete.
    Complete,
    FirstItemOrEnd,
    Item,
    BehindItem,
    FirstNameOrEnd,
    Name,
    Colon,
    MemberValue,
    BehindMember,
    /// What is behind the array or object that has just ended.
    Ended,
    /// Nothing right.
    Wrong,
    /// Nothing: something came behind the outermost value.
    MoreThanOne,
}

const TOKENS: usize = Token::ArrayEnd as usize + 1;
const STATES: usize = State::MoreThanOne as usize + 1;

/// The token that each byte begins.
const TOKEN_OF: [Token; 256] = {
    let mut tokens = [Token::Scalar; 256];
    set(&mut tokens, b'"' as usize, Token::String);
    set(&mut tokens, b',' as usize, Token::Comma);
    set(&mut tokens, b':' as usize, Token::Colon);
    set(&mut tokens, b'{' as usize, Token::ObjectStart);
    set(&mut tokens, b'[' as usize, Token::ArrayStart);
    set(&mut tokens, b'}' as usize, Token::ObjectEnd);
    set(&mut tokens, b']' as usize, Token::ArrayEnd);
    tokens
};

/// The state behind each token, by state.
const BEHIND: [[State; TOKENS]; STATES] = [
    at_value(State::Complete),
    [State::MoreThanOne; TOKENS],
    or(at_value(State::BehindItem), Token::ArrayEnd, State::Ended),
    at_value(State::BehindItem),
    or(or(NOTHING, Token::Comma, State::Item), Token::ArrayEnd, State::Ended),
    or(or(NOTHING, Token::String, State::Colon), Token::ObjectEnd, State::Ended),
    or(NOTHING, Token::String, State::Colon),
    or(NOTHING, Token::Colon, State::MemberValue),
    at_value(State::BehindMember),
    or(or(NOTHING, Token::Comma, State::Name), Token::ObjectEnd, State::Ended),
    NOTHING,
    NOTHING,
    [State::MoreThanOne; TOKENS],
];

const NOTHING: [State; TOKENS] = [State::Wrong; TOKENS];

/// Where a value may begin; `behind` is the state behind one that has no inside.
const fn at_value(behind: State) -> [State; TOKENS] {
    let scalars = or(or(NOTHING, Token::String, behind), Token::Scalar, behind);
    or(or(scalars, Token::ObjectStart, State::FirstNameOrEnd), Token::ArrayStart, State::FirstItemOrEnd)
}

/// Allows one token more.
const fn or(mut row: [State; TOKENS], token: Token, behind: State) -> [State; TOKENS] {
    set(&mut row, token as usize, behind);
    row
}

/// Sets an entry while a table is made, without the indexing that modules are denied.
const fn set<T: Copy>(table: &mut [T], place: usize, entry: T) {
    if let Some((_, rest)) = table.split_at_mut_checked(place)
        && let Some(first) = rest.first_mut()
    {
        *first = entry;
    }
}

impl Token {
    #[inline(always)]
    pub(super) fn starting(byte: u8) -> Self {
        TOKEN_OF.get(usize::from(byte)).copied().unwrap_or(Self::Scalar)
    }

    /// Whether it leaves open what is open: all but brackets and braces.
    #[inline(always)]
    pub(super) fn is_plain(self) -> bool {
        (self as u8) < Self::ObjectStart as u8
    }
}

impl State {
    /// The state behind a token. One that may not come leads to a state that nothing leads out of.
    #[inline(always)]
    pub(super) fn behind(self, token: Token) -> Self {
        let row = BEHIND.get(self as usize);
        row.and_then(|row| row.get(token as usize)).copied().unwrap_or(Self::Wrong)
    }

    /// Whether all tokens so far may stand where they do.
    #[inline(always)]
    pub(super) fn check(self) -> Result<(), NotJson> {
        match self {
            Self::Wrong => Err(NotJson::Malformed),
            Self::MoreThanOne => Err(NotJson::MoreThanOne),
            _ => Ok(()),
        }
    }
}

/// The arrays and objects that are open, a bit for each, an object's set: the stack cannot grow, whatever the body says.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Nest {
    objects: u128,
    depth: u32,
}

impl Nest {
    /// Goes along with a bracket or brace that led to `state`; the state that it leads to with what is open.
    #[inline]
    pub(super) fn follow(&mut self, state: State) -> Result<State, NotJson> {
        match state {
            State::FirstNameOrEnd => self.open(1)?,
            State::FirstItemOrEnd => self.open(0)?,
            State::Ended => return Ok(self.close()),
            _ => {}
        }
        Ok(state)
    }

    #[inline]
    fn open(&mut self, object: u128) -> Result<(), NotJson> {
        if self.depth == DEEPEST {
            return Err(NotJson::TooDeep);
        }
        self.depth += 1;
        self.objects = self.objects << 1 | object;
        Ok(())
    }

    #[inline]
    fn close(&mut self) -> State {
        self.depth = self.depth.saturating_sub(1);
        self.objects >>= 1;
        match (self.depth, self.objects & 1) {
            (0, _) => State::Complete,
            (_, 0) => State::BehindItem,
            _ => State::BehindMember,
        }
    }
}
