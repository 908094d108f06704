//! Which bytes need no escaping or replacement, as lookup tables.

/// For every byte, whether it is written unchanged.
pub(crate) type Plain = [bool; 256];

/// The ASCII letters and digits, and `others`.
pub(crate) const fn plain(others: &[u8]) -> Plain {
    let mut plain = [false; 256];
    let mut byte = 0;
    while byte < plain.len() {
        plain[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let mut at = 0;
    while at < others.len() {
        plain[others[at] as usize] = true;
        at += 1;
    }
    plain
}
