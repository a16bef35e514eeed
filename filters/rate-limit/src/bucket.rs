//! A bucket: what one client has left in the windows of one rule.

use std::cmp::Reverse;
use std::time::Duration;

use crate::quota::{Parts, Quota, whole_tokens};
use crate::verdict::Standing;
use crate::windows::{MOST_WINDOWS, WindowTag, Windows};

/// The tokens of one client and the moment at which they were counted.
///
/// It keeps tokens and not deadlines, so that it means the same after a reload has changed rate or burst: what is
/// left stays left, up to the new burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bucket {
    since: u64,
    levels: [Parts; MOST_WINDOWS],
}

/// A bucket as it was left by whatever configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Remains {
    /// When the levels were counted.
    pub since: u64,
    /// The level of each window; `None` behind the last.
    pub levels: [Option<(WindowTag, Parts)>; MOST_WINDOWS],
}

/// What a bucket that cannot pay is short of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Short {
    /// The nanoseconds until it can.
    pub wait: u64,
}

/// A clock that is behind a bucket by more was set back, and the bucket goes on from the new time. Up to here it
/// may be a worker that read the clock before another one wrote, a leap second or a small correction: the bucket
/// then waits for the clock, so that nobody gains by clocks that differ.
pub(crate) const SET_BACK: u64 = 5_000_000_000;

impl Bucket {
    /// A full bucket.
    pub(crate) fn full(windows: &Windows, now: u64) -> Self {
        Self::full_at(windows, now, now)
    }

    /// The emptiest bucket that is full at the moment `full_at`. Where that is further away than an empty bucket, it
    /// is empty for as long as that takes.
    pub(crate) fn full_at(windows: &Windows, now: u64, full_at: u64) -> Self {
        let since = now.max(full_at.saturating_sub(windows.fill_time()));
        let missing = full_at.saturating_sub(since);
        let mut levels = [0; MOST_WINDOWS];
        for (level, window) in levels.iter_mut().zip(windows.iter()) {
            *level = window.quota.capacity().saturating_sub(window.quota.gain_in(missing));
        }
        Self { since, levels }
    }

    /// What an earlier configuration left. A window that it did not have begins with the fewest tokens of those
    /// that it had.
    pub(crate) fn restored(remains: &Remains, windows: &Windows) -> Self {
        let mut levels = [0; MOST_WINDOWS];
        for (level, window) in levels.iter_mut().zip(windows.iter()) {
            let known = remains.windows().find(|(tag, _)| *tag == window.tag);
            let kept = known.map_or_else(|| window.quota.tokens(remains.fewest_tokens()), |(_, kept)| kept);
            *level = kept.min(window.quota.capacity());
        }
        Self { since: remains.since, levels }
    }

    pub(crate) fn remains(&self, windows: &Windows) -> Remains {
        let mut levels = [None; MOST_WINDOWS];
        for ((kept, level), window) in levels.iter_mut().zip(self.levels).zip(windows.iter()) {
            *kept = Some((window.tag, level));
        }
        Remains { since: self.since, levels }
    }

    /// Adds what was gained up to `now`. Answers whether the clock was set back, which must be remembered even if
    /// nothing is taken, or the bucket would wait for the old time to come again.
    pub(crate) fn settle(&mut self, windows: &Windows, now: u64) -> bool {
        let elapsed = now.saturating_sub(self.since);
        for (level, window) in self.levels.iter_mut().zip(windows.iter()) {
            *level = (*level + window.quota.gain_in(elapsed)).min(window.quota.capacity());
        }
        let is_set_back = self.since.saturating_sub(now) > SET_BACK;
        if is_set_back || now > self.since {
            self.since = now;
        }
        is_set_back
    }

    /// Takes `cost` tokens out of each window, or none out of any.
    pub(crate) fn take(&mut self, windows: &Windows, cost: u32, now: u64) -> Result<(), Short> {
        let waits = self
            .zip(windows)
            .map(|(level, quota)| quota.time_to_gain(quota.tokens(cost).saturating_sub(level)));
        match waits.max() {
            None | Some(0) => {}
            Some(wait) => return Err(Short { wait: wait.saturating_add(self.ahead_of(now)) }),
        }
        for (level, window) in self.levels.iter_mut().zip(windows.iter()) {
            *level = level.saturating_sub(window.quota.tokens(cost));
        }
        Ok(())
    }

    /// The moment at which it will be full if it is left alone.
    pub(crate) fn fills_at(&self, windows: &Windows) -> u64 {
        let waits = self
            .zip(windows)
            .map(|(level, quota)| quota.time_to_gain(quota.capacity().saturating_sub(level)));
        self.since.saturating_add(waits.max().unwrap_or_default())
    }

    /// How the client stands in the window in which it has the least left; of several such, in the one that takes
    /// longest to fill.
    pub(crate) fn standing(&self, windows: &Windows, now: u64) -> Standing {
        let ahead = self.ahead_of(now);
        let standings = self.zip(windows).enumerate().map(|(window, (level, quota))| {
            let remaining = quota.whole_tokens(level);
            let next = quota.tokens(remaining.saturating_add(1)).min(quota.capacity());
            let after = |parts: Parts| match quota.time_to_gain(parts.saturating_sub(level)) {
                0 => Duration::ZERO,
                wait => Duration::from_nanos(wait.saturating_add(ahead)),
            };
            Standing {
                window,
                limit: quota.requests(),
                remaining,
                next_in: after(next),
                full_in: after(quota.capacity()),
            }
        });
        let tightest = standings.min_by_key(|standing| (standing.remaining, Reverse(standing.full_in)));
        tightest.unwrap_or_default()
    }

    fn zip<'a>(&self, windows: &'a Windows) -> impl Iterator<Item = (Parts, &'a Quota)> {
        self.levels.into_iter().zip(windows.iter().map(|window| &window.quota))
    }

    /// How far the clock is behind the bucket.
    fn ahead_of(&self, now: u64) -> u64 {
        self.since.saturating_sub(now)
    }
}

impl Remains {
    pub(crate) fn windows(&self) -> impl Iterator<Item = (WindowTag, Parts)> {
        self.levels.iter().flatten().copied()
    }

    fn fewest_tokens(&self) -> u32 {
        let tokens = self.windows().map(|(tag, level)| whole_tokens(tag.unit(), level));
        tokens.min().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
