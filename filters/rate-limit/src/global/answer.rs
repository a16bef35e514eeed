//! What a rate limit service answers: `envoy.service.ratelimit.v3.RateLimitResponse`.

use std::time::Duration;

use super::protobuf::{Fields, Malformed, Value};

/// A service's word on a request, and what it tells besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether the request may pass.
    pub permits: bool,
    /// The hits that are left in the tightest window, where that is told.
    pub remaining: Option<u32>,
    /// When the tightest window ends: of several that refuse, the last; of several that permit, the first.
    pub reset: Option<Duration>,
}

/// `RateLimitResponse`
const OVERALL_CODE: u64 = 1;
const STATUSES: u64 = 2;
const RESPONSE_HEADERS_TO_ADD: u64 = 3;
/// `RateLimitResponse.DescriptorStatus`
const CODE: u64 = 1;
const CURRENT_LIMIT: u64 = 2;
const LIMIT_REMAINING: u64 = 3;
const DURATION_UNTIL_RESET: u64 = 4;
/// `google.protobuf.Duration`
const SECONDS: u64 = 1;
const NANOS: u64 = 2;
/// `envoy.config.core.v3.HeaderValue`
const KEY: u64 = 1;
const VALUE: u64 = 2;
const RAW_VALUE: u64 = 3;
/// `RateLimitResponse.Code`; 0 is no word at all.
const OK: u64 = 1;
const OVER_LIMIT: u64 = 2;

/// A limit that a descriptor was found to be under.
#[derive(Clone, Copy, Debug, Default)]
struct Status {
    refuses: bool,
    is_limited: bool,
    remaining: u32,
    reset: Option<Duration>,
}

/// What Limitador tells in headers, if it is told to, and in nothing else.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    remaining: Option<u32>,
    reset: Option<Duration>,
}

impl Answer {
    /// Reads the message; one without a clear word is as good as none.
    pub fn read(message: &[u8]) -> Result<Self, Malformed> {
        let (mut code, mut statuses, mut told) = (0, Vec::new(), Told::default());
        for field in Fields::of(message) {
            match field? {
                (OVERALL_CODE, Value::Number(number)) => code = number,
                (STATUSES, Value::Bytes(bytes)) => statuses.push(Status::read(bytes)?),
                (RESPONSE_HEADERS_TO_ADD, Value::Bytes(bytes)) => told.hear(bytes)?,
                _ => {}
            }
        }
        let permits = match code {
            OK => true,
            OVER_LIMIT => false,
            _ => return Err(Malformed),
        };
        let limited = || statuses.iter().filter(|status| status.is_limited);
        let resets = limited().filter(|status| permits || status.refuses).filter_map(|status| status.reset);
        let reset = if permits { resets.min() } else { resets.max() };
        let remaining = limited().map(|status| status.remaining).min();
        Ok(Self { permits, remaining: remaining.or(told.remaining), reset: reset.or(told.reset) })
    }
}

impl Status {
    fn read(message: &[u8]) -> Result<Self, Malformed> {
        let mut status = Self::default();
        for field in Fields::of(message) {
            match field? {
                (CODE, Value::Number(code)) => status.refuses = code == OVER_LIMIT,
                (CURRENT_LIMIT, Value::Bytes(_)) => status.is_limited = true,
                (LIMIT_REMAINING, Value::Number(number)) => status.remaining = saturated(number),
                (DURATION_UNTIL_RESET, Value::Bytes(bytes)) => status.reset = Some(read_duration(bytes)?),
                _ => {}
            }
        }
        Ok(status)
    }
}

impl Told {
    fn hear(&mut self, message: &[u8]) -> Result<(), Malformed> {
        let (mut name, mut value): (&[u8], &[u8]) = (b"", b"");
        for field in Fields::of(message) {
            match field? {
                (KEY, Value::Bytes(bytes)) => name = bytes,
                (VALUE | RAW_VALUE, Value::Bytes(bytes)) => value = bytes,
                _ => {}
            }
        }
        let number = || std::str::from_utf8(value).ok()?.parse::<u32>().ok();
        if name.eq_ignore_ascii_case(b"x-ratelimit-remaining") {
            self.remaining = number();
        } else if name.eq_ignore_ascii_case(b"x-ratelimit-reset") {
            // Whole seconds, rounded down: a client that comes a second later does not come too early.
            self.reset = number().map(|seconds| Duration::from_secs(u64::from(seconds).saturating_add(1)));
        }
        Ok(())
    }
}

