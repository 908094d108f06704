//! The two functions.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::types as db;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_sdk_kinesis::types::PutRecordsRequestEntry;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use aws_sdk_sns::types::PublishBatchRequestEntry;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use lambda_runtime::{service_fn, Error, LambdaEvent};
use serde_json::{json, Value};
use tracing_subscriber::layer::SubscriberExt;

use crate::account::{self, BUCKET, ORDERS, PARTS, QUEUE, STATE_MACHINE, STREAM, TOPIC};

/// The input of an execution.
const INPUT: &str = r#"{"order":12345678901234567890123}"#;

/// How the clients of both functions and of the tests are made: as on Lambda, by the environment.
pub async fn config() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
        .load()
        .await
}

/// Clients whose calls are traced.
struct Clients {
    dynamodb: aws_sdk_dynamodb::Client,
    eventbridge: aws_sdk_eventbridge::Client,
    kinesis: aws_sdk_kinesis::Client,
    lambda: aws_sdk_lambda::Client,
    s3: aws_sdk_s3::Client,
    sfn: aws_sdk_sfn::Client,
    express: aws_sdk_sfn::Client,
    sns: aws_sdk_sns::Client,
    sqs: aws_sdk_sqs::Client,
}

/// Runs the function that makes the calls.
pub async fn produce() -> Result<(), Error> {
    let config = config().await;
    let express = aws_sdk_sfn::config::Builder::from(&config)
        .http_client(crate::express::client())
        .interceptor(ddlambda::aws::interceptor());
    let clients = Clients {
        dynamodb: ddlambda::traced_client!(aws_sdk_dynamodb, &config),
        eventbridge: ddlambda::traced_client!(aws_sdk_eventbridge, &config),
        kinesis: ddlambda::traced_client!(aws_sdk_kinesis, &config),
        lambda: ddlambda::traced_client!(aws_sdk_lambda, &config),
        s3: ddlambda::traced_client!(aws_sdk_s3, &config),
        sfn: ddlambda::traced_client!(aws_sdk_sfn, &config),
        express: aws_sdk_sfn::Client::from_conf(express.build()),
        sns: ddlambda::traced_client!(aws_sdk_sns, &config),
        sqs: ddlambda::traced_client!(aws_sdk_sqs, &config),
    };
    let clients = &clients;
    // With the SDK's own spans, which are at this level.
    let spans = ddlambda::tracing::layer().with_max_level(tracing::Level::DEBUG);
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(spans))?;
    ddlambda::run(service_fn(|event| producer(clients, event))).await
}

/// Makes the call whose operation the event names, and others that it needs.
#[ddlambda::handler]
async fn producer(clients: &Clients, event: LambdaEvent<Value>) -> Result<Value, Error> {
    match event.payload["call"].as_str().unwrap_or_default() {
        call @ ("SendMessage" | "SendMessageBatch" | "ReceiveMessage") => clients.queue(call).await,
        call @ ("Publish" | "PublishBatch") => clients.topic(call).await,
        call @ ("PutRecord" | "PutRecords") => clients.stream(call).await,
        call @ ("PutObject" | "CopyObject" | "CompleteMultipartUpload") => {
            clients.bucket(call).await
        }
        "PutEvents" => clients.bus().await,
        "StartExecution" => clients.state_machine().await,
        "StartSyncExecution" => clients.execution().await,
        "Invoke" => clients.function().await,
        call => clients.tables(call).await,
    }
}

