//! The pointers to what was written, and that its consumer has the same.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use lambda_runtime::Context as LambdaContext;

use super::super::services::Target;
use super::*;
use crate::config::Config;
use crate::span::SpanLink;
use crate::trigger::{self, Event};

fn config(variables: &[(&str, &str)]) -> Config {
    let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
    Config::read(
        |name| find(name).map(|(_, value)| (*value).to_owned()),
        false,
    )
}

fn response(headers: &[(&'static str, &'static str)], body: &str) -> HttpResponse {
    let mut response = HttpResponse::new(200.try_into().unwrap(), SdkBody::from(body));
    for (name, value) in headers {
        response.headers_mut().insert(*name, *value);
    }
    response
}

/// The pointers of a call, each by its direction, kind and hash.
fn pointers(
    config: &Config,
    service: &str,
    operation: &str,
    request: &HttpRequest,
    located: &str,
    response: &HttpResponse,
) -> Vec<[String; 3]> {
    let service = services::find(service);
    let mut target = service.target(operation, &Request::new(request), config);
    if let Target::Object(object) = &mut target {
        object.locate(located);
    }
    let links = service.pointers(operation, target, response, config);
    links.iter().map(shown).collect()
}

fn shown(link: &SpanLink) -> [String; 3] {
    let attribute = |name: &str| {
        let mut attributes = link.attributes.iter();
        let (_, value) = attributes.find(|(known, _)| known == name).unwrap();
        value.clone().into_owned()
    };
    ["ptr.dir", "ptr.kind", "ptr.hash"].map(attribute)
}

/// The pointers that a function creates for an event.
fn consumed(event: &str) -> Vec<[String; 3]> {
    let context = LambdaContext::default();
    let config = Config::read(|_| None, false);
    let event = Event::new(event.as_bytes(), &context, &config, 0);
    let incoming = trigger::read(&event, None);
    let links = incoming
        .inferred
        .iter()
        .flat_map(|inferred| &inferred.span.links);
    links.map(shown).collect()
}

fn down(kind: &str, hashes: &[&str]) -> Vec<[String; 3]> {
    let link = |hash: &&str| ["d", kind, hash].map(str::to_owned);
    hashes.iter().map(link).collect()
}

#[test]
fn objects_that_are_put_are_pointed_to() {
    let known = "e721375466d4116ab551213fdea08413";
    let xml = "<X><ETag>&quot;ab12ef34&quot;</ETag></X>";
    let config = config(&[]);
    for (operation, response) in [
        ("PutObject", response(&[("etag", "\"ab12ef34\"")], "")),
        ("CopyObject", response(&[], xml)),
        ("CompleteMultipartUpload", response(&[], xml)),
    ] {
        let http = request("", "/some-key.data?x-id=PutObject", "");
        let located = "https://some-bucket.s3.eu-west-1.amazonaws.com/some-key.data?x-id=PutObject";
        let found = pointers(&config, "s3", operation, &http, located, &response);
        assert_eq!(found, down("aws.s3.object", &[known]), "{operation}");
    }
}

#[test]
fn both_ends_agree_on_a_key_with_special_letters() {
    let http = request("", "/a%20b%2B%C3%A9/c", "");
    let located = "https://s3.eu-west-1.amazonaws.com/some.bucket/a%20b%2B%C3%A9/c";
    let written = pointers(
        &config(&[]),
        "s3",
        "PutObject",
        &http,
        located,
        &response(&[("etag", "\"ab12ef34\"")], ""),
    );
    let event = r#"{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{
        "bucket":{"name":"some.bucket"},"object":{"key":"a+b%2B%C3%A9/c","eTag":"ab12ef34"}}}]}"#;
    assert_eq!(consumed(event).len(), 1);
    assert_eq!(consumed(event)[0][1..], written[0][1..]);
    assert_eq!((&*written[0][0], &*consumed(event)[0][0]), ("d", "u"));
}

