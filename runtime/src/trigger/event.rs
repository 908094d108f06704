//! The event of one invocation.

use super::http::{HttpHeaders, RequestContext};
use super::kafka;
use crate::config::Config;
use crate::json::{Entries, Json};

/// The event of one invocation, with what is needed to make sense of it.
#[derive(Debug)]
pub(crate) struct Event<'a> {
    pub(crate) context: &'a lambda_runtime::Context,
    pub(crate) config: &'a Config,
    /// Nanoseconds since the Unix epoch, for services whose events tell no time.
    pub(crate) now: u64,
    /// What the services of HTTP have in common.
    pub(super) request: Option<RequestContext<'a>>,
    /// What stands in `headers`, if anything does.
    pub(super) headers: Option<HttpHeaders<'a>>,
    /// What the services that send batches have in common.
    pub(super) batch: Option<Batch<'a>>,
    function: Option<FunctionArn<'a>>,
    /// The members of the body, up to and including `Records`, or the `records` of Kafka.
    members: Vec<(&'a [u8], Json<'a>)>,
    /// The members that were not looked at.
    rest: Entries<'a>,
}

/// The records of an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Batch<'a> {
    pub(super) records: Json<'a>,
    pub(super) first: Json<'a>,
    /// Where the first record comes from, such as `aws:sqs`.
    source: Json<'a>,
}

/// The invoked function, `arn:{partition}:lambda:{region}:{account}:function:{name}[:{qualifier}]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct FunctionArn<'a> {
    pub(super) partition: &'a str,
    pub(super) region: &'a str,
    pub(super) account: &'a str,
    /// With the qualifier, if there is one.
    pub(super) name: &'a str,
}

impl<'a> Event<'a> {
    /// More members than the event of any AWS service has.
    const INDEXED: usize = 24;

    /// The event in the JSON text `body`; `now` is in nanoseconds since the Unix epoch.
    pub(crate) fn new(
        body: &'a [u8],
        context: &'a lambda_runtime::Context,
        config: &'a Config,
        now: u64,
    ) -> Self {
        let mut event = Self {
            context,
            config,
            now,
            request: None,
            headers: None,
            batch: None,
            function: FunctionArn::read(&context.invoked_function_arn),
            members: Vec::with_capacity(Self::INDEXED),
            rest: Json::new(body).entries(),
        };
        while event.members.len() < Self::INDEXED {
            let Some((key, value)) = event.rest.next() else {
                break;
            };
            event.members.push((key.raw(), value));
            match key.raw() {
                b"requestContext" if value.is_object() => {
                    event.request = Some(event.rest.walk(RequestContext::read));
                }
                b"headers" => event.headers = event.rest.walk(HttpHeaders::read),
                b"Records" => {
                    event.batch = Batch::read(value);
                    break;
                }
                // Kafka's records stand last, too, and are as large.
                b"records" if event.get("eventSource").is_some_and(kafka::is_source) => break,
                _ => {}
            }
        }
        event
    }

    /// A member of an AWS event. What stands behind the records is not searched, since a batch can be large.
    pub(super) fn get(&self, name: &str) -> Option<Json<'a>> {
        let found = self.members.iter().find(|(key, _)| *key == name.as_bytes());
        found.map(|(_, value)| *value)
    }

    /// A member of any event, wherever it stands.
    pub(super) fn find(&self, name: &str) -> Option<Json<'a>> {
        let rest = || self.rest.clone().find(|(key, _)| key.is(name));
        self.get(name).or_else(|| rest().map(|(_, value)| value))
    }

    /// The records, if the first one comes from `source`.
    pub(super) fn batch_of(&self, source: &str) -> Option<Batch<'a>> {
        self.batch
            .filter(|batch| batch.source.as_str().as_deref() == Some(source))
    }

    /// The invoked function, which says where an event came from when the event itself does not.
    pub(super) fn function(&self) -> Option<FunctionArn<'a>> {
        self.function
    }
}

impl<'a> FunctionArn<'a> {
    fn read(arn: &'a str) -> Option<Self> {
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

impl<'a> Batch<'a> {
    fn read(records: Json<'a>) -> Option<Self> {
        let first = records.items().next()?;
        let source = first.get_ignore_case("eventSource")?;
        Some(Self {
            records,
            first,
            source,
        })
    }
}