impl Clients {
    async fn queue(&self, call: &str) -> Result<Value, Error> {
        let url = account::queue_url(QUEUE);
        match call {
            "SendMessage" => {
                let customer = aws_sdk_sqs::types::MessageAttributeValue::builder()
                    .data_type("String")
                    .string_value("Ada")
                    .build()?;
                let send = self.sqs.send_message().queue_url(url);
                let send = send
                    .message_body("one")
                    .message_attributes("customer", customer);
                send.send().await?;
            }
            "SendMessageBatch" => {
                let entry = |id: &str| {
                    let entry = SendMessageBatchRequestEntry::builder();
                    entry.id(id).message_body(id).build()
                };
                let send = self.sqs.send_message_batch().queue_url(url);
                let send = send.entries(entry("a")?).entries(entry("b")?);
                send.entries(entry("c")?).send().await?;
            }
            _ => {
                let received = self.sqs.receive_message().queue_url(url).send().await?;
                let attributes = received.messages().iter().map(|message| {
                    let attributes = message.message_attributes();
                    attributes.map_or_else(Vec::new, |all| all.keys().collect())
                });
                return Ok(json!(attributes.collect::<Vec<_>>()));
            }
        }
        Ok(Value::Null)
    }

    async fn topic(&self, call: &str) -> Result<Value, Error> {
        let arn = account::topic_arn(TOPIC);
        if call == "Publish" {
            let publish = self.sns.publish().topic_arn(arn).subject("Parcels");
            publish.message("one").send().await?;
        } else {
            let entry = |id: &str| {
                let entry = PublishBatchRequestEntry::builder();
                entry.id(id).message(id).build()
            };
            let publish = self.sns.publish_batch().topic_arn(arn);
            let publish = publish.publish_batch_request_entries(entry("a")?);
            publish
                .publish_batch_request_entries(entry("b")?)
                .send()
                .await?;
        }
        Ok(Value::Null)
    }

    async fn stream(&self, call: &str) -> Result<Value, Error> {
        let data = |id: u32| json!({ "click": id, "on": "a link" }).to_string();
        if call == "PutRecord" {
            let put = self.kinesis.put_record().stream_name(STREAM);
            let put = put.partition_key("1").data(data(1).into_bytes().into());
            put.send().await?;
        } else {
            let entry = |id: u32| {
                let entry = PutRecordsRequestEntry::builder();
                let entry = entry.partition_key(id.to_string());
                entry.data(data(id).into_bytes().into()).build()
            };
            let put = self.kinesis.put_records().stream_name(STREAM);
            put.records(entry(2)?).records(entry(3)?).send().await?;
        }
        Ok(Value::Null)
    }

    async fn bus(&self) -> Result<Value, Error> {
        let entry = |order: u32| {
            PutEventsRequestEntry::builder()
                .event_bus_name("default")
                .source("shop")
                .detail_type("OrderPlaced")
                .detail(json!({ "order": order }).to_string())
                .build()
        };
        let put = self.eventbridge.put_events();
        put.entries(entry(1)).entries(entry(2)).send().await?;
        Ok(Value::Null)
    }

    async fn state_machine(&self) -> Result<Value, Error> {
        let start = self.sfn.start_execution();
        let start = start.state_machine_arn(account::state_machine_arn(STATE_MACHINE));
        start.input(INPUT).send().await?;
        Ok(Value::Null)
    }

    /// Returns the input that the execution has seen.
    async fn execution(&self) -> Result<Value, Error> {
        let start = self.express.start_sync_execution();
        let start = start.state_machine_arn(account::state_machine_arn(STATE_MACHINE));
        let execution = start.input(INPUT).send().await?;
        Ok(execution.input.into())
    }

    /// Returns the client context that the invoked function has seen.
    async fn function(&self) -> Result<Value, Error> {
        let invoke = self.lambda.invoke().function_name(account::CONSUMER);
        let invoked = invoke.payload(b"{}".to_vec().into()).send().await?;
        let payload = invoked.payload.ok_or("no payload")?;
        Ok(serde_json::from_slice(payload.as_ref())?)
    }

