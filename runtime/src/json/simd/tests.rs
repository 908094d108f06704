//! Tests every operation of every backend at every place of a piece.

#[cfg(target_arch = "x86_64")]
use super::avx2::Avx2;
use super::portable::Portable;
use super::{places, plain, Block, Kernel, Native, Piece, Simd};
use crate::json::counted;
use std::array::from_fn;

/// Asserts that all backends of this machine have the same result; called for every kernel that a test runs.
pub(super) fn every_backend_agrees<K: Kernel>(kernel: K) {
    counted::apart(|| {
        let end = kernel.run(Portable);
        assert_eq!(kernel.run(Native), end);
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = Avx2::detect() {
            assert_eq!(simd.run(kernel), end);
        }
    });
}

/// Runs a test with every backend that this machine has.
macro_rules! with_every_backend {
    ($test:ident) => {
        $test(Portable);
        $test(Native);
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = Avx2::detect() {
            $test(simd);
        }
    };
}

/// Sets of places in a piece; the lowest 16 bits apply to a block.
const PLACES: [u64; 8] = [
    0,
    1,
    0x8000_0000_0000_8000,
    u64::MAX,
    0x5a5a_a5a5_0f0f_3c5a,
    0x00ff_ff00_00ff_00ff,
    0x8000_0001_8000_0001,
    0x1234_5678_9abc_def0,
];

#[test]
fn every_byte_is_found_in_every_place() {
    fn is_found(simd: impl Simd) {
        for byte in 0..=u8::MAX {
            let others = [
                byte ^ 1,
                byte ^ 0x80,
                byte.wrapping_add(1),
                byte.wrapping_sub(1),
            ];
            for (set, other) in PLACES
                .iter()
                .flat_map(|set| others.map(|other| (*set, other)))
            {
                let piece: Piece =
                    from_fn(|place| if set >> place & 1 == 1 { byte } else { other });
                assert_eq!(simd.places(&piece, byte), set);
                let block: &Block = piece.first_chunk().unwrap();
                assert_eq!(places(block, byte), set as u32 & 0xffff);
                let folded = if other | 1 == byte | 1 { u64::MAX } else { set };
                assert_eq!(simd.bits(simd.equal(&piece, byte | 1, 1)), folded);
            }
        }
    }
    with_every_backend!(is_found);
}

#[test]
fn words_are_found_in_places_divisible_by_four() {
    fn are_found(simd: impl Simd) {
        for place in 0..=60 {
            let mut piece = [b'.'; 64];
            piece[place..place + 4].copy_from_slice(b"efgh");
            let found = simd.bits(simd.equal_words(&piece, *b"efgh"));
            let expected = if place % 4 == 0 { 0xf << place } else { 0 };
            assert_eq!(found, expected, "{place}");
            assert!(!simd.any(simd.equal_words(&piece, *b"fghi")));
        }
    }
    with_every_backend!(are_found);
}

#[test]
fn masks_are_combined_place_by_place() {
    fn are_combined(simd: impl Simd) {
        let mask = |set: u64| simd.equal(&from_fn(|place| (set >> place) as u8 & 1), 1, 0);
        for (one, other) in PLACES
            .iter()
            .flat_map(|one| PLACES.map(|other| (*one, other)))
        {
            let bits = |found| (simd.bits(found), simd.any(found));
            let expected = |set| (set, set != 0);
            let (a, b) = (mask(one), mask(other));
            assert_eq!(bits(simd.and(a, b)), expected(one & other));
            assert_eq!(bits(simd.and_not(a, b)), expected(one & !other));
            assert_eq!(bits(simd.or(a, b)), expected(one | other));
        }
        assert_eq!(simd.bits(simd.none()), 0);
        for place in 0..64 {
            assert!(simd.any(mask(1 << place)));
        }
    }
    with_every_backend!(are_combined);
}

#[test]
fn parities_are_those_of_the_bits_up_to_each_place() {
    fn are_those(simd: impl Simd) {
        for bits in PLACES {
            let parities = simd.prefix_xor(bits);
            for place in 0..64 {
                let up_to = bits << (63 - place);
                assert_eq!(parities >> place & 1 == 1, up_to.count_ones() % 2 == 1);
            }
        }
    }
    with_every_backend!(are_those);
}

#[test]
fn text_is_plain_as_it_is_written() {
    for length in 0..80 {
        let text: String = (0..length)
            .map(|at| (b' ' + at as u8 % 60) as char)
            .collect();
        let expected = (length <= 64).then_some(&*text);
        assert_eq!(plain(text.as_bytes()), expected);
        for place in 0..length {
            for odd in [b'\\', 0x80, 0xdc, 0xff] {
                let mut bytes = text.clone().into_bytes();
                bytes[place] = odd;
                assert_eq!(plain(&bytes), None, "{bytes:?}");
            }
        }
    }
}
