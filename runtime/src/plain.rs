//! Which bytes may stand in a text as they are, as tables: a look for every byte.

/// For every byte whether it stands for itself.
pub(crate) type Plain = [bool; 256];

/// The letters and digits of ASCII, and `others`.
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
