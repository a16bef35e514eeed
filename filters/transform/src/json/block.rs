//! Sixteen bytes at a time: one SIMD register, natively and in wasm.

use wide::u8x16;

pub(super) const WIDTH: usize = 16;

/// The first place from `at` on where `wanted` marks the byte, or the chunk's end.
///
/// `wanted` marks lanes of a register; `is_wanted` says the same of one byte, for chunks smaller than a register.
#[inline(always)]
pub(super) fn find(
    chunk: &[u8],
    mut at: usize,
    wanted: impl Fn(u8x16) -> u8x16,
    is_wanted: impl Fn(u8) -> bool,
) -> usize {
    while let Some(block) = load(chunk, at) {
        let marks = wanted(block).to_bitmask();
        if marks != 0 {
            return at + first(marks);
        }
        at += WIDTH;
    }
    find_in_tail(chunk, at, wanted, is_wanted)
}

/// Fewer bytes than a register are left: the chunk's last register is looked at, without those already seen.
#[inline]
fn find_in_tail(
    chunk: &[u8],
    at: usize,
    wanted: impl Fn(u8x16) -> u8x16,
    is_wanted: impl Fn(u8) -> bool,
) -> usize {
    let Some(block) = chunk.last_chunk::<WIDTH>() else {
        let rest = chunk.get(at..).unwrap_or_default();
        return rest.iter().position(|byte| is_wanted(*byte)).map_or(chunk.len(), |found| at + found);
    };
    let seen = at + WIDTH - chunk.len();
    let marks = wanted(u8x16::from(*block)).to_bitmask().checked_shr(u32::try_from(seen).unwrap_or(u32::MAX));
    match marks {
        None | Some(0) => chunk.len(),
        Some(marks) => at + first(marks),
    }
}

#[inline(always)]
pub(super) fn load(chunk: &[u8], at: usize) -> Option<u8x16> {
    let block = chunk.get(at..)?.first_chunk::<WIDTH>()?;
    Some(u8x16::from(*block))
}

#[inline(always)]
pub(super) fn first(marks: u32) -> usize {
    marks.trailing_zeros() as usize
}

/// Marks the lanes that hold `byte`.
#[inline(always)]
pub(super) fn is(block: u8x16, byte: u8) -> u8x16 {
    block.simd_eq(u8x16::splat(byte))
}
