//! Extracts names from ARNs.

/// The part after the last colon: the name of a queue or a topic.
pub(super) fn last(arn: &str) -> Option<&str> {
    arn.rsplit(':').next()
}

/// The part after `mark`, up to the next slash.
pub(super) fn behind<'n>(arn: &'n str, mark: &str) -> Option<&'n str> {
    arn.split_once(mark)?.1.split('/').next()
}

/// The ARN of the invoked function, `arn:{partition}:lambda:{region}:{account}:function:{name}[:{qualifier}]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct FunctionArn<'a> {
    pub(super) partition: &'a str,
    pub(super) region: &'a str,
    pub(super) account: &'a str,
    /// Including the qualifier, if there is one.
    pub(super) name: &'a str,
}

impl<'a> FunctionArn<'a> {
    pub(super) fn read(arn: &'a str) -> Option<Self> {
        let mut colons = arn.bytes().enumerate().filter(|(_, byte)| *byte == b':');
        let mut ends = [0; 6];
        for end in &mut ends {
            *end = colons.next()?.0;
        }
        let part = |place: usize| &arn[ends[place - 1] + 1..ends[place]];
        Some(Self {
            partition: part(1),
            region: part(3),
            account: part(4),
            name: &arn[ends[5] + 1..],
        })
    }
}
