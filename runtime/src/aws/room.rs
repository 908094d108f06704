//! The sizes that AWS allows.

/// The most bytes that something may have, where that was raised over time or is up to the receiver: each of the limits
/// holds somewhere.
pub(super) struct Limits(pub(super) &'static [usize]);

impl Limits {
    /// Whether something that had `before` bytes may have `after`: if it was within a limit, it has to stay so.
    pub(super) fn allow(&self, before: usize, after: usize) -> bool {
        let crossed = |limit: &usize| before <= *limit && after > *limit;
        !self.0.iter().any(crossed)
    }
}

/// How many bytes a text of base64 stands for, if it has its padding.
pub(super) fn base64_length(text: &str) -> usize {
    let padding = text.bytes().rev().take_while(|byte| *byte == b'=').count();
    (text.len() / 4 * 3).saturating_sub(padding)
}

pub(super) const KIB: usize = 1024;
pub(super) const MIB: usize = 1024 * KIB;
