//! What spans do not tell.

use super::reader::Reader;

/// What spans do not tell of the query strings of URLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QueryObfuscation {
    /// Secrets. The default.
    Secrets,
    /// Anything.
    All,
    /// They tell them as they are.
    Off,
}

impl QueryObfuscation {
    /// No pattern is matched: what one would hide is hidden with all the rest.
    pub(super) fn read<F: Fn(&str) -> Option<String>>(reader: &mut Reader<F>) -> Self {
        const NAME: &str = "DD_TRACE_OBFUSCATION_QUERY_STRING_REGEXP";
        const ALL: &str = ".*";
        match reader.raw(NAME).as_deref().map(str::trim) {
            None => Self::Secrets,
            Some("") => Self::Off,
            Some(ALL) => Self::All,
            Some(pattern) => {
                reader.problem(NAME, pattern, "empty or `.*`", Some(&ALL));
                Self::All
            }
        }
    }
}
