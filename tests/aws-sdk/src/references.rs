//! The functions among those of Datadog's other libraries, for `tests/with-references`: what is sent to them, and what is
//! received of them.

use ddlambda::testing::Trace;
use lambda_runtime::Error;
use serde_json::{json, Value};

use crate::carry::OPERATIONS;
use crate::delivery::{self, Delivery};
use crate::world::{chain, make, World};

/// Prints what the producer's calls become, one event a line, each with the context that is to be found in it.
pub async fn send() -> Result<(), Error> {
    let mut world = World::new().await?;
    let operations = OPERATIONS.iter().map(|(operation, _)| *operation);
    for operation in operations.chain(["Invoke"]) {
        let made = make(&world.producer, operation).await?;
        let deliveries = match operation {
            "Invoke" => vec![delivery::of_invoke(made.response.clone())],
            _ => delivery::of(&mut world.account, operation).await?,
        };
        for delivery in deliveries {
            let mut context = context(&world.consume(&delivery).await);
            context["trace_id"] = made.span.trace_id.to_string().into();
            if delivery.is_direct {
                context["parent_id"] = made.span.span_id.to_string().into();
                context["priority"] = made.priority.into();
            }
            println!("{}", line(operation, &delivery, context));
        }
    }
    Ok(())
}

/// Sets the account up and prints where functions are invoked. Then, for each line with the name of an operation that
/// somebody has called, prints what came of it as a list in a line, with the contexts that the consumer has found.
pub async fn receive() -> Result<(), Error> {
    let mut world = World::new().await?;
    println!("{}", world.aws.endpoint());
    // What has to go on meanwhile has threads of its own.
    for operation in std::io::stdin().lines() {
        let operation = operation?;
        let mut found: Vec<Value> = Vec::new();
        if operation == "Invoke" {
            world.consumer.idle().await;
            let trace = world.consumer.traces().pop().ok_or("no invocation")?;
            let delivery = delivery::of_invoke(Value::Null);
            found.push(line(&operation, &delivery, context(&trace)));
        } else {
            for delivery in delivery::of(&mut world.account, &operation).await? {
                let trace = world.consume(&delivery).await;
                found.push(line(&operation, &delivery, context(&trace)));
            }
        }
        println!("{}", Value::from(found));
    }
    Ok(())
}

fn line(operation: &str, delivery: &Delivery, context: Value) -> Value {
    json!({
        "operation": operation,
        "way": delivery.way,
        "is_direct": delivery.is_direct,
        "event": delivery.event,
        "client_context": delivery.client_context,
        "context": context,
    })
}

/// What the consumer goes on with.
fn context(trace: &Trace) -> Value {
    let first = chain(trace).first().copied();
    json!({
        "trace_id": trace.trace_id().to_string(),
        "parent_id": first.map(|span| span.parent_id.to_string()),
        "priority": trace.priority(),
    })
}
