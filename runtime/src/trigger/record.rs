//! One record of a batch, as the function that handles it gets it: its service, the context it carries, and the tags that
//! identify it.
//!
//! The JSON is what the types of `aws_lambda_events` serialise to: the names are those of AWS, and absent members are
//! `null`.

use super::sns::Notification;
use super::{arn, dynamodb, kafka, kinesis, s3, sqs};
use crate::json::Json;
use crate::propagation::{extract_json, TraceContext};
use crate::span::{SpanLink, Tags};

/// What a record contributes to its span.
#[derive(Debug)]
pub(crate) struct Described {
    /// The operation name of the span.
    pub(crate) operation: &'static str,
    pub(crate) context: Option<TraceContext>,
    /// The pointer to the object or item that the record is about.
    pub(crate) pointer: Option<SpanLink>,
    /// Tags that identify the record.
    pub(crate) tags: Tags,
}

/// How the records of one service are read.
struct Service {
    operation: &'static str,
    /// The members that every record has.
    marks: &'static [&'static str],
    context: fn(Json<'_>) -> Option<TraceContext>,
    pointer: fn(Json<'_>) -> Option<SpanLink>,
    /// Paths of members, with a dot between names, and the tags that they become.
    tags: &'static [(&'static str, &'static str)],
    /// Tags that are a part of a member.
    parts: &'static [Part],
}

/// A part of a member, such as the name of a queue in its ARN.
struct Part {
    member: &'static str,
    tag: &'static str,
    find: fn(&str) -> Option<&str>,
}

impl Part {
    const fn new(member: &'static str, tag: &'static str, find: fn(&str) -> Option<&str>) -> Self {
        Self { member, tag, find }
    }
}

const SERVICES: [Service; 6] = [
    Service {
        operation: "aws.sqs.process",
        marks: &["messageId", "receiptHandle"],
        context: |record| sqs::Message::read(record.entries()).context(),
        pointer: |_| None,
        tags: &[
            ("messageId", "message_id"),
            ("eventSourceARN", "event_source_arn"),
            ("attributes.MessageGroupId", "message_group_id"),
            ("attributes.SequenceNumber", "sequence_number"),
        ],
        parts: &[Part::new("eventSourceARN", "queuename", arn::last)],
    },
    Service {
        operation: "aws.sns.process",
        marks: &["Sns"],
        context: |record| Notification::of(&mut record.entries())?.context(),
        pointer: |_| None,
        tags: &[
            ("Sns.MessageId", "message_id"),
            ("Sns.TopicArn", "topic_arn"),
            ("Sns.Subject", "subject"),
        ],
        parts: &[Part::new("Sns.TopicArn", "topicname", arn::last)],
    },
    Service {
        operation: "aws.kinesis.process",
        marks: &["kinesis"],
        context: |record| kinesis::Record::read(&mut record.entries()).context(),
        pointer: |_| None,
        tags: &[
            ("eventID", "event_id"),
            ("eventSourceARN", "event_source_arn"),
            ("kinesis.partitionKey", "partition_key"),
            ("kinesis.sequenceNumber", "sequence_number"),
        ],
        parts: &[
            Part::new("eventSourceARN", "streamname", kinesis::stream_of_arn),
            // `{shard id}:{sequence number}`
            Part::new("eventID", "shardid", |id| Some(id.split_once(':')?.0)),
        ],
    },
    Service {
        operation: "aws.dynamodb.process",
        marks: &["dynamodb"],
        context: |_| None,
        pointer: |record| dynamodb::Record::read(&mut record.entries()).pointer(),
        tags: &[
            ("eventID", "event_id"),
            ("eventName", "event_name"),
            ("eventSourceARN", "event_source_arn"),
            ("dynamodb.SequenceNumber", "sequence_number"),
        ],
        parts: &[Part::new(
            "eventSourceARN",
            "tablename",
            dynamodb::table_of_arn,
        )],
    },
    Service {
        operation: "aws.s3.process",
        marks: &["s3"],
        context: |_| None,
        pointer: |record| s3::Record::read(&mut record.entries()).pointer(),
        tags: &[
            ("eventName", "event_name"),
            ("s3.bucket.name", "bucketname"),
            ("s3.bucket.arn", "bucket_arn"),
            ("s3.object.key", "object_key"),
            ("s3.object.eTag", "object_etag"),
        ],
        parts: &[],
    },
    Service {
        operation: "kafka.process",
        marks: &["topic", "partition", "offset"],
        context: |record| kafka::Record::read(&mut record.entries()).context(),
        pointer: |_| None,
        tags: &[
            ("topic", "topic"),
            ("partition", "partition"),
            ("offset", "offset"),
        ],
        parts: &[],
    },
];

impl Described {
    pub(crate) fn read(record: Json<'_>) -> Self {
        let members = Members::of(record);
        let mut tags = Tags::new();
        let is_of =
            |service: &&Service| service.marks.iter().all(|mark| members.get(mark).is_some());
        let service = SERVICES.iter().find(is_of);
        if let Some(service) = service {
            service.tag(&members, &mut tags);
        }
        let own = || extract_json(record.get("_datadog")?);
        Self {
            operation: service.map_or("aws.lambda.record", |service| service.operation),
            context: TraceContext::or_else(
                service.and_then(|service| (service.context)(record)),
                own,
            ),
            pointer: service.and_then(|service| (service.pointer)(record)),
            tags,
        }
    }
}

impl Service {
    fn tag(&self, members: &Members<'_>, tags: &mut Tags) {
        for (path, tag) in self.tags {
            if let Some(text) = members.find(path).and_then(|value| value.as_text()) {
                tags.push(tag, &text);
            }
        }
        for part in self.parts {
            let member = members.find(part.member).and_then(|value| value.as_str());
            if let Some(text) = member.as_deref().and_then(part.find) {
                tags.push(part.tag, text);
            }
        }
        sqs::tag_retries(tags, members.find("attributes.ApproximateReceiveCount"));
    }
}

/// The members of a record, collected in one pass, since a body can be large.
struct Members<'a>(Vec<(&'a [u8], Json<'a>)>);

impl<'a> Members<'a> {
    /// More members than a record of any service has.
    const INDEXED: usize = 32;

    fn of(record: Json<'a>) -> Self {
        let members = record.entries().map(|(name, value)| (name.raw(), value));
        Self(members.take(Self::INDEXED).collect())
    }

    fn get(&self, name: &str) -> Option<Json<'a>> {
        let found = self.0.iter().find(|(known, _)| *known == name.as_bytes());
        found.map(|(_, value)| *value)
    }

    /// The member at a path of names separated by dots.
    fn find(&self, path: &str) -> Option<Json<'a>> {
        let mut names = path.split('.');
        let first = self.get(names.next()?);
        names.fold(first, |value, name| value?.get(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(json: &str) -> (&'static str, Option<u128>, Vec<(String, String)>) {
        let described = Described::read(Json::new(json.as_bytes()));
        let tags = described.tags.printed().into_iter();
        let trace_id = described.context.map(|context| context.trace_id());
        let tags = tags.map(|(name, value)| (name.to_owned(), value)).collect();
        (described.operation, trace_id, tags)
    }

    #[track_caller]
    fn assert_tags(tags: &[(String, String)], expected: &[(&str, &str)]) {
        let tags: Vec<_> = tags
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        assert_eq!(tags, expected);
    }

    #[test]
    fn a_message_of_a_queue() {
        let (operation, trace_id, tags) = described(
            r#"{"messageId":"m1","receiptHandle":"r","body":"b","md5OfBody":null,
                "attributes":{"ApproximateReceiveCount":"2","MessageGroupId":"g"},
                "messageAttributes":{"_datadog":{"dataType":"String","stringValue":"{\"x-datadog-trace-id\":\"7\"}"}},
                "eventSourceARN":"arn:aws:sqs:us-east-1:123456789012:orders","eventSource":"aws:sqs"}"#,
        );
        assert_eq!((operation, trace_id), ("aws.sqs.process", Some(7)));
        assert_tags(
            &tags,
            &[
                ("message_id", "m1"),
                (
                    "event_source_arn",
                    "arn:aws:sqs:us-east-1:123456789012:orders",
                ),
                ("message_group_id", "g"),
                ("queuename", "orders"),
                ("retry_count", "2"),
            ],
        );
    }

    #[test]
    fn a_notification() {
        let (operation, trace_id, tags) = described(
            r#"{"EventSource":"aws:sns","Sns":{"Type":"Notification","MessageAttributes":{"_datadog":{"Type":"Binary","Value":"eyJ4LWRhdGFkb2ctdHJhY2UtaWQiOiI3In0="}},"MessageId":"m","TopicArn":"arn:aws:sns:r:1:t","Subject":null}}"#,
        );
        assert_eq!((operation, trace_id), ("aws.sns.process", Some(7)));
        assert_tags(
            &tags,
            &[
                ("message_id", "m"),
                ("topic_arn", "arn:aws:sns:r:1:t"),
                ("topicname", "t"),
            ],
        );
    }

    #[test]
    fn a_record_of_a_stream() {
        let (operation, _, tags) = described(
            r#"{"eventID":"shardId-000:495","eventSourceARN":"arn:aws:kinesis:r:1:stream/clicks",
                "kinesis":{"approximateArrivalTimestamp":"1545084650.987","data":"e30=","partitionKey":"p","sequenceNumber":"495"}}"#,
        );
        assert_eq!(operation, "aws.kinesis.process");
        assert_tags(
            &tags,
            &[
                ("event_id", "shardId-000:495"),
                ("event_source_arn", "arn:aws:kinesis:r:1:stream/clicks"),
                ("partition_key", "p"),
                ("sequence_number", "495"),
                ("streamname", "clicks"),
                ("shardid", "shardId-000"),
            ],
        );
        let (operation, _, tags) = described(
            r#"{"eventID":"e","eventName":"INSERT","eventSourceARN":"arn:aws:dynamodb:r:1:table/orders/stream/2020","dynamodb":{"SequenceNumber":"1"}}"#,
        );
        assert_eq!(operation, "aws.dynamodb.process");
        assert_eq!(
            tags.last(),
            Some(&("tablename".to_owned(), "orders".to_owned()))
        );
    }

    #[test]
    fn an_object_and_a_message_of_kafka() {
        let (operation, _, tags) = described(
            r#"{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"b","arn":null},"object":{"key":"k","eTag":"e"}}}"#,
        );
        assert_eq!(operation, "aws.s3.process");
        assert_tags(
            &tags,
            &[
                ("event_name", "ObjectCreated:Put"),
                ("bucketname", "b"),
                ("object_key", "k"),
                ("object_etag", "e"),
            ],
        );
        let (operation, _, tags) =
            described(r#"{"topic":"t","partition":0,"offset":15,"headers":[]}"#);
        assert_eq!(operation, "kafka.process");
        assert_tags(
            &tags,
            &[("topic", "t"), ("partition", "0"), ("offset", "15")],
        );
    }

    #[test]
    fn anything_else_may_have_a_context() {
        let order = r#"{"id":7,"_datadog":{"x-datadog-trace-id":"9"}}"#;
        assert_eq!(described(order), ("aws.lambda.record", Some(9), Vec::new()));
        for text in [
            "",
            "null",
            "7",
            "[{}]",
            "{",
            r#"{"topic":"t"}"#,
            r#"{"kinesis""#,
        ] {
            assert_eq!(
                described(text),
                ("aws.lambda.record", None, Vec::new()),
                "{text}"
            );
        }
        // Members of other types are ignored.
        assert_eq!(described(r#"{"s3":7,"eventName":{}}"#).2, Vec::new());
    }
}
