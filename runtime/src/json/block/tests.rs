//! Every look finds what it is to find in every place, on every machine.

#[cfg(target_arch = "x86_64")]
use super::avx2::Avx2;
use super::portable::Portable;
use super::{plain, Block, Look, Native, Pass};
use crate::json::counted;

/// Asserts of whatever a test passes over that all looks come to the same end.
pub(super) fn every_look_ends_there<P: Pass>(pass: P) {
    counted::apart(|| {
        let end = pass.pass(Portable);
        assert_eq!(pass.pass(Native), end);
        #[cfg(target_arch = "x86_64")]
        if let Some(look) = Avx2::detect() {
            assert_eq!(look.pass(pass), end);
        }
    });
}

#[test]
fn every_byte_is_found_in_every_place() {
    every_byte_is_found_by(Portable);
    every_byte_is_found_by(Native);
    #[cfg(target_arch = "x86_64")]
    if let Some(look) = Avx2::detect() {
        every_byte_is_found_by(look);
    }
}

fn every_byte_is_found_by(look: impl Look) {
    for byte in 0..=u8::MAX {
        for set in [0u32, 1, 0x8000, 0xffff, 0x5a5a, 0x00ff, 0xff00, 0x1234] {
            for other in [
                byte ^ 1,
                byte ^ 0x80,
                byte.wrapping_add(1),
                byte.wrapping_sub(1),
            ] {
                let at = |place| if set >> place & 1 == 1 { byte } else { other };
                let block: Block = std::array::from_fn(at);
                assert_eq!(look.places(&block, byte), set);
                let set = u64::from(set) << 48 | u64::from(set) << 16 | 1 << 5;
                let at = |place| if set >> place & 1 == 1 { byte } else { other };
                assert_eq!(look.bits(&std::array::from_fn(at), byte), set);
            }
        }
    }
}

#[test]
fn parities_are_those_of_the_bits_up_to_each_place() {
    parities_are_seen_by(Portable);
    parities_are_seen_by(Native);
    #[cfg(target_arch = "x86_64")]
    if let Some(look) = Avx2::detect() {
        parities_are_seen_by(look);
    }
}

fn parities_are_seen_by(look: impl Look) {
    for bits in [
        0,
        1,
        1 << 63,
        u64::MAX,
        0x0123_4567_89ab_cdef,
        0x8000_0001_0000_8001,
    ] {
        let parities = look.parities(bits);
        for place in 0..64 {
            let up_to = bits << (63 - place);
            assert_eq!(parities >> place & 1 == 1, up_to.count_ones() % 2 == 1);
        }
    }
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
