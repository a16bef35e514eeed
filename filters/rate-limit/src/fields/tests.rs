use std::num::NonZeroU32;
use std::time::Duration;

use portcullis_document::rate_limiting::{LimitSettings, RateUnit, ResetForm};

use super::{Fields, quoted};
use crate::windows::Windows;
use crate::{Quota, Standing};

fn windows(rates: &[(u32, RateUnit)]) -> Windows {
    let quotas: Vec<_> = rates
        .iter()
        .map(|(requests, unit)| {
            let requests = NonZeroU32::new(*requests).unwrap();
            Quota::new(requests, *unit, requests).unwrap()
        })
        .collect();
    Windows::new("default", &quotas).unwrap()
}

fn written(windows: &Windows, settings: &LimitSettings, standing: &Standing) -> Vec<String> {
    let mut lines = Vec::new();
    let now = Duration::from_millis(1_800_000_000_250);
    Fields::new(windows, settings).write(standing, now, &mut |name, value| {
        lines.push(format!("{name}: {}", String::from_utf8_lossy(value)));
    });
    lines
}

const STANDING: Standing = Standing {
    window: 0,
    limit: 100,
    remaining: 19,
    next_in: Duration::from_millis(10),
    full_in: Duration::from_millis(1_751),
};

#[test]
fn a_client_is_told_limit_remaining_and_reset() {
    let windows = windows(&[(100, RateUnit::Second)]);
    let mut settings = LimitSettings::default();
    let epoch = ["x-ratelimit-limit: 100", "x-ratelimit-remaining: 19", "x-ratelimit-reset: 1800000003"];
    assert_eq!(written(&windows, &settings, &STANDING), epoch);
    settings.reset = ResetForm::Delta;
    let delta = ["x-ratelimit-limit: 100", "x-ratelimit-remaining: 19", "x-ratelimit-reset: 2"];
    assert_eq!(written(&windows, &settings, &STANDING), delta);
}

#[test]
fn the_drafts_fields_name_all_windows_and_the_state_of_the_tightest() {
    let settings = LimitSettings { ratelimit_fields: true, ..LimitSettings::default() };
    let one = written(&windows(&[(100, RateUnit::Second)]), &settings, &STANDING);
    assert_eq!(one[3..], ["ratelimit-policy: \"default\";q=100;w=1", "ratelimit: \"default\";r=19;t=1"]);
    let two = windows(&[(10, RateUnit::Second), (500, RateUnit::Day)]);
    let standing = Standing { window: 1, limit: 500, remaining: 0, next_in: Duration::ZERO, ..STANDING };
    assert_eq!(
        written(&two, &settings, &standing)[3..],
        [
            "ratelimit-policy: \"default-second\";q=10;w=1, \"default-day\";q=500;w=86400",
            "ratelimit: \"default-day\";r=0",
        ]
    );
}

#[test]
fn a_name_is_a_string_of_a_structured_field() {
    let table = [
        ("/api/search/**", "\"/api/search/**\""),
        ("a\"b\\c", "\"a\\\"b\\\\c\""),
        ("/caf\u{e9}\n", "\"/caf%C3%A9%0A\""),
    ];
    for (name, string) in table {
        assert_eq!(quoted(name), string.as_bytes(), "{name}");
    }
}
