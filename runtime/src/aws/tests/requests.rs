//! The context in the requests of each service, and what a span says of them.

use super::*;
use crate::propagation::decode_base64;

fn base64(text: &str) -> String {
    super::super::carrier::encode_base64(text)
}

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
    let value = base64(JSON)
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

#[test]
fn details_of_eventbridge_get_a_member() {
    let context = |bus: &str| {
        let json = JSON.strip_suffix('}').unwrap();
        let bus = match bus {
            "" => String::new(),
            bus => format!(r#","x-datadog-resource-name":"{bus}""#),
        };
        format!(r#"{json},"x-datadog-start-time":"{NOW}"{bus}}}"#)
    };
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    let big = r#"{"n": 12345678901234567890123, "é":"\/"}"#;
    let with = |context: &str, rest: &str| quoted(&format!(r#"{{"_datadog":{context}{rest}"#));
    let entry = |detail: &str, rest: &str| format!(r#"{{"Source":"s","Detail":{detail}{rest}}}"#);
    let orders = r#","EventBusName":"orders""#;
    let arn = r#","EventBusName":"arn:aws:events:eu-west-1:1:event-bus/orders""#;
    let old = r#"{"a":1,"_datadog":{"x-datadog-trace-id":"1"}}"#;
    let body = |details: [String; 6]| format!(r#"{{"Entries":[{}]}}"#, details.join(","));
    let before = body([
        entry(&quoted(big), ""),
        entry(&quoted("\n {} \n"), orders),
        entry(&quoted("[1]"), ""),
        entry(&quoted("{\"a\":}"), ""),
        entry(&quoted(old), arn),
        r#"{"Source":"s"}"#.to_owned(),
    ]);
    let replaced = old.replace(r#"{"x-datadog-trace-id":"1"}"#, &context("orders"));
    let spaced = format!("\n {{\"_datadog\":{}}} \n", context("orders"));
    let after = body([
        entry(&with(&context(""), &format!(",{}", &big[1..])), ""),
        entry(&quoted(&spaced), orders),
        entry(&quoted("[1]"), ""),
        entry(&quoted("{\"a\":}"), ""),
        entry(&quoted(&replaced), arn),
        r#"{"Source":"s"}"#.to_owned(),
    ]);
    assert_injected("eventbridge", "PutEvents", json(before), &after);
}

#[test]
fn data_of_kinesis_gets_a_member_if_it_is_an_object() {
    let changed = base64(&format!("{{\"_datadog\":{JSON},\"a\":1}}\n"));
    let object = base64("{\"a\":1}\n");
    let body = |data: &str| format!(r#"{{"Data":"{data}","PartitionKey":"k"}}"#);
    assert_injected("kinesis", "PutRecord", json(body(&object)), &body(&changed));
    let lines = base64("{\"a\":1}\n{\"a\":2}\n");
    let records = |all: [&str; 4]| {
        let all = all.map(body).join(",");
        format!(r#"{{"Records":[{all}],"StreamName":"s"}}"#)
    };
    assert_injected(
        "kinesis",
        "PutRecords",
        json(records([&object, &lines, "%%%", &object])),
        &records([&changed, &lines, "%%%", &changed]),
    );
    let mut first = json(records([&object, &lines, "", &object]));
    assert!(inject_some("kinesis", "PutRecords", &mut first, false));
    assert_body(&first, &records([&changed, &lines, "", &object]));
}

fn invoke(client_context: Option<&str>) -> HttpRequest {
    let path = "/2015-03-31/functions/orders/invocations";
    let mut http = request("application/octet-stream", path, "{}");
    if let Some(text) = client_context {
        http.headers_mut()
            .insert("x-amz-client-context", base64(text));
    }
    http
}

#[test]
fn invocations_of_functions_get_a_client_context() {
    let headers = JSON.strip_prefix('{').unwrap().strip_suffix('}').unwrap();
    for (known, expected) in [
        (None, format!(r#"{{"custom":{{{headers}}}}}"#)),
        (Some("{}"), format!(r#"{{"custom":{{{headers}}}}}"#)),
        (
            Some(r#"{"client":{"app_title":"a"},"custom":null}"#),
            format!(r#"{{"client":{{"app_title":"a"}},"custom":{{{headers}}}}}"#),
        ),
        (
            Some(r#"{"custom":{"k": 1e400,"X-Datadog-Trace-Id":"1","l":"\u00e9"},"env":{}}"#),
            format!(r#"{{"custom":{{{headers},"k":1e400,"l":"\u00e9"}},"env":{{}}}}"#),
        ),
    ] {
        for operation in ["Invoke", "InvokeWithResponseStream"] {
            let mut http = invoke(known);
            assert!(inject("lambda", operation, &mut http), "{known:?}");
            let header = http.headers().get("x-amz-client-context").unwrap();
            let decoded = String::from_utf8(decode_base64(header).unwrap()).unwrap();
            assert_eq!(decoded, expected);
            assert_eq!(
                http.headers().get("content-length"),
                Some("0"),
                "the body is as it was"
            );
        }
    }
}

#[test]
fn what_is_no_client_context_stays() {
    for known in [
        "[]",
        "{\"a\":",
        r#"{"custom":[1]}"#,
        r#"{"custom":"text"}"#,
        "text",
    ] {
        let mut http = invoke(Some(known));
        assert!(!inject("lambda", "Invoke", &mut http), "{known}");
        assert_eq!(
            http.headers().get("x-amz-client-context"),
            Some(&*base64(known))
        );
    }
    let mut http = invoke(None);
    http.headers_mut().insert("x-amz-client-context", "%%%");
    assert!(!inject("lambda", "Invoke", &mut http));
}

#[test]
fn inputs_of_state_machines_get_a_member() {
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    let body = |input: &str| format!(r#"{{"stateMachineArn":"a","input":{}}}"#, quoted(input));
    let expected = body(&format!(r#"{{"_datadog":{JSON},"a":1}}"#));
    for operation in ["StartExecution", "StartSyncExecution"] {
        assert_injected("sfn", operation, json(body("{\"a\":1}")), &expected);
        for left in ["[]", "7", "{", r#"{"_datadog":{}}"#] {
            let mut request = json(body(left));
            assert!(!inject("sfn", operation, &mut request), "{left}");
        }
    }
}

#[test]
fn a_span_says_what_a_request_is_about() {
    let of = |tags: &[(&str, &str)]| -> Vec<(String, String)> {
        let tags = tags.iter();
        tags.map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect()
    };
    let url = "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/orders";
    let topic = "arn:aws:sns:eu-west-1:123456789012:orders";
    let (table, stream) = (
        "arn:aws:dynamodb:r:1:table/orders",
        "arn:aws:kinesis:r:1:stream/orders",
    );
    let tables = |more: &str| format!(r#"{{"RequestItems":{{"orders":[]{more}}}}}"#);
    for (service, request, name, tags) in [
        (
            "sqs",
            json(format!(r#"{{"QueueUrl":"{url}"}}"#)),
            Some(url),
            of(&[
                ("messaging.system", "aws_sqs"),
                ("queuename", "orders"),
                ("aws.sqs.queue_name", "orders"),
                ("aws_account", "123456789012"),
                (
                    "cloud.resource_id",
                    "arn:aws-cn:sqs:cn-north-1:123456789012:orders",
                ),
            ]),
        ),
        (
            "sqs",
            json(r#"{"QueueUrl":"http://127.0.0.1:5000/000000000000/orders"}"#),
            Some("http://127.0.0.1:5000/000000000000/orders"),
            of(&[
                ("messaging.system", "aws_sqs"),
                ("queuename", "orders"),
                ("aws.sqs.queue_name", "orders"),
                ("aws_account", "000000000000"),
            ]),
        ),
        (
            "sqs",
            json(r#"{"QueueName":"orders"}"#),
            Some("orders"),
            of(&[
                ("messaging.system", "aws_sqs"),
                ("queuename", "orders"),
                ("aws.sqs.queue_name", "orders"),
            ]),
        ),
        (
            "sns",
            form(format!(
                "Action=Publish&TopicArn={}",
                topic.replace(':', "%3A")
            )),
            Some(topic),
            of(&[
                ("messaging.system", "aws.sns"),
                ("aws.sns.topic_arn", topic),
                ("topicname", "orders"),
                ("aws_account", "123456789012"),
            ]),
        ),
        (
            "eventbridge",
            json(r#"{"Name":"nightly"}"#),
            Some("nightly"),
            of(&[("rulename", "nightly")]),
        ),
        ("eventbridge", json(r#"{"Entries":[]}"#), None, of(&[])),
        (
            "kinesis",
            json(format!(r#"{{"StreamARN":"{stream}"}}"#)),
            Some("orders"),
            of(&[
                ("messaging.system", "aws_kinesis"),
                ("streamname", "orders"),
                ("aws.kinesis.stream_name", "orders"),
            ]),
        ),
        (
            "lambda",
            request(
                "",
                "/2015-03-31/functions/arn%3Aaws%3Alambda%3Ar%3A1%3Afunction%3Aorders/invocations",
                "",
            ),
            Some("arn:aws:lambda:r:1:function:orders"),
            of(&[
                ("functionname", "arn:aws:lambda:r:1:function:orders"),
                ("aws.lambda", "arn:aws:lambda:r:1:function:orders"),
            ]),
        ),
        (
            "sfn",
            json(r#"{"stateMachineArn":"arn"}"#),
            Some("arn"),
            of(&[("statemachinearn", "arn")]),
        ),
        (
            "dynamodb",
            json(format!(r#"{{"TableName":"{table}"}}"#)),
            Some("orders"),
            of(&[
                ("db.system", "aws.dynamodb"),
                ("tablename", "orders"),
                ("aws.dynamodb.table_name", "orders"),
            ]),
        ),
        (
            "dynamodb",
            json(tables("")),
            Some("orders"),
            of(&[
                ("db.system", "aws.dynamodb"),
                ("tablename", "orders"),
                ("aws.dynamodb.table_name", "orders"),
            ]),
        ),
        (
            "dynamodb",
            json(tables(r#","others":[]"#)),
            None,
            of(&[("db.system", "aws.dynamodb")]),
        ),
        (
            "cloudwatchlogs",
            json(r#"{"logGroupName":"/g"}"#),
            Some("/g"),
            of(&[
                ("loggroupname", "/g"),
                ("aws.cloudwatch.logs.log_group_name", "/g"),
            ]),
        ),
        (
            "redshift",
            form("Action=X&ClusterIdentifier=c"),
            Some("c"),
            of(&[
                ("clusteridentifier", "c"),
                ("aws.redshift.cluster_identifier", "c"),
            ]),
        ),
        ("polly", json(r#"{"QueueUrl":"u"}"#), None, of(&[])),
    ] {
        assert_eq!(
            described(service, &request),
            (name.map(str::to_owned), tags),
            "{service}"
        );
    }
}
