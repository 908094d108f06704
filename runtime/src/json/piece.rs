//! Text piece by piece.

use super::block::Piece;

/// The text's first bytes and what stands behind; at its end with zeros in `padded` for what is missing. `None` if there is no
/// text.
#[inline(always)]
pub(super) fn split_first<'p, 't: 'p>(
    text: &'t [u8],
    padded: &'p mut Piece,
) -> Option<(&'p Piece, &'t [u8])> {
    match text.split_first_chunk() {
        None if text.is_empty() => None,
        None => {
            padded[..text.len()].copy_from_slice(text);
            Some((padded, &[]))
        }
        pieces => pieces,
    }
}

/// Which bytes are escaped, from one piece of a string to the next.
#[derive(Default)]
pub(super) struct Escapes {
    /// Whether the first byte of the next piece is escaped.
    pub(super) pending: bool,
}

impl Escapes {
    /// The escaped bytes of a piece, as far as they are not backslashes themselves.
    #[inline(always)]
    pub(super) fn next(&mut self, backslashes: u64) -> u64 {
        const EVEN: u64 = u64::from_ne_bytes([0b0101_0101; 8]);
        let first = u64::from(self.pending);
        // Of a run of backslashes every other one escapes, so what stands behind is escaped if the run's length is odd:
        // if it begins in an even place and ends before an odd one, or the other way around. A sum carries a bit from the
        // begin of each run to the place behind.
        let runs = backslashes & !first;
        let begins = runs & !(runs << 1);
        let behind_even = runs.wrapping_add(begins & EVEN);
        let (behind_odd, beyond) = runs.overflowing_add(begins & !EVEN);
        self.pending = beyond;
        (behind_even & !EVEN | behind_odd & EVEN) & !runs | first
    }
}