#[test]
fn both_ends_agree_on_a_binary_key() {
    let key = r#"{"pk":{"B":"SGVsbG8gV29ybGQ="},"sk":{"N":"42"}}"#;
    let http = json(format!(r#"{{"TableName":"orders","Key":{key}}}"#));
    let written = pointers(
        &config(&[]),
        "dynamodb",
        "DeleteItem",
        &http,
        "",
        &response(&[], "{}"),
    );
    let event = format!(
        r#"{{"Records":[{{"eventSource":"aws:dynamodb","eventName":"REMOVE","dynamodb":{{"Keys":{key}}},
        "eventSourceARN":"arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026"}}]}}"#
    );
    assert_eq!(consumed(&event).len(), 1);
    assert_eq!(consumed(&event)[0][1..], written[0][1..]);
}

const SOME: &str = "7f1aee721472bcb48701d45c7c7f7821";
const OTHER: &str = "36b820424312a6069bd3f2185f1af584";
const BOTH: &str = "7aa1b80b0e49bd2078a5453399f4dd67";

#[test]
fn items_that_are_written_are_pointed_to() {
    let some = r#"{"some-key":{"S":"some-value"}}"#;
    let other = r#"{"some-key":{"S":"some-other-value"}}"#;
    let item = r#"{"n":{"N":"1"},"some-key":{"S":"some-value"},"other-key":{"N":"123"}}"#;
    let put = format!(r#"{{"TableName":"some-table","Item":{item}}}"#);
    let by_key = |key: &str| format!(r#"{{"TableName":"some-table","Key":{key}}}"#);
    let batch = format!(
        r#"{{"RequestItems":{{"some-table":[{{"PutRequest":{{"Item":{item}}}}},{{"DeleteRequest":{{"Key":{some}}}}},{{"DeleteRequest":{{"Key":{other}}}}}]}}}}"#
    );
    let left = format!(
        r#"{{"UnprocessedItems":{{"some-table":[{{"DeleteRequest":{{"Key":{some}}}}}]}}}}"#
    );
    let transaction = format!(
        r#"{{"TransactItems":[{{"Put":{put}}},{{"ConditionCheck":{some}}},{{"Update":{}}},{{"Delete":{}}}]}}"#,
        by_key(some).replace("some-table", "arn:aws:dynamodb:r:1:table/some-table"),
        by_key(other)
    );
    let check = format!(
        r#"{{"TransactItems":[{{"ConditionCheck":{}}}]}}"#,
        by_key(some)
    );
    let one = [(
        "DD_TRACE_DYNAMODB_TABLE_PRIMARY_KEYS",
        r#"{"some-table":["some-key"]}"#,
    )];
    let two = [(
        "DD_BOTOCORE_DYNAMODB_TABLE_PRIMARY_KEYS",
        r#"{"some-table":["some-key","other-key"]}"#,
    )];
    let off = [one[0], ("DD_TRACE_AWS_ADD_SPAN_POINTERS", "false")];
    for (settings, operation, body, answer, hashes) in [
        (&one[..], "PutItem", &put, "{}", &[SOME][..]),
        (&two, "PutItem", &put, "{}", &[BOTH]),
        (&[], "PutItem", &put, "{}", &[]),
        (&off, "PutItem", &put, "{}", &[]),
        (&[], "UpdateItem", &by_key(some), "{}", &[SOME]),
        (&[], "DeleteItem", &by_key(other), "{}", &[OTHER]),
        (&[], "GetItem", &by_key(other), "{}", &[]),
        (
            &two,
            "BatchWriteItem",
            &batch,
            r#"{"UnprocessedItems":{}}"#,
            &[BOTH, SOME, OTHER],
        ),
        (&two, "BatchWriteItem", &batch, &left, &[BOTH, OTHER]),
        (&[], "BatchWriteItem", &batch, "", &[SOME, OTHER]),
        (
            &two,
            "TransactWriteItems",
            &transaction,
            "{}",
            &[BOTH, SOME, OTHER],
        ),
        (
            &[],
            "TransactWriteItems",
            &transaction,
            "{}",
            &[SOME, OTHER],
        ),
        (&[], "TransactWriteItems", &check, "{}", &[]),
    ] {
        let response = response(&[], answer);
        let found = pointers(
            &config(settings),
            "dynamodb",
            operation,
            &json(&**body),
            "",
            &response,
        );
        assert_eq!(
            found,
            down("aws.dynamodb.item", hashes),
            "{operation} {settings:?}"
        );
    }
}
