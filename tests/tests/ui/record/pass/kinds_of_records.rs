//! The record is found by the name of its type, by value and borrowed.

use aws_lambda_events::{dynamodb, kafka, kinesis, s3, sns, sqs};

#[ddlambda::record]
fn sqs_by_value(_prefix: &str, message: sqs::SqsMessage) -> Option<String> {
    message.body
}

#[ddlambda::record]
fn sqs_obj(message: &sqs::SqsMessageObj<u64>, bonus: u64) -> u64 {
    message.body + bonus
}

#[ddlambda::record]
fn sns_borrowed(_prefix: &str, record: &sns::SnsRecord) -> usize {
    record.sns.message.len()
}

#[ddlambda::record]
fn kinesis_by_mut(record: &mut kinesis::KinesisEventRecord, _suffix: &str) {
    record.kinesis.data.0.clear();
}

#[ddlambda::record]
async fn dynamodb_change(_bonus: u64, record: dynamodb::EventRecord) -> String {
    record.event_name
}

#[ddlambda::record]
async fn s3_object<'a>(_prefix: &str, record: &'a s3::S3EventRecord) -> Option<&'a str> {
    record.s3.object.key.as_deref()
}

#[ddlambda::record]
async fn kafka_message(_prefix: &str, record: &mut kafka::KafkaRecord) -> i64 {
    record.offset += 1;
    record.offset
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(sqs_by_value("", Default::default()), None);
    assert_eq!(sqs_obj(&Default::default(), 1), 1);
    assert_eq!(sns_borrowed("", &Default::default()), 0);
    kinesis_by_mut(&mut Default::default(), "");
    assert_eq!(dynamodb_change(0, Default::default()).await, "");
    assert_eq!(s3_object("", &Default::default()).await, None);
    assert_eq!(kafka_message("", &mut Default::default()).await, 1);
}