    async fn bucket(&self, call: &str) -> Result<Value, Error> {
        let key = "a b/ü+1.txt";
        match call {
            "PutObject" => {
                let put = self.s3.put_object().bucket(BUCKET).key(key);
                put.body(b"an object".to_vec().into()).send().await?;
            }
            "CopyObject" => {
                let copy = self.s3.copy_object().bucket(BUCKET).key("copy");
                let source = format!("{BUCKET}/a%20b/%C3%BC%2B1.txt");
                copy.copy_source(source).send().await?;
            }
            _ => {
                let key = "in parts";
                let create = self.s3.create_multipart_upload().bucket(BUCKET);
                let upload = create.key(key).send().await?;
                let id = upload.upload_id().ok_or("no upload id")?;
                let part = self.s3.upload_part().bucket(BUCKET).key(key);
                let part = part.upload_id(id).part_number(1);
                let part = part.body(b"a part".to_vec().into()).send().await?;
                let part = CompletedPart::builder()
                    .part_number(1)
                    .set_e_tag(part.e_tag)
                    .build();
                let parts = CompletedMultipartUpload::builder().parts(part).build();
                let complete = self.s3.complete_multipart_upload().bucket(BUCKET);
                let complete = complete.key(key).upload_id(id);
                complete.multipart_upload(parts).send().await?;
            }
        }
        Ok(Value::Null)
    }

    async fn tables(&self, call: &str) -> Result<Value, Error> {
        let text = |text: &str| db::AttributeValue::S(text.to_owned());
        let number = |number: u32| db::AttributeValue::N(number.to_string());
        let bytes = db::AttributeValue::B(vec![0, 159, 146, 150].into());
        let client = &self.dynamodb;
        match call {
            "PutItem" => {
                let put = client.put_item().table_name(ORDERS).item("id", text("Ö|1"));
                let put = put.item("number", number(7)).item("paid", text("no"));
                put.send().await?;
            }
            "UpdateItem" => {
                let update = client.update_item().table_name(ORDERS);
                let update = update.key("number", number(7)).key("id", text("Ö|1"));
                let update = update.update_expression("SET paid = :paid");
                let update = update.expression_attribute_values(":paid", text("yes"));
                update.send().await?;
            }
            "DeleteItem" => {
                let delete = client.delete_item().table_name(ORDERS);
                let delete = delete.key("id", text("Ö|1")).key("number", number(7));
                delete.send().await?;
            }
            "BatchWriteItem" => {
                let item = |put: db::PutRequest| db::WriteRequest::builder().put_request(put);
                let order = db::PutRequest::builder().item("id", text("2"));
                let order = order.item("number", number(8)).build()?;
                let part = db::PutRequest::builder().item("id", bytes).build()?;
                let batch = client.batch_write_item();
                let batch = batch.request_items(ORDERS, vec![item(order).build()]);
                let batch = batch.request_items(PARTS, vec![item(part).build()]);
                batch.send().await?;
            }
            "TransactWriteItems" => {
                let put = db::Put::builder().table_name(ORDERS).item("id", text("3"));
                let put = put.item("number", number(9)).build()?;
                let update = db::Update::builder().table_name(ORDERS);
                let update = update.key("id", text("2")).key("number", number(8));
                let update = update.update_expression("SET paid = :paid");
                let update = update.expression_attribute_values(":paid", text("yes"));
                let delete = db::Delete::builder().table_name(PARTS).key("id", bytes);
                let check = db::ConditionCheck::builder().table_name(ORDERS);
                let check = check.key("id", text("4")).key("number", number(9));
                let check = check.condition_expression("attribute_not_exists(id)");
                let item = db::TransactWriteItem::builder;
                let transact = client.transact_write_items();
                let transact = transact.transact_items(item().put(put).build());
                let transact = transact.transact_items(item().update(update.build()?).build());
                let transact = transact.transact_items(item().delete(delete.build()?).build());
                let check = item().condition_check(check.build()?);
                transact.transact_items(check.build()).send().await?;
            }
            call => return Err(format!("no such call: {call}").into()),
        }
        Ok(Value::Null)
    }
}

/// Runs the function that gets the events.
pub async fn consume() -> Result<(), Error> {
    ddlambda::run(service_fn(consumer)).await
}

/// Returns the client context.
#[ddlambda::handler]
async fn consumer(event: LambdaEvent<Value>) -> Result<Value, Error> {
    Ok(serde_json::to_value(event.context.client_context)?)
}
