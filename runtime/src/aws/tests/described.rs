//! What spans say about requests.

use super::*;

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
