//! Calls that write objects and items: whoever is told of these points to the same ones.

use ddlambda::testing::Span;
use lambda_runtime::Error;
use serde_json::{json, Value};

use crate::account::{Account, FROM_BUCKET};
use crate::records;
use crate::world::{make, World};
use crate::Checks;

/// The operations, and how much each of the calls writes.
const OPERATIONS: [(&str, &str, usize); 8] = [
    ("PutItem", "aws.dynamodb.item", 1),
    ("UpdateItem", "aws.dynamodb.item", 1),
    ("DeleteItem", "aws.dynamodb.item", 1),
    ("BatchWriteItem", "aws.dynamodb.item", 2),
    ("TransactWriteItems", "aws.dynamodb.item", 3),
    ("PutObject", "aws.s3.object", 1),
    ("CopyObject", "aws.s3.object", 1),
    ("CompleteMultipartUpload", "aws.s3.object", 1),
];

pub async fn check(checks: &mut Checks, world: &mut World) -> Result<(), Error> {
    for (operation, kind, count) in OPERATIONS {
        let made = make(&world.producer, operation).await?;
        let written = pointers(&made.span, kind, "d");
        checks.equal(&format!("{operation}: pointers"), written.len(), count);

        let event = event(&mut world.account, kind).await?;
        let trace = world.consumer.invoke(event).await.trace().await;
        let spans = trace.spans().iter();
        let mut read: Vec<_> = spans.flat_map(|span| pointers(span, kind, "u")).collect();
        read.sort_unstable();
        // moto tells of some changes twice.
        read.dedup();
        checks.equal(&format!("{operation}: pointed back to"), read, written);
    }
    Ok(())
}

/// The hashes of the pointers in a direction, sorted.
fn pointers(span: &Span, kind: &str, direction: &str) -> Vec<String> {
    let links = span.links.iter().filter(|link| {
        let attribute = |name| link.attributes.get(name).map(String::as_str);
        let is_kind = attribute("ptr.kind") == Some(kind);
        is_kind && attribute("ptr.dir") == Some(direction) && link.span_id == 0
    });
    let hashes = links.filter_map(|link| link.attributes.get("ptr.hash").cloned());
    let mut hashes: Vec<_> = hashes.collect();
    hashes.sort_unstable();
    hashes
}

/// The event that tells of what was written.
async fn event(account: &mut Account, kind: &str) -> Result<Value, Error> {
    if kind == "aws.dynamodb.item" {
        let changes = account.changes().await?;
        let records = changes
            .iter()
            .map(|(arn, change)| records::dynamodb(arn, change));
        return Ok(json!({ "Records": records.collect::<Vec<_>>() }));
    }
    let mut records = Vec::new();
    for message in account.receive(FROM_BUCKET).await? {
        let event: Value = serde_json::from_str(message.body().unwrap_or_default())?;
        records.extend(event["Records"].as_array().cloned().unwrap_or_default());
    }
    Ok(json!({ "Records": records }))
}
