//! Every look finds what it is to find in every place, on every machine.

use super::plain;

macro_rules! looks {
    ($machine:ident) => {
        mod $machine {
            use crate::json::block::$machine::*;

            #[test]
            fn every_byte_is_found_in_every_place() {
                for byte in 0..=u8::MAX {
                    for set in [0u32, 1, 0x8000, 0xffff, 0x5a5a, 0x00ff, 0xff00, 0x1234] {
                        for other in [
                            byte ^ 1,
                            byte ^ 0x80,
                            byte.wrapping_add(1),
                            byte.wrapping_sub(1),
                        ] {
                            let at = |place| if set >> place & 1 == 1 { byte } else { other };
                            let block = std::array::from_fn(at);
                            assert_eq!(places(&block, byte), set);
                            let set = u64::from(set) << 48 | u64::from(set) << 16 | 1 << 5;
                            let at = |place| if set >> place & 1 == 1 { byte } else { other };
                            assert_eq!(bits(&std::array::from_fn(at), byte), set);
                        }
                    }
                }
            }

            #[test]
            fn pairs_are_found_in_every_place_of_a_piece() {
                let pairs = [*b"_d", *b"-d"];
                for place in 0..64 {
                    for (text, found, folded) in [
                        (b"-d", true, true),
                        (b"-D", false, true),
                        (b"d-", false, false),
                    ] {
                        let mut piece = [b'.'; 65];
                        piece[place..place + 2].copy_from_slice(text);
                        assert_eq!(has_pair::<2, 0>(&piece, &pairs), found);
                        assert_eq!(has_pair::<2, 0x20>(&piece, &pairs), folded);
                    }
                }
            }

            #[test]
            fn quotes_that_may_end_a_string_are_found_in_every_place() {
                for place in 0..64 {
                    for (text, found) in [
                        (b"..\"", true),
                        (b"\\.\"", true),
                        (b"\\\\\"", true),
                        (b".\\\"", false),
                        (b"\\\\.", false),
                    ] {
                        let mut bytes = [b'.'; 66];
                        bytes[place..place + 3].copy_from_slice(text);
                        assert_eq!(may_end(&bytes), found, "{place} {text:?}");
                        assert_eq!(
                            has_any(bytes.first_chunk().unwrap(), b"\""),
                            place < 62 && text[2] == b'"'
                        );
                    }
                }
            }

            #[test]
            fn words_are_found_in_places_divisible_by_four() {
                for place in 0..=60 {
                    let mut piece = [b'.'; 64];
                    piece[place..place + 4].copy_from_slice(b"efgh");
                    let found = has_word(&piece, &[*b"abcd", *b"efgh"]);
                    assert_eq!(found, place % 4 == 0, "{place}");
                    assert!(!has_word(&piece, &[*b"abcd", *b"bcde"]));
                }
            }

            #[test]
            fn any_of_several_pairs_is_found_in_every_place() {
                let pairs = [*b"_d", *b"-d", *b"\"b"];
                for place in 0..16 {
                    for (text, fold, found) in [
                        (b"_d", 0, true),
                        (b"_D", 0, false),
                        (b"_D", 0x20, false),
                        (b"-D", 0x20, true),
                        (b"\"B", 0x20, true),
                        (b"d_", 0x20, false),
                    ] {
                        let mut bytes = [b'.'; 17];
                        bytes[place..place + 2].copy_from_slice(text);
                        let (block, next) =
                            (bytes.first_chunk().unwrap(), bytes.last_chunk().unwrap());
                        let expected = u32::from(found) << place;
                        assert_eq!(any_pair(block, next, &pairs, fold), expected);
                    }
                }
            }
        }
    };
}

looks!(portable);
#[cfg(target_arch = "aarch64")]
looks!(neon);
#[cfg(target_arch = "x86_64")]
looks!(sse2);

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