fn read_duration(message: &[u8]) -> Result<Duration, Malformed> {
    let (mut seconds, mut nanos) = (0, 0);
    for field in Fields::of(message) {
        match field? {
            // A negative number is one that wraps: no time is left.
            (SECONDS, Value::Number(number)) => seconds = i64::try_from(number).map_or(0, i64::unsigned_abs),
            (NANOS, Value::Number(number)) => nanos = saturated(number).min(999_999_999),
            _ => {}
        }
    }
    Ok(Duration::new(seconds, nanos))
}

fn saturated(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Answer, Malformed};
    use std::time::Duration;

    fn answer(permits: bool, remaining: Option<u32>, reset: Option<f64>) -> Answer {
        Answer { permits, remaining, reset: reset.map(Duration::from_secs_f64) }
    }

    #[test]
    fn a_word_is_enough() {
        assert_eq!(Answer::read(b"\x08\x01"), Ok(answer(true, None, None)));
        assert_eq!(Answer::read(b"\x08\x02"), Ok(answer(false, None, None)));
        // Fields that are not known: raw_body, dynamic_metadata, and one that nobody has.
        let more = b"\x08\x01\x2a\x02hi\x32\x00\xf8\x07\x05";
        assert_eq!(Answer::read(more), Ok(answer(true, None, None)));
    }

    #[test]
    fn what_is_told_is_the_tightest_limits() {
        // { code: OK, current_limit { requests_per_unit: 100, unit: MINUTE }, limit_remaining: 7, duration_until_reset: 3.5 s }
        let minute =
            b"\x12\x14\x08\x01\x12\x04\x08\x64\x10\x02\x18\x07\x22\x08\x08\x03\x10\x80\xca\xb5\xee\x01";
        let unlimited = b"\x12\x02\x08\x01";
        // { code: OK, current_limit { requests_per_unit: 5 }, limit_remaining: 2, duration_until_reset: 60 s }
        let other = b"\x12\x0c\x08\x01\x12\x02\x08\x05\x18\x02\x22\x02\x08\x3c";
        let all = [b"\x08\x01".as_slice(), minute, unlimited, other].concat();
        assert_eq!(Answer::read(&all), Ok(answer(true, Some(2), Some(3.5))));
        // { code: OVER_LIMIT, current_limit { requests_per_unit: 5 }, duration_until_reset: 60 s }
        let used_up = b"\x12\x0a\x08\x02\x12\x02\x08\x05\x22\x02\x08\x3c";
        let refused = [b"\x08\x02".as_slice(), minute, used_up].concat();
        assert_eq!(Answer::read(&refused), Ok(answer(false, Some(0), Some(60.0))));
    }

    #[test]
    fn limitador_tells_in_headers() {
        let header = |name: &str, value: &str| {
            let sizes = [name.len() + value.len() + 4, name.len(), value.len()];
            let [all, first, second] = sizes.map(|size| u8::try_from(size).unwrap());
            [&[0x1a, all, 0x0a, first], name.as_bytes(), &[0x12, second], value.as_bytes()].concat()
        };
        let told = [
            b"\x08\x02".to_vec(),
            header("X-RateLimit-Limit", "10, 10;w=60"),
            header("X-RateLimit-Remaining", "3"),
            header("X-RateLimit-Reset", "59"),
        ];
        assert_eq!(Answer::read(&told.concat()), Ok(answer(false, Some(3), Some(60.0))));
        let odd = [b"\x08\x01".to_vec(), header("x-ratelimit-remaining", "many")].concat();
        assert_eq!(Answer::read(&odd), Ok(answer(true, None, None)));
    }

    #[test]
    fn without_a_clear_word_there_is_no_answer() {
        for bytes in
            [&b""[..], b"\x08\x00", b"\x08\x03", b"garbage", b"\x08\x01\x12\x05", b"\x08\x01\x12\x02\x0b\x0c"]
        {
            assert_eq!(Answer::read(bytes), Err(Malformed), "{bytes:?}");
        }
    }
}
