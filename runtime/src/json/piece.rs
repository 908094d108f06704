//! Text piece by piece.

use super::simd::Piece;

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

/// The piece at a place of an array, which is known to be there.
#[inline(always)]
pub(super) fn at<const LENGTH: usize>(bytes: &[u8; LENGTH], at: usize) -> &Piece {
    debug_assert!(at + size_of::<Piece>() <= LENGTH);
    const NONE: &Piece = &[0; size_of::<Piece>()];
    bytes[at..].first_chunk().unwrap_or(NONE)
}
