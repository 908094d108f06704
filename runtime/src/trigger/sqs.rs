//! Amazon SQS.

use super::arn;
use super::eventbridge::Envelope;
use super::inferred::{Ends, Inference, Inferred, ServiceName};
use super::search::{Contexts, Embedded, Needle, DATADOG};
use super::sns::Notification;
use super::tags::{set, tag_source};
use super::time::nanos_of_millis;
use super::{Event, Source};
use crate::json::{find_any, Items, Json, Members, Str};
use crate::propagation::{extract_json, xray, TraceContext};
use crate::span::Tags;
use std::borrow::Cow;

pub(super) struct Queue<'a> {
    first: Message<'a>,
    others: Items<'a>,
}

impl<'a> Source<'a> for Queue<'a> {
    fn detect(event: &Event<'a>) -> Option<Self> {
        let batch = event.batch_of("aws:sqs")?;
        Some(Self {
            first: Message::read(batch.members.iter().copied()),
            others: batch.others.clone(),
        })
    }

    fn record_contexts(&self) -> impl Iterator<Item = TraceContext> {
        const AWS_HEADER: Needle = Needle::new("AWSTraceHeader", b"WS");
        Contexts::new(
            self.first.context(),
            &self.others,
            |text| find_any(text, [DATADOG, AWS_HEADER]),
            |members| Message::read(members).context(),
        )
    }

    fn tag(&self, _: &Event<'a>, tags: &mut Tags) {
        tag_source(tags, "sqs", self.first.arn());
    }

    fn inferred(&self, event: &Event<'a>) -> Vec<Inferred> {
        let message = &self.first;
        let arn = message.arn();
        let arn = arn.as_deref();
        let queue = arn.and_then(arn::last);
        let inference = Inference {
            name: "aws.sqs",
            kind: "web",
            service: ServiceName::of(queue, "lambda_sqs", "sqs"),
            resource: queue.map(str::to_owned),
            start: message.sent(),
            ends: Ends::BeforeFunction,
            resource_key: arn.map(str::to_owned),
        };
        let mut inferred = inference.infer(event);
        let tags = &mut inferred.span.tags;
        let text = |name| message.attribute(name).and_then(|value| value.as_text());
        set(tags, "queuename", queue);
        set(tags, "event_source_arn", arn);
        let handle = message.receipt_handle;
        set(
            tags,
            "receipt_handle",
            handle.and_then(|handle| handle.as_str()),
        );
        set(tags, "sender_id", text("SenderId"));
        tag_retries(tags, message.attribute("ApproximateReceiveCount"));
        let mut spans = message.passed_on(event, Ends::At(inferred.span.start));
        spans.push(inferred);
        spans
    }
}

/// Tags how often the message has been received.
pub(super) fn tag_retries(tags: &mut Tags, received: Option<Json<'_>>) {
    let received = received.and_then(|count| count.as_text()?.parse::<u32>().ok());
    if let Some(count) = received.filter(|count| *count > 0) {
        tags.push_number("retry_count", count.into());
    }
}

/// One record of a batch.
#[derive(Default)]
pub(super) struct Message<'a> {
    arn: Option<Json<'a>>,
    receipt_handle: Option<Json<'a>>,
    body: Embedded<'a>,
    attributes: Option<Json<'a>>,
    message_attributes: Option<Json<'a>>,
}

impl<'a> Message<'a> {
    pub(super) fn read(members: impl IntoIterator<Item = (Str<'a>, Json<'a>)>) -> Self {
        let mut message = Self::default();
        for (name, value) in members {
            match name.raw() {
                b"eventSourceARN" => message.arn = Some(value),
                b"receiptHandle" => message.receipt_handle = Some(value),
                b"body" => message.body = Embedded::new(value),
                b"attributes" => message.attributes = Some(value),
                b"messageAttributes" => message.message_attributes = Some(value),
                _ => {}
            }
        }
        message
    }

    /// The ARN of the queue.
    fn arn(&self) -> Option<Cow<'a, str>> {
        self.arn?.as_str()
    }

    /// An attribute that SQS itself has set.
    fn attribute(&self, name: &str) -> Option<Json<'a>> {
        self.attributes?.get(name)
    }

    /// When the message was sent to the queue, in nanoseconds since the Unix epoch.
    pub(super) fn sent(&self) -> Option<u64> {
        nanos_of_millis(self.attribute("SentTimestamp")?)
    }

    /// The context in the message attributes, in the body, or in the X-Ray header among SQS's own attributes.
    pub(super) fn context(&self) -> Option<TraceContext> {
        let attribute = || extract_json(self.message_attributes?.get("_datadog")?);
        let aws_header = || xray::datadog_context(&self.attribute("AWSTraceHeader")?.as_str()?);
        let found = TraceContext::or_else(attribute(), || self.body_context());
        TraceContext::or_else(found, aws_header)
    }

    /// The context in a body that is JSON: its own, that of an EventBridge event, or that of an SNS notification.
    fn body_context(&self) -> Option<TraceContext> {
        self.body.context(|body| {
            let mut body = Members::of(body);
            let own = body.get("_datadog").and_then(extract_json);
            let found = TraceContext::or_else(own, || Envelope::in_body(&mut body)?.context());
            TraceContext::or_else(found, || Notification::in_body(&mut body)?.context())
        })
    }

    /// The spans of the services that passed the message on to the queue, outermost first.
    fn passed_on(&self, event: &Event<'_>, ends: Ends) -> Vec<Inferred> {
        let Some(body) = self.body.json() else {
            return Vec::new();
        };
        let mut body = Members::of(body);
        match Envelope::in_body(&mut body) {
            Some(envelope) => envelope.infer_outer(event, ends).into_iter().collect(),
            None => Notification::in_body(&mut body)
                .map(|notification| notification.infer(event, ends))
                .unwrap_or_default(),
        }
    }
}
