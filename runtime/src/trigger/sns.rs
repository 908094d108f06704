//! Amazon SNS.

use super::arn;
use super::eventbridge::Envelope;
use super::inferred::{Ends, Inference, Inferred, ServiceName};
use super::search::{Contexts, Embedded, DATADOG};
use super::tags::{set, tag_source};
use super::time::nanos_of_rfc3339;
use super::{Event, Source};
use crate::json::{Entries, Items, Json, Members, Str};
use crate::propagation::{extract_json, TraceContext};
use crate::span::Tags;
use std::borrow::Cow;

pub(super) struct Topic<'a> {
    others: Items<'a>,
    subscription: Option<Cow<'a, str>>,
    first: Notification<'a>,
}

impl<'a> Source<'a> for Topic<'a> {
    /// Records of SNS name it as their source. Records without a source, as in hand-made events, count as SNS if they have
    /// an `Sns` member.
    fn detect(event: &Event<'a>) -> Option<Self> {
        let of = |first: Json<'a>| Notification::of(&mut first.entries());
        let (others, subscription, first) = match event.batch {
            Some(_) => {
                let batch = event.batch_of("aws:sns")?;
                let mut first = Notification::default();
                batch.inside.iter().for_each(|member| first.add(*member));
                if batch.inside.is_empty() {
                    first = of(batch.first).unwrap_or_default();
                }
                (batch.others.clone(), batch.get(SUBSCRIPTION), first)
            }
            None => {
                let mut records = event.get("Records")?.elements();
                let first = records.next()?;
                let subscription = first.get_ignore_case(SUBSCRIPTION);
                (records, subscription, of(first)?)
            }
        };
        Some(Self {
            others,
            subscription: subscription.and_then(|arn| arn.as_str()),
            first,
        })
    }

    fn record_contexts(&self) -> impl Iterator<Item = TraceContext> {
        Contexts::new(
            self.first.context(),
            &self.others,
            |text| DATADOG.find(text),
            |members| Notification::of(members)?.context(),
        )
    }

    fn tag(&self, _: &Event<'a>, tags: &mut Tags) {
        let arn = self.first.topic_arn.as_deref();
        tag_source(tags, "sns", arn);
    }

    fn inferred(&self, event: &Event<'a>) -> Vec<Inferred> {
        let mut spans = self.first.infer(event, Ends::BeforeFunction);
        if let Some(Inferred { span, .. }) = spans.last_mut() {
            let arn = self.first.topic_arn.as_deref();
            set(&mut span.tags, "dd_resource_key", arn);
            let subscription = self.subscription.as_deref();
            set(&mut span.tags, "event_subscription_arn", subscription);
        }
        spans
    }
}

/// The member of a record that names the subscription.
const SUBSCRIPTION: &str = "EventSubscriptionArn";

/// A message as SNS delivers it.
#[derive(Default)]
pub(super) struct Notification<'a> {
    kind: Option<Cow<'a, str>>,
    id: Option<Cow<'a, str>>,
    topic_arn: Option<Cow<'a, str>>,
    subject: Option<Cow<'a, str>>,
    message: Embedded<'a>,
    time: Option<Json<'a>>,
    attributes: Option<Json<'a>>,
}

impl<'a> Notification<'a> {
    /// The notification in one record of an event.
    pub(super) fn of(record: &mut Entries<'a>) -> Option<Self> {
        let mut notification = None;
        while let Some((name, _)) = record.next() {
            if notification.is_none() && name.is_ignore_case("Sns") {
                notification = Some(record.walk(Self::read));
            }
        }
        notification
    }

    /// The notification in the body of a message, if that is one.
    pub(super) fn in_body(body: &mut Members<'a>) -> Option<Self> {
        let mut notification = Self::default();
        body.each(|member| notification.add(member));
        let is_one = notification.kind.as_deref() == Some("Notification");
        (is_one && notification.topic_arn.is_some()).then_some(notification)
    }

    fn read(members: &mut Entries<'a>) -> Self {
        let mut read = Self::default();
        members.for_each(|member| read.add(member));
        read
    }

    fn add(&mut self, (name, value): (Str<'a>, Json<'a>)) {
        match name.raw() {
            b"Type" => self.kind = value.as_str(),
            b"MessageId" => self.id = value.as_str(),
            b"TopicArn" => self.topic_arn = value.as_str(),
            b"Subject" => self.subject = value.as_str(),
            b"Message" => self.message = Embedded::new(value),
            b"Timestamp" => self.time = Some(value),
            b"MessageAttributes" => self.attributes = Some(value),
            _ => {}
        }
    }

    /// The context in the attributes, or in a message that is JSON: its own, or that of an EventBridge event.
    pub(super) fn context(&self) -> Option<TraceContext> {
        let attribute = || extract_json(self.attributes?.get("_datadog")?);
        TraceContext::or_else(attribute(), || {
            self.message.context(|message| {
                let mut message = Members::of(message);
                let own = message.get("_datadog").and_then(extract_json);
                TraceContext::or_else(own, || Envelope::in_body(&mut message)?.context())
            })
        })
    }

    /// The span of the topic, below that of the bus the message came from, if any.
    pub(super) fn infer(&self, event: &Event<'_>, ends: Ends) -> Vec<Inferred> {
        let arn = self.topic_arn.as_deref();
        let topic = arn.and_then(arn::last);
        let time = || nanos_of_rfc3339(&self.time?.as_str()?);
        let inference = Inference {
            name: "aws.sns",
            kind: "web",
            service: ServiceName::of(topic, "lambda_sns", "sns"),
            resource: topic.map(str::to_owned),
            start: time(),
            ends,
            resource_key: None,
        };
        let mut inferred = inference.infer(event);
        let tags = &mut inferred.span.tags;
        set(tags, "topicname", topic);
        set(tags, "topic_arn", arn);
        set(tags, "message_id", self.id.as_deref());
        set(tags, "type", self.kind.as_deref());
        set(tags, "subject", self.subject.as_deref());
        let bus = self.bus(event, Ends::At(inferred.span.start));
        bus.into_iter().chain([inferred]).collect()
    }

    fn bus(&self, event: &Event<'_>, ends: Ends) -> Option<Inferred> {
        let mut message = Members::of(self.message.json()?);
        Envelope::in_body(&mut message)?.infer_outer(event, ends)
    }
}
