//! What stands in the account, without any tracing: it is set up, and read.

use aws_sdk_dynamodb::types as db;
use aws_sdk_dynamodbstreams::types::{Record as Change, ShardIteratorType};
use aws_sdk_eventbridge::types::Target;
use aws_sdk_kinesis::types::Record;
use aws_sdk_s3::types as s3;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use lambda_runtime::Error;
use serde_json::json;

pub const ACCOUNT: &str = "123456789012";
pub const REGION: &str = "us-east-1";

/// A queue that is sent to.
pub const QUEUE: &str = "shipping";
/// A topic, and the queue that is subscribed to it.
pub const TOPIC: &str = "parcels";
pub const FROM_TOPIC: &str = "from-topic";
/// A queue for events of the default bus.
pub const FROM_BUS: &str = "from-bus";
pub const STREAM: &str = "clicks";
pub const STATE_MACHINE: &str = "fulfilment";
pub const BUCKET: &str = "archive";
/// A queue for events of the bucket.
pub const FROM_BUCKET: &str = "from-bucket";
/// A table whose key is a text and a number.
pub const ORDERS: &str = "orders";
/// A table whose key is bytes.
pub const PARTS: &str = "parts";
/// The keys of the tables, as the setting has them.
pub const TABLE_KEYS: &str = r#"{"orders":["id","number"],"parts":["id"]}"#;
/// A function.
pub const CONSUMER: &str = "consumer";

pub fn queue_url(queue: &str) -> String {
    format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{queue}")
}

pub fn queue_arn(queue: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}")
}

pub fn topic_arn(topic: &str) -> String {
    format!("arn:aws:sns:{REGION}:{ACCOUNT}:{topic}")
}

pub fn stream_arn(stream: &str) -> String {
    format!("arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{stream}")
}

pub fn state_machine_arn(name: &str) -> String {
    format!("arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}")
}

pub struct Account {
    dynamodb: aws_sdk_dynamodb::Client,
    kinesis: aws_sdk_kinesis::Client,
    sfn: aws_sdk_sfn::Client,
    sqs: aws_sdk_sqs::Client,
    streams: aws_sdk_dynamodbstreams::Client,
    /// Where the stream is read on.
    clicks: Option<String>,
    /// The same for the streams of the tables: ARN and iterator.
    changes: Vec<(String, Option<String>)>,
    /// The executions that are known.
    executions: Vec<String>,
}

impl Account {
    /// Makes all of it in an account where there is nothing yet.
    pub async fn set_up() -> Result<Self, Error> {
        let config = crate::function::config().await;
        let mut account = Self {
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            kinesis: aws_sdk_kinesis::Client::new(&config),
            sfn: aws_sdk_sfn::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            streams: aws_sdk_dynamodbstreams::Client::new(&config),
            clicks: None,
            changes: Vec::new(),
            executions: Vec::new(),
        };
        for queue in [QUEUE, FROM_TOPIC, FROM_BUS, FROM_BUCKET] {
            account.sqs.create_queue().queue_name(queue).send().await?;
        }
        account
            .set_up_topic(&aws_sdk_sns::Client::new(&config))
            .await?;
        account
            .set_up_bus(&aws_sdk_eventbridge::Client::new(&config))
            .await?;
        account
            .set_up_bucket(&aws_sdk_s3::Client::new(&config))
            .await?;
        account.set_up_stream().await?;
        account.set_up_state_machine().await?;
        account
            .set_up_table(ORDERS, &[("id", "S"), ("number", "N")])
            .await?;
        account.set_up_table(PARTS, &[("id", "B")]).await?;
        Ok(account)
    }

    async fn set_up_topic(&self, sns: &aws_sdk_sns::Client) -> Result<(), Error> {
        sns.create_topic().name(TOPIC).send().await?;
        let subscribe = sns.subscribe().topic_arn(topic_arn(TOPIC)).protocol("sqs");
        subscribe.endpoint(queue_arn(FROM_TOPIC)).send().await?;
        Ok(())
    }

