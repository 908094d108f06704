//! What is hidden on spans.

use super::reader::Reader;

/// What is hidden in the query strings of URLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QueryObfuscation {
    /// Secrets. The default.
    Secrets,
    /// Everything.
    All,
    /// Nothing.
    Off,
}

impl QueryObfuscation {
    /// Patterns are not supported: a pattern hides the whole query string.
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
