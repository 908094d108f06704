//! The event of one invocation.

use crate::config::Config;
use crate::json::{Entries, Json};

/// The event of one invocation, with what is needed to make sense of it.
#[derive(Debug)]
pub(crate) struct Event<'a> {
    pub(crate) body: Json<'a>,
    pub(crate) context: &'a lambda_runtime::Context,
    pub(crate) config: &'a Config,
    /// Nanoseconds since the Unix epoch, for services whose events tell no time.
    pub(crate) now: u64,
    /// The members of the body, up to and including `Records`.
    members: Vec<(&'a [u8], Json<'a>)>,
    /// The members that were not looked at.
    rest: Entries<'a>,
}

impl<'a> Event<'a> {
    /// More members than the event of any AWS service has.
    const INDEXED: usize = 32;

    pub(crate) fn new(
        body: &'a [u8],
        context: &'a lambda_runtime::Context,
        config: &'a Config,
        now: u64,
    ) -> Self {
        let body = Json::new(body);
        let mut rest = body.entries();
        let mut members = Vec::new();
        for (key, value) in rest.by_ref().take(Self::INDEXED) {
            members.push((key.raw(), value));
            if key.is("Records") {
                break;
            }
        }
        Self {
            body,
            context,
            config,
            now,
            members,
            rest,
        }
    }

    /// A member of an AWS event. What stands behind `Records` is not searched, since a batch can be large.
    pub(crate) fn get(&self, name: &str) -> Option<Json<'a>> {
        let found = self.members.iter().find(|(key, _)| *key == name.as_bytes());
        found.map(|(_, value)| *value)
    }

    /// A member of any event, wherever it stands.
    pub(crate) fn find(&self, name: &str) -> Option<Json<'a>> {
        let rest = || self.rest.clone().find(|(key, _)| key.is(name));
        self.get(name).or_else(|| rest().map(|(_, value)| value))
    }
}
