//! Each limit at its edge: the largest message that fits gets the context, one that is larger by a byte does not.

use super::super::limits::{KIB, MIB};
use super::*;

/// What the context adds to a message of SQS or SNS.
fn attribute(kind: &str) -> usize {
    "_datadog".len() + kind.len() + JSON.len()
}

/// Adds the context to requests for a message of `last` bytes and of one more: only the first has room.
#[track_caller]
fn assert_edge(last: usize, inject: impl Fn(usize) -> bool) {
    assert!(inject(last), "{last} bytes are within the limit");
    assert!(!inject(last + 1), "{} bytes are not", last + 1);
}

#[test]
fn a_message_has_ten_attributes_at_most() {
    let sqs = |count: usize, own: &str| {
        let attributes = (0..count).map(|n| format!(r#""a{n}":{{"DataType":"String"}}"#));
        let attributes = attributes.chain((!own.is_empty()).then(|| own.to_owned()));
        let attributes = attributes.collect::<Vec<_>>().join(",");
        let body = format!(r#"{{"MessageBody":"b","MessageAttributes":{{{attributes}}}}}"#);
        inject("sqs", "SendMessage", &mut json(body))
    };
    assert_edge(9, |count| sqs(count, ""));
    assert!(sqs(9, r#""_datadog":{}"#), "it is one of the ten");
    let sns = |count: usize| {
        let attributes = (1..=count).map(|n| format!("&MessageAttributes.entry.{n}.Name=a{n}"));
        let body = format!(
            "Action=Publish&TopicArn=t{}",
            attributes.collect::<String>()
        );
        inject("sns", "Publish", &mut form(body))
    };
    assert_edge(9, sns);
}

#[test]
fn messages_of_sqs_stay_within_the_limit_that_holds() {
    // Escaped, so that the request is larger than the message.
    let body = |size: usize| r#"\""#.repeat(size);
    let size = |name: &str| name.len() + "Binary".len() + 4;
    let other = r#""n":{"DataType":"Binary","BinaryValue":"AAAAAA=="}"#;
    let send = |size: usize| {
        let body = format!(
            r#"{{"MessageBody":"{}","MessageAttributes":{{{other}}}}}"#,
            body(size)
        );
        inject("sqs", "SendMessage", &mut json(body))
    };
    for limit in [256 * KIB, MIB] {
        assert_edge(limit - attribute("String") - size("n"), send);
    }
    assert!(send(256 * KIB + 1), "this queue allows more");
    let batch = |size: usize| {
        let half = body(size / 2);
        let other = body(size - size / 2);
        let body =
            format!(r#"{{"Entries":[{{"MessageBody":"{half}"}},{{"MessageBody":"{other}"}}]}}"#);
        let mut http = json(body);
        inject("sqs", "SendMessageBatch", &mut http);
        let bytes = http.body().bytes().unwrap();
        String::from_utf8_lossy(bytes).matches("_datadog").count()
    };
    for limit in [256 * KIB, MIB] {
        assert_eq!(batch(limit - 2 * attribute("String")), 2);
        assert_eq!(
            batch(limit - 2 * attribute("String") + 1),
            1,
            "there is room for one"
        );
        assert_eq!(batch(limit - attribute("String") + 1), 0);
    }
}

#[test]
fn messages_of_sns_stay_within_256_kib() {
    let publish = |size: usize| {
        let text = "%20".repeat(size);
        let attribute = "&MessageAttributes.entry.1.Name=n&MessageAttributes.entry.1.Value.DataType=Binary&MessageAttributes.entry.1.Value.BinaryValue=AAAAAA%3D%3D";
        inject(
            "sns",
            "Publish",
            &mut form(format!("TopicArn=t&Message={text}{attribute}")),
        )
    };
    let other = "n".len() + "Binary".len() + 4;
    assert_edge(256 * KIB - attribute("Binary") - other, publish);
    let batch = |size: usize| {
        let entry = |n: usize| {
            format!(
                "&PublishBatchRequestEntries.member.{n}.Message={}",
                "a".repeat(size)
            )
        };
        let body = ["Action=PublishBatch", &entry(1), &entry(2)].concat();
        let mut http = form(body);
        inject("sns", "PublishBatch", &mut http);
        let bytes = http.body().bytes().unwrap();
        String::from_utf8_lossy(bytes).matches("_datadog").count()
    };
    let room = 128 * KIB - attribute("Binary");
    assert_eq!((batch(room), batch(room + 1)), (2, 1));
}

#[test]
fn events_stay_below_the_limit_of_a_request() {
    let context = JSON.len() + format!(r#","x-datadog-start-time":"{NOW}""#).len();
    let added = context + r#""_datadog":,"#.len();
    let put = |size: usize| {
        let other = "s".len() + "t".len() + "arn".len() + 14;
        let detail = format!(r#"{{\"a\":\"{}\"}}"#, "x".repeat(size - other - 8));
        let entry = format!(
            r#"{{"Source":"s","DetailType":"t","Resources":["arn"],"Time":1,"Detail":"{detail}"}}"#
        );
        inject(
            "eventbridge",
            "PutEvents",
            &mut json(format!(r#"{{"Entries":[{entry}]}}"#)),
        )
    };
    for limit in [256 * KIB, MIB] {
        assert_edge(limit - 1 - added, put);
    }
    assert!(put(256 * KIB));
}

#[test]
fn records_of_kinesis_stay_within_the_limit_that_holds() {
    let added = JSON.len() + r#""_datadog":,"#.len();
    let record = |size: usize| {
        let data = format!(r#"{{"a":"{}"}}"#, "x".repeat(size - 8 - "key".len()));
        let data = super::super::carrier::encode_base64(data);
        format!(r#"{{"Data":"{data}","PartitionKey":"key"}}"#)
    };
    for limit in [MIB, 10 * MIB] {
        assert_edge(limit - added, |size| {
            inject("kinesis", "PutRecord", &mut json(record(size)))
        });
    }
    let put = |last: usize| {
        let mut records = vec![record(MIB / 2); 9];
        records.push(record(last));
        let body = format!(r#"{{"Records":[{}]}}"#, records.join(","));
        let mut http = json(body);
        inject("kinesis", "PutRecords", &mut http);
        let body = http.body().bytes().unwrap();
        let body = crate::json::Json::new(body);
        let records = body.get("Records").unwrap();
        let data = records.items().map(|record| record.get("Data").unwrap());
        let data = data.map(|data| crate::propagation::decode_base64(&*data.as_str().unwrap()));
        data.filter(|data| data.as_ref().unwrap().starts_with(b"{\"_datadog\""))
            .count()
    };
    let room = MIB / 2 - 10 * added;
    assert_eq!((put(room), put(room + 1)), (10, 9));
}

#[test]
fn inputs_of_executions_stay_within_256_kib() {
    let added = JSON.len() + r#""_datadog":,"#.len();
    assert_edge(256 * KIB - added, |size| {
        let input = format!(r#"{{\"a\":\"{}\"}}"#, "x".repeat(size - 8));
        let body = format!(r#"{{"input":"{input}"}}"#);
        inject("sfn", "StartExecution", &mut json(body))
    });
}

#[test]
fn a_client_context_has_3583_bytes_at_most() {
    // Base64 has four characters for three bytes, so the longest has 3580.
    let added = JSON.len() + r#""custom":,"#.len();
    assert_edge(3580 / 4 * 3 - added, |size| {
        let known = format!(r#"{{"a":"{}"}}"#, "x".repeat(size - 8));
        let path = "/2015-03-31/functions/orders/invocations";
        let mut http = request("application/octet-stream", path, "");
        let header = super::super::carrier::encode_base64(known);
        http.headers_mut().insert("x-amz-client-context", header);
        let injected = inject("lambda", "Invoke", &mut http);
        let length = http.headers().get("x-amz-client-context").unwrap().len();
        assert!(!injected || length == 3580);
        injected
    });
}
