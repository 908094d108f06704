//! A function that handles batches record by record. Its first argument says how; the body of a message says what is done
//! with it.

use std::fmt;
use std::future::pending;

use aws_lambda_events::dynamodb::EventRecord;
use aws_lambda_events::kafka::KafkaRecord;
use aws_lambda_events::kinesis::KinesisEventRecord;
use aws_lambda_events::s3::S3EventRecord;
use aws_lambda_events::sns::SnsRecord;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use lambda_runtime::{service_fn, Error, LambdaEvent};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing::{info_span, Instrument};

#[derive(Debug)]
struct Declined;

impl fmt::Display for Declined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the order was declined")
    }
}

type Placed = Result<(), Declined>;

#[ddlambda::record]
async fn place(message: &SqsMessage) -> Placed {
    work(message).await
}

#[ddlambda::record(parent = "child", resource = "place order")]
async fn continued(message: &SqsMessage) -> Placed {
    work(message).await
}

/// Does not wait.
#[ddlambda::record]
fn at_once(message: SqsMessage) -> Placed {
    info_span!("step").in_scope(|| done(&message))
}

#[tracing::instrument(skip_all)]
#[ddlambda::record]
#[tracing::instrument(name = "around", skip_all)]
async fn instrumented(message: &SqsMessage) -> Placed {
    work(message).await
}

async fn work(message: &SqsMessage) -> Placed {
    tracing::info!(id = message.message_id, "working");
    ddlambda::set_tag("sent.parent", sent_parent());
    tokio::task::yield_now()
        .instrument(info_span!("step"))
        .await;
    if message.body.as_deref() == Some("hang") {
        pending().await
    }
    ddlambda::set_metric("length", message.body.is_some());
    done(message)
}

fn done(message: &SqsMessage) -> Placed {
    match message.body.as_deref() {
        Some("fail") => Err(Declined),
        Some("panic") => panic!("a bug"),
        _ => Ok(()),
    }
}

fn sent_parent() -> String {
    let headers = ddlambda::trace_headers();
    headers
        .get("x-datadog-parent-id")
        .unwrap_or_default()
        .to_owned()
}

/// The messages that failed.
fn response(results: impl IntoIterator<Item = (SqsMessage, bool)>) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    for (message, failed) in results {
        if failed {
            response.add_failure(message.message_id.unwrap_or_default());
        }
    }
    response
}

#[ddlambda::handler]
async fn batch(how: &str, event: LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Error> {
    let mut results = Vec::new();
    match how {
        "joined" => {
            let [a, b, c] = &event.payload.records[..] else {
                return Err("not three messages".into());
            };
            let failed = tokio::join!(place(a), place(b), place(c));
            let failed = [failed.0, failed.1, failed.2].map(|result| result.is_err());
            results.extend(event.payload.records.into_iter().zip(failed));
        }
        "spawned" => {
            let tasks = event.payload.records.into_iter().map(|message| {
                tokio::spawn(async move {
                    let failed = place(&message).await.is_err();
                    (message, failed)
                })
            });
            for task in tasks.collect::<Vec<_>>() {
                results.extend(task.await);
            }
        }
        _ => {
            for message in event.payload.records {
                let failed = one(how, &message).await.is_err();
                results.push((message, failed));
            }
        }
    }
    Ok(response(results))
}

async fn one(how: &str, message: &SqsMessage) -> Placed {
    match how {
        "continued" => continued(message).await,
        "sync" => at_once(message.clone()),
        "instrumented" => instrumented(message).await,
        "within" => place(message).instrument(info_span!("outer")).await,
        "dropped" => tokio::select! {
            biased;
            placed = place(message) => placed,
            () = async { for _ in 0..4 { tokio::task::yield_now().await } } => Ok(()),
        },
        _ => place(message).await,
    }
}

/// Not known to any service.
#[derive(Deserialize, Serialize)]
struct Order {
    id: u64,
    _datadog: Value,
}

/// Nothing is known of it.
struct Opaque;

#[ddlambda::record]
fn opaque(_: Opaque) {}

#[ddlambda::record]
fn typed<T: Serialize>(record: &T) {
    tracing::info!(size = size_of_val(record), "typed");
}

/// Reads the records of an event as `T`.
#[ddlambda::handler]
async fn records<T: DeserializeOwned + Serialize>(event: LambdaEvent<Value>) -> Result<(), Error> {
    for record in event.payload["Records"].as_array().into_iter().flatten() {
        typed(&T::deserialize(record)?);
    }
    opaque(Opaque);
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let how = std::env::args().nth(1).unwrap_or_default();
    match &*how {
        "sns" => ddlambda::run(service_fn(records::<SnsRecord>)).await,
        "kinesis" => ddlambda::run(service_fn(records::<KinesisEventRecord>)).await,
        "dynamodb" => ddlambda::run(service_fn(records::<EventRecord>)).await,
        "s3" => ddlambda::run(service_fn(records::<S3EventRecord>)).await,
        "kafka" => ddlambda::run(service_fn(records::<KafkaRecord>)).await,
        "orders" => ddlambda::run(service_fn(records::<Order>)).await,
        how => ddlambda::run(service_fn(|event| batch(how, event))).await,
    }
}
