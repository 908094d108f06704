//! The names in ARNs.

/// The part behind the last colon: the name of a queue or a topic.
pub(super) fn last(arn: &str) -> Option<&str> {
    arn.rsplit(':').next()
}

/// The part behind `mark`, up to the next slash.
pub(super) fn behind<'n>(arn: &'n str, mark: &str) -> Option<&'n str> {
    arn.split_once(mark)?.1.split('/').next()
}
