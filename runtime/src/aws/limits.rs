//! The size limits of AWS.

/// The limits on the size of something, in bytes. There are several if AWS raised the limit over time or if it depends on
/// the receiver: any of them may apply.
pub(super) struct Limits(pub(super) &'static [usize]);

impl Limits {
    /// Whether something may grow from `before` to `after` bytes: it must not cross any limit.
    pub(super) fn allow(&self, before: usize, after: usize) -> bool {
        let crossed = |limit: &usize| before <= *limit && after > *limit;
        !self.0.iter().any(crossed)
    }
}

/// How many bytes padded base64 decodes to.
pub(super) fn base64_length(text: &str) -> usize {
    let padding = text.bytes().rev().take_while(|byte| *byte == b'=').count();
    (text.len() / 4 * 3).saturating_sub(padding)
}

pub(super) const KIB: usize = 1024;
pub(super) const MIB: usize = 1024 * KIB;
