//! Calls that send messages: whoever gets them goes on with the trace.

use ddlambda::testing::Trace;
use lambda_runtime::Error;
use serde_json::{json, Value};

use crate::account::QUEUE;
use crate::delivery::{self, Delivery};
use crate::express;
use crate::world::{chain, make, Made, World};
use crate::Checks;

/// The operations, and how many messages a call of each sends.
pub const OPERATIONS: [(&str, usize); 8] = [
    ("SendMessage", 1),
    ("SendMessageBatch", 3),
    ("Publish", 1),
    ("PublishBatch", 2),
    ("PutEvents", 2),
    ("PutRecord", 1),
    ("PutRecords", 2),
    ("StartExecution", 1),
];

pub async fn check(checks: &mut Checks, world: &mut World) -> Result<(), Error> {
    for (operation, messages) in OPERATIONS {
        let made = make(&world.producer, operation).await?;
        checks.equal(
            &format!("{operation}: one span"),
            made.spans.join(" "),
            "aws.request".to_owned(),
        );
        checks.equal(&format!("{operation}: no retry"), retries(&made), Some(0.0));
        arrives(checks, world, operation, messages, &made).await?;

        let made = make(&world.unlucky, operation).await?;
        let what = format!("{operation}: one retry");
        checks.equal(&what, retries(&made), Some(1.0));
        let what = format!("{operation}: one span for two attempts");
        checks.equal(&what, made.spans.join(" "), "aws.request".to_owned());
        arrives(checks, world, operation, messages, &made).await?;
    }
    executed(checks, world).await?;
    invoked(checks, world).await?;
    asked_for(checks, world).await?;
    linked(checks, world).await
}

fn retries(made: &Made) -> Option<f64> {
    made.span.metric("retry_attempts")
}

/// Every message of a call leads to the span of the call.
async fn arrives(
    checks: &mut Checks,
    world: &mut World,
    operation: &str,
    messages: usize,
    made: &Made,
) -> Result<(), Error> {
    let deliveries = delivery::of(&mut world.account, operation).await?;
    let arrived = !deliveries.is_empty();
    checks.equal(&format!("{operation}: arrives"), arrived, true);
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for delivery in &deliveries {
        match counts.iter_mut().find(|(way, _)| *way == delivery.way) {
            Some((_, count)) => *count += 1,
            None => counts.push((delivery.way, 1)),
        }
        let what = format!("{operation}: {}", delivery.way);
        checks.equal(&format!("{what}: has one context"), delivery.contexts, 1);
        let trace = world.consume(delivery).await;
        goes_on(checks, &what, made, delivery, &trace);
    }
    for (way, count) in counts {
        checks.equal(&format!("{operation}: {way}: messages"), count, messages);
    }
    Ok(())
}

fn goes_on(checks: &mut Checks, what: &str, made: &Made, delivery: &Delivery, trace: &Trace) {
    let chain = chain(trace);
    let names: Vec<_> = chain.iter().map(|span| span.name.as_str()).collect();
    checks.equal(&format!("{what}: spans"), &names[..], delivery.spans);
    let Some(first) = chain.first() else { return };
    let (found, parent) = (trace.priority(), first.parent_id);
    let expected = made.span.trace_id;
    checks.equal(&format!("{what}: trace"), first.trace_id, expected);
    if delivery.is_direct {
        checks.equal(&format!("{what}: priority"), found, made.priority);
        checks.equal(&format!("{what}: parent"), parent, made.span.span_id);
    } else {
        checks.equal(&format!("{what}: priority"), found, Some(1));
        let is_other = ![0, made.span.span_id].contains(&parent);
        checks.equal(&format!("{what}: the parent is the state"), is_other, true);
    }
}

/// An execution that the caller waits for.
async fn executed(checks: &mut Checks, world: &World) -> Result<(), Error> {
    let made = make(&world.producer, "StartSyncExecution").await?;
    let input = made.response.as_str().unwrap_or_default();
    for delivery in delivery::of_execution(&express::execution(), input)? {
        let what = format!("StartSyncExecution: {}", delivery.way);
        checks.equal(&format!("{what}: has one context"), delivery.contexts, 1);
        let trace = world.consume(&delivery).await;
        goes_on(checks, &what, &made, &delivery, &trace);
    }
    Ok(())
}

/// An invocation, which goes to the consumer by itself.
async fn invoked(checks: &mut Checks, world: &World) -> Result<(), Error> {
    let made = make(&world.producer, "Invoke").await?;
    world.consumer.idle().await;
    let delivery = delivery::of_invoke(made.response.clone());
    let trace = world.consumer.traces().pop().ok_or("no invocation")?;
    goes_on(checks, "Invoke", &made, &delivery, &trace);
    Ok(())
}

/// Whoever receives messages through a traced client gets the context without having asked for it.
async fn asked_for(checks: &mut Checks, world: &World) -> Result<(), Error> {
    make(&world.producer, "SendMessage").await?;
    let made = make(&world.producer, "ReceiveMessage").await?;
    let what = "ReceiveMessage: attributes";
    checks.equal(what, made.response, json!([["_datadog"]]));
    world.account.receive(QUEUE).await?;
    Ok(())
}

/// A batch with messages of two calls and one of nobody.
async fn linked(checks: &mut Checks, world: &mut World) -> Result<(), Error> {
    world.account.receive(QUEUE).await?;
    world.account.send(QUEUE, "of nobody").await?;
    let mut deliveries = delivery::of(&mut world.account, "SendMessage").await?;
    let first = make(&world.producer, "SendMessage").await?;
    deliveries.extend(delivery::of(&mut world.account, "SendMessage").await?);
    let second = make(&world.producer, "SendMessageBatch").await?;
    deliveries.extend(delivery::of(&mut world.account, "SendMessage").await?);
    let records = deliveries
        .iter()
        .map(|delivery| &delivery.event["Records"][0]);
    let records: Vec<&Value> = records.collect();
    checks.equal("a batch of several calls: messages", records.len(), 5);

    let outcome = world.consumer.invoke(json!({ "Records": records })).await;
    let trace = outcome.trace().await;
    let chain = chain(&trace);
    let parent = chain.first().map(|span| (span.trace_id, span.parent_id));
    let expected = Some((first.span.trace_id, first.span.span_id));
    checks.equal("a batch of several calls: parent", parent, expected);
    let links = trace.spans().iter().flat_map(|span| &span.links);
    let links: Vec<_> = links.map(|link| (link.trace_id, link.span_id)).collect();
    let expected = vec![(second.span.trace_id, second.span.span_id)];
    checks.equal("a batch of several calls: links", links, expected);
    Ok(())
}