    async fn set_up_bus(&self, bus: &aws_sdk_eventbridge::Client) -> Result<(), Error> {
        let rule = bus.put_rule().name("orders");
        rule.event_pattern(r#"{"source":["shop"]}"#).send().await?;
        let target = Target::builder()
            .id("queue")
            .arn(queue_arn(FROM_BUS))
            .build()?;
        bus.put_targets()
            .rule("orders")
            .targets(target)
            .send()
            .await?;
        Ok(())
    }

    async fn set_up_bucket(&self, client: &aws_sdk_s3::Client) -> Result<(), Error> {
        client.create_bucket().bucket(BUCKET).send().await?;
        let queue = s3::QueueConfiguration::builder()
            .queue_arn(queue_arn(FROM_BUCKET))
            .events(s3::Event::S3ObjectCreated)
            .build()?;
        let notifications = s3::NotificationConfiguration::builder()
            .queue_configurations(queue)
            .build();
        let put = client
            .put_bucket_notification_configuration()
            .bucket(BUCKET);
        put.notification_configuration(notifications).send().await?;
        // The bucket sends a message to try the queue.
        self.receive(FROM_BUCKET).await?;
        Ok(())
    }

    async fn set_up_stream(&mut self) -> Result<(), Error> {
        let create = self.kinesis.create_stream().stream_name(STREAM);
        create.shard_count(1).send().await?;
        let shards = self
            .kinesis
            .list_shards()
            .stream_name(STREAM)
            .send()
            .await?;
        let shard = shards.shards().first().ok_or("no shard")?;
        let from = self.kinesis.get_shard_iterator().stream_name(STREAM);
        let from = from.shard_id(shard.shard_id());
        let from = from.shard_iterator_type(aws_sdk_kinesis::types::ShardIteratorType::TrimHorizon);
        self.clicks = from.send().await?.shard_iterator;
        Ok(())
    }

    async fn set_up_state_machine(&self) -> Result<(), Error> {
        let definition = json!({
            "StartAt": "Pack",
            "States": { "Pack": { "Type": "Pass", "End": true } },
        });
        let create = self.sfn.create_state_machine().name(STATE_MACHINE);
        let create = create.definition(definition.to_string());
        let role = format!("arn:aws:iam::{ACCOUNT}:role/{STATE_MACHINE}");
        create.role_arn(role).send().await?;
        Ok(())
    }

    async fn set_up_table(&mut self, name: &str, key: &[(&str, &str)]) -> Result<(), Error> {
        let mut create = self.dynamodb.create_table().table_name(name);
        let kinds = [db::KeyType::Hash, db::KeyType::Range];
        for ((name, kind), role) in key.iter().zip(kinds) {
            let attribute = db::AttributeDefinition::builder().attribute_name(*name);
            create =
                create.attribute_definitions(attribute.attribute_type((*kind).into()).build()?);
            let element = db::KeySchemaElement::builder().attribute_name(*name);
            create = create.key_schema(element.key_type(role).build()?);
        }
        let stream = db::StreamSpecification::builder()
            .stream_enabled(true)
            .stream_view_type(db::StreamViewType::KeysOnly)
            .build()?;
        let create = create.billing_mode(db::BillingMode::PayPerRequest);
        let created = create.stream_specification(stream).send().await?;
        let arn = created
            .table_description
            .and_then(|table| table.latest_stream_arn);
        let arn = arn.ok_or("the table has no stream")?;

        let stream = self
            .streams
            .describe_stream()
            .stream_arn(&arn)
            .send()
            .await?;
        let shards = stream.stream_description.and_then(|stream| stream.shards);
        let shard = shards.unwrap_or_default().pop().ok_or("no shard")?;
        let from = self.streams.get_shard_iterator().stream_arn(&arn);
        let from = from.set_shard_id(shard.shard_id);
        let from = from.shard_iterator_type(ShardIteratorType::TrimHorizon);
        let from = from.send().await?.shard_iterator;
        self.changes.push((arn, from));
        Ok(())
    }

    /// Takes all messages out of a queue.
    pub async fn receive(&self, queue: &str) -> Result<Vec<Message>, Error> {
        let url = queue_url(queue);
        let receive = self.sqs.receive_message().queue_url(&url);
        let receive = receive.max_number_of_messages(10).wait_time_seconds(0);
        let receive = receive.message_attribute_names("All");
        let receive = receive.message_system_attribute_names(MessageSystemAttributeName::All);
        let messages = receive.send().await?.messages.unwrap_or_default();
        for message in &messages {
            let delete = self.sqs.delete_message().queue_url(&url);
            delete
                .set_receipt_handle(message.receipt_handle.clone())
                .send()
                .await?;
        }
        Ok(messages)
    }

    /// Puts a message into a queue, without a trace context.
    pub async fn send(&self, queue: &str, body: &str) -> Result<(), Error> {
        let send = self.sqs.send_message().queue_url(queue_url(queue));
        send.message_body(body).send().await?;
        Ok(())
    }

    /// The records of the stream that are new.
    pub async fn clicks(&mut self) -> Result<Vec<Record>, Error> {
        let get = self.kinesis.get_records();
        let got = get.set_shard_iterator(self.clicks.take()).send().await?;
        self.clicks = got.next_shard_iterator;
        Ok(got.records)
    }

    /// What has changed in the tables, with the ARN of the stream that says so.
    pub async fn changes(&mut self) -> Result<Vec<(String, Change)>, Error> {
        let mut changes = Vec::new();
        for (arn, from) in &mut self.changes {
            let get = self.streams.get_records().set_shard_iterator(from.take());
            let got = get.send().await?;
            *from = got.next_shard_iterator;
            let records = got.records.unwrap_or_default();
            changes.extend(records.into_iter().map(|record| (arn.clone(), record)));
        }
        Ok(changes)
    }

    /// The new executions, with their input.
    pub async fn executions(&mut self) -> Result<Vec<(String, String)>, Error> {
        let list = self.sfn.list_executions();
        let list = list.state_machine_arn(state_machine_arn(STATE_MACHINE));
        let mut executions = Vec::new();
        for execution in list.send().await?.executions {
            let arn = execution.execution_arn;
            if !self.executions.contains(&arn) {
                let describe = self.sfn.describe_execution().execution_arn(&arn);
                let input = describe.send().await?.input.unwrap_or_default();
                self.executions.push(arn.clone());
                executions.push((arn, input));
            }
        }
        Ok(executions)
    }
}
