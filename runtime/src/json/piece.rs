//! Splits text into pieces.

use super::simd::Piece;

/// Splits off the first piece of `text`. If less than a piece is left, it is copied into `padded`, which must be zeroed.
/// `None` if `text` is empty.
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

/// The piece at offset `at`, which must be in bounds.
#[inline(always)]
pub(super) fn at<const LENGTH: usize>(bytes: &[u8; LENGTH], at: usize) -> &Piece {
    debug_assert!(at + size_of::<Piece>() <= LENGTH);
    const NONE: &Piece = &[0; size_of::<Piece>()];
    bytes[at..].first_chunk().unwrap_or(NONE)
}
