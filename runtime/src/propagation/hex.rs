//! Ids in lower-case hexadecimal. The formatter of the standard library takes ten times as long.

/// Appends the lowest `digits` digits of an id: an even number, at most 32.
pub(super) fn push(into: &mut String, id: u128, digits: usize) {
    let bytes = id.to_be_bytes();
    let bytes = &bytes[bytes.len().saturating_sub(digits / 2)..];
    let mut text = [[0; 2]; 16];
    let text = &mut text[..bytes.len()];
    for (pair, byte) in text.iter_mut().zip(bytes) {
        *pair = PAIRS[usize::from(*byte)];
    }
    into.push_str(std::str::from_utf8(text.as_flattened()).unwrap_or_default());
}

/// The two digits of every byte.
const PAIRS: [[u8; 2]; 256] = {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < pairs.len() {
        pairs[byte] = [DIGITS[byte >> 4], DIGITS[byte & 15]];
        byte += 1;
    }
    pairs
};

/// Parses a field of exactly `digits` digits, at most 32.
pub(super) fn parse(field: &str, digits: usize) -> Option<u128> {
    if field.len() != digits {
        return None;
    }
    let (high, low) = field.as_bytes().split_at(digits.saturating_sub(16));
    Some(u128::from(half(high)?) << 64 | u128::from(half(low)?))
}

fn half(digits: &[u8]) -> Option<u64> {
    let mut id = 0;
    let mut seen = 0;
    for digit in digits {
        let value = VALUES[usize::from(*digit)];
        seen |= value;
        id = id << 4 | u64::from(value);
    }
    (seen < 16).then_some(id)
}

/// The value of every byte as a digit; 16 if it is not one.
const VALUES: [u8; 256] = {
    let mut values = [16; 256];
    let mut value = 0;
    while value < 16 {
        values[PAIRS[value][1] as usize] = value as u8;
        value += 1;
    }
    values
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for (id, digits, text) in [
            (0, 2, "00"),
            (0x1f, 2, "1f"),
            (u64::MAX.into(), 16, "ffffffffffffffff"),
            (0xab << 96 | 7, 32, "000000ab000000000000000000000007"),
        ] {
            let mut written = String::new();
            push(&mut written, id, digits);
            assert_eq!(written, text);
            assert_eq!(parse(text, text.len()), Some(id));
        }
        for (text, digits) in [
            ("1F", 2),
            ("1", 2),
            ("011", 2),
            ("+1", 2),
            ("é", 2),
            ("g1", 2),
        ] {
            assert_eq!(parse(text, digits), None, "{text}");
        }
    }
}
