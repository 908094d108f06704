//! What single steps cost: a child span, extraction by event size, encoding.
//!
//! `cargo bench -p ddlambda-benches --features criterion`. Compare within one run: extraction with the decoding that the
//! function does anyway.

use std::hint::black_box;
use std::time::{Duration, Instant};

use aws_lambda_events::apigw::ApiGatewayProxyRequest;
use aws_lambda_events::sqs::SqsEvent;
use criterion::{BenchmarkId, Criterion, Throughput};
use ddlambda::__bench as internal;
use lambda_runtime::Context;
use serde::de::DeserializeOwned;
use serde_json::json;

/// Spans per invocation: no more than functions have, since they stay in memory until the invocation ends.
const SPANS: u64 = 100;

fn child_span(criterion: &mut Criterion) {
    ddlambda::init();
    criterion.bench_function("child span", |bencher| {
        bencher.iter_custom(|count| {
            let mut taken = Duration::ZERO;
            for begun in (0..count).step_by(SPANS as usize) {
                taken += internal::within(|| {
                    let start = Instant::now();
                    for level in begun..count.min(begun + SPANS) {
                        let _span = tracing::info_span!("step", level, item = "widget").entered();
                    }
                    start.elapsed()
                });
            }
            taken
        });
    });
}

/// A batch of ten messages with a body of so many bytes each, JSON in a string as most are.
fn sqs(body: usize) -> Vec<u8> {
    let attribute = json!({ "x-datadog-trace-id": "7", "x-datadog-parent-id": "8", "x-datadog-sampling-priority": "1" });
    let text = r#"{"order": 17, "item": "widget"} "#;
    let record = json!({
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": text.repeat(body.div_ceil(text.len())),
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1545082649183",
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": "1545082649185",
        },
        "messageAttributes": {
            "_datadog": { "stringValue": attribute.to_string(), "dataType": "String" },
        },
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-2:123456789012:my-queue",
        "awsRegion": "us-east-2",
    });
    json!({ "Records": vec![record; 10] })
        .to_string()
        .into_bytes()
}

fn extraction(criterion: &mut Criterion) {
    let rest = include_bytes!("events/rest.json");
    both::<ApiGatewayProxyRequest>(criterion, "REST", rest);
    for body in [64, 1_000, 25_000, 560_000] {
        both::<SqsEvent>(criterion, "SQS", &sqs(body));
    }
}

/// Extraction, and next to it the decoding of the same event.
fn both<E: DeserializeOwned>(criterion: &mut Criterion, service: &str, event: &[u8]) {
    let context = Context::default();
    assert_ne!(
        internal::extract(event, &context),
        0,
        "a context in the event"
    );
    let mut group = criterion.benchmark_group(service);
    group.throughput(Throughput::Bytes(event.len() as u64));
    group.bench_with_input(
        BenchmarkId::new("extract", event.len()),
        event,
        |bencher, event| {
            bencher.iter(|| internal::extract(black_box(event), &context));
        },
    );
    group.bench_with_input(
        BenchmarkId::new("decode", event.len()),
        event,
        |bencher, event| {
            bencher.iter(|| serde_json::from_slice::<E>(black_box(event)).is_ok());
        },
    );
    group.finish();
}

fn encoding(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("encode");
    for spans in [1, 10, 1_000] {
        let encode = internal::encoder(spans);
        group.throughput(Throughput::Elements(spans as u64));
        group.bench_function(BenchmarkId::from_parameter(spans), |bencher| {
            bencher.iter(&encode)
        });
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    child_span(&mut criterion);
    extraction(&mut criterion);
    encoding(&mut criterion);
    criterion.final_summary();
}
