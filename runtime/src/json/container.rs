//! Finds the ends of objects and arrays in JSON text.
//!
//! Brackets are counted, not matched against each other: validating the event is left to the function that decodes it.

use super::piece;
#[cfg(test)]
use super::scan::counted;
use super::simd::{dispatch, Kernel, Piece, Simd};
use super::string::far_end;

/// The length of `text` up to and including the bracket that closes the outermost of `depth` nested containers. `text`
/// starts inside the innermost one.
pub(super) fn length(text: &[u8], depth: usize) -> Option<usize> {
    dispatch(Rest { text, depth })
}

#[derive(Clone, Copy)]
struct Rest<'a> {
    text: &'a [u8],
    depth: usize,
}

impl Kernel for Rest<'_> {
    type End = Option<usize>;

    #[inline(always)]
    fn run(self, simd: impl Simd) -> Option<usize> {
        let Self { text, depth } = self;
        let mut inside = Inside {
            depth,
            strings: 0,
            escapes: Escapes::default(),
        };
        let mut padded = [0; size_of::<Piece>()];
        let mut rest = text;
        while let Some((piece, behind)) = piece::split_first(rest, &mut padded) {
            #[cfg(test)]
            counted::pass(piece.len());
            if let Some(length) = inside.pass(simd, piece) {
                return Some(text.len() - rest.len() + length);
            }
            rest = behind;
            // The whole second half is in a string. That is probably a long one, which is faster to skip as such.
            if inside.strings >> (PIECE / 2) == u64::MAX >> (PIECE / 2) {
                let start = usize::from(inside.escapes.pending);
                let text = rest.get(start..)?;
                rest = text.get(far_end(text, 0)? + 1..)?;
                inside.strings = 0;
                inside.escapes.pending = false;
            }
        }
        None
    }
}

const PIECE: usize = size_of::<Piece>();

/// The state of the scan between two pieces.
struct Inside {
    depth: usize,
    /// Which bytes of the last piece are in strings: one bit per byte, the lowest for the first.
    strings: u64,
    escapes: Escapes,
}

impl Inside {
    /// Counts the brackets of a piece. Returns the offset just past the one that makes the depth 0.
    #[inline(always)]
    fn pass(&mut self, simd: impl Simd, piece: &Piece) -> Option<usize> {
        /// The bits in which the brackets of objects differ from those of arrays, and opening from closing ones.
        const KIND: u8 = (b'{' ^ b'[') | (b'{' ^ b'}');
        let (before, pending) = (self.is_in_string(), self.escapes.pending);
        let backslashes = simd.places(piece, b'\\');
        let mut quotes = simd.places(piece, b'"');
        if backslashes != 0 || pending {
            quotes &= !self.escapes.next(backslashes);
        }
        // Each bit becomes the parity of the quotes up to it.
        let strings = simd.prefix_xor(quotes) ^ u64::from(before).wrapping_neg();
        if backslashes & !strings != 0 {
            // In valid JSON, backslashes occur only in strings. Anything else may be slow.
            self.escapes.pending = pending;
            return self.pass_bytes(piece);
        }
        self.strings = strings;
        // A few other bytes match too, none of which occurs outside of strings in JSON.
        let mut brackets = simd.bits(simd.equal(piece, b'{' | KIND, KIND)) & !strings;
        while brackets != 0 {
            let place = brackets.trailing_zeros() as usize;
            if self.bracket(piece[place]) {
                return Some(place + 1);
            }
            brackets &= brackets - 1;
        }
        None
    }

    /// Whether the last piece ends inside a string.
    fn is_in_string(&self) -> bool {
        self.strings >> (PIECE - 1) == 1
    }

    /// Counts a byte outside of strings. Returns whether it closes the outermost container.
    #[inline(always)]
    fn bracket(&mut self, byte: u8) -> bool {
        /// What each byte adds to the depth.
        const STEPS: [i8; 256] = {
            let mut steps = [0; 256];
            steps[b'{' as usize] = 1;
            steps[b'[' as usize] = 1;
            steps[b'}' as usize] = -1;
            steps[b']' as usize] = -1;
            steps
        };
        let step = isize::from(STEPS[usize::from(byte)]);
        self.depth = self.depth.wrapping_add_signed(step);
        self.depth == 0
    }

    /// Like [`pass`](Self::pass), but for any text, byte by byte.
    #[cold]
    #[inline(never)]
    fn pass_bytes(&mut self, piece: &Piece) -> Option<usize> {
        let mut in_string = self.is_in_string();
        for (place, byte) in piece.iter().enumerate() {
            let is_escaped = std::mem::take(&mut self.escapes.pending);
            match byte {
                b'"' if !is_escaped => in_string = !in_string,
                b'\\' if in_string => self.escapes.pending = !is_escaped,
                byte if !in_string && self.bracket(*byte) => return Some(place + 1),
                _ => {}
            }
        }
        self.strings = u64::from(in_string).wrapping_neg();
        None
    }
}

/// Tracks which bytes are escaped, from one piece to the next.
#[derive(Default)]
struct Escapes {
    /// Whether the first byte of the next piece is escaped.
    pending: bool,
}

impl Escapes {
    /// The escaped bytes of a piece, other than escaped backslashes.
    #[inline(always)]
    fn next(&mut self, backslashes: u64) -> u64 {
        const EVEN: u64 = u64::from_ne_bytes([0b0101_0101; 8]);
        let first = u64::from(self.pending);
        // In a run of backslashes, every other one escapes the next byte. So the byte after a run is escaped if the
        // length of the run is odd: if it begins at an even place and ends before an odd one, or vice versa. Addition
        // carries a bit from the beginning of each run to the place after it.
        let runs = backslashes & !first;
        let begins = runs & !(runs << 1);
        let behind_even = runs.wrapping_add(begins & EVEN);
        let (behind_odd, beyond) = runs.overflowing_add(begins & !EVEN);
        self.pending = beyond;
        (behind_even & !EVEN | behind_odd & EVEN) & !runs | first
    }
}
