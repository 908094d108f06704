//! The context in attributes: messages of SQS and SNS.

use super::super::carrier::encode_base64;
use super::*;

/// An attribute of SQS.
fn attribute() -> String {
    format!(r#""_datadog":{{"DataType":"String","StringValue":{STRING}}}"#)
}

#[test]
fn messages_of_sqs_get_an_attribute() {
    let own = attribute();
    for (body, expected) in [
        (
            r#"{"QueueUrl":"u","MessageBody":"a\u00e9"}"#.to_owned(),
            format!(r#"{{"MessageAttributes":{{{own}}},"QueueUrl":"u","MessageBody":"a\u00e9"}}"#),
        ),
        (
            r#"{"MessageAttributes":{ "n" : {"DataType":"Number","StringValue":"1e400"}},"MessageBody":"b"}"#.to_owned(),
            format!(r#"{{"MessageAttributes":{{{own}, "n" : {{"DataType":"Number","StringValue":"1e400"}}}},"MessageBody":"b"}}"#),
        ),
        (
            r#"{"MessageBody":"b","MessageAttributes":{}}"#.to_owned(),
            format!(r#"{{"MessageBody":"b","MessageAttributes":{{{own}}}}}"#),
        ),
        (
            r#"{"MessageBody":"b","MessageAttributes":null}"#.to_owned(),
            format!(r#"{{"MessageBody":"b","MessageAttributes":{{{own}}}}}"#),
        ),
        (
            r#"{"MessageAttributes":{"_datadog":{"DataType":"String","StringValue":"old"},"n":1}}"#.to_owned(),
            format!(r#"{{"MessageAttributes":{{{own},"n":1}}}}"#),
        ),
    ] {
        assert_injected("sqs", "SendMessage", json(body), &expected);
    }
}

#[test]
fn every_entry_of_a_batch_of_sqs_gets_an_attribute() {
    let own = attribute();
    let body = r#"{"Entries":[{"Id":"1","MessageBody":"a"},{"Id":"2","MessageBody":"b","MessageAttributes":{"n":{}}}],"QueueUrl":"u"}"#;
    let first = format!(r#"{{"MessageAttributes":{{{own}}},"Id":"1","MessageBody":"a"}}"#);
    let second =
        format!(r#"{{"Id":"2","MessageBody":"b","MessageAttributes":{{{own},"n":{{}}}}}}"#);
    let both = format!(r#"{{"Entries":[{first},{second}],"QueueUrl":"u"}}"#);
    assert_injected("sqs", "SendMessageBatch", json(body), &both);
    let mut request = json(body);
    assert!(inject_some("sqs", "SendMessageBatch", &mut request, false));
    let one = body.replace(r#"{"Id":"1","MessageBody":"a"}"#, &first);
    assert_body(&request, &one);
}

#[test]
fn whoever_receives_from_sqs_asks_for_the_attribute() {
    for (body, expected) in [
        (
            r#"{"QueueUrl":"u"}"#,
            r#"{"MessageAttributeNames":["_datadog"],"QueueUrl":"u"}"#,
        ),
        (
            r#"{"MessageAttributeNames":[]}"#,
            r#"{"MessageAttributeNames":["_datadog"]}"#,
        ),
        (
            r#"{"MessageAttributeNames":["a"]}"#,
            r#"{"MessageAttributeNames":["_datadog","a"]}"#,
        ),
    ] {
        assert_injected("sqs", "ReceiveMessage", json(body), expected);
    }
    for asked in ["All", ".*", "_datadog"] {
        let body = format!(r#"{{"MessageAttributeNames":["a","{asked}"]}}"#);
        let mut request = json(body);
        assert!(!inject("sqs", "ReceiveMessage", &mut request), "{asked}");
    }
}

/// The pairs of an attribute of SNS.
fn pairs(prefix: &str, number: usize) -> String {
    let value = encode_base64(JSON)
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    let name = format!("{prefix}MessageAttributes.entry.{number}");
    format!("&{name}.Name=_datadog&{name}.Value.DataType=Binary&{name}.Value.BinaryValue={value}")
}

#[test]
fn messages_of_sns_get_a_binary_attribute() {
    let plain = "Action=Publish&Version=2010-03-31&TopicArn=arn%3Aaws%3Asns&Message=a%20b";
    assert_injected(
        "sns",
        "Publish",
        form(plain),
        &[plain, &pairs("", 1)].concat(),
    );
    let one = "&MessageAttributes.entry.1.Name=n&MessageAttributes.entry.1.Value.DataType=String&MessageAttributes.entry.1.Value.StringValue=1";
    let body = [plain, one].concat();
    let expected = [&body, &*pairs("", 2)].concat();
    assert_injected("sns", "Publish", form(body), &expected);
    let old = "&MessageAttributes.entry.1.Name=_datadog&MessageAttributes.entry.1.Value.DataType=Binary&MessageAttributes.entry.1.Value.BinaryValue=e30%3D";
    let eleventh =
        "&MessageAttributes.entry.11.Name=n&MessageAttributes.entry.11.Value.DataType=String";
    let expected = [plain, eleventh, &pairs("", 1)].concat();
    assert_injected(
        "sns",
        "Publish",
        form([plain, old, eleventh].concat()),
        &expected,
    );
}

#[test]
fn every_entry_of_a_batch_of_sns_gets_an_attribute() {
    let body = "Action=PublishBatch&TopicArn=t\
        &PublishBatchRequestEntries.member.1.Id=1&PublishBatchRequestEntries.member.1.Message=a\
        &PublishBatchRequestEntries.member.2.Id=2&PublishBatchRequestEntries.member.2.Message=b\
        &PublishBatchRequestEntries.member.2.MessageAttributes.entry.1.Name=n\
        &PublishBatchRequestEntries.member.2.MessageAttributes.entry.1.Value.DataType=Number";
    let first = pairs("PublishBatchRequestEntries.member.1.", 1);
    let second = pairs("PublishBatchRequestEntries.member.2.", 2);
    let both = [body, &first, &second].concat();
    assert_injected("sns", "PublishBatch", form(body), &both);
    let mut request = form(body);
    assert!(inject_some("sns", "PublishBatch", &mut request, false));
    assert_body(&request, &[body, &first].concat());
}
