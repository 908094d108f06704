//! An order on its way through four functions that call AWS by the clients of its SDK: one trace.
//!
//! `orders` takes a request of API Gateway, invokes `payments` and sends a message to the queue of `shipping`; that publishes
//! a notification on a topic, which leads to the queue of `mail`. Each function is a process of its own: this program, started
//! once more by itself, with the name of the function as its argument. What is between them is AWS on this machine.
//!
//! The program prints the trace as a picture, and fails if that is not connected.

mod mail;
mod orders;
mod payments;
mod shipping;

use std::path::Path;

use aws_config::{BehaviorVersion, SdkConfig};
use ddlambda::testing::{Aws, Lambda, Span, Trace, Waterfall};
use lambda_runtime::Error;
use serde::{Deserialize, Serialize};
use serde_json::json;

const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:parcels";

#[derive(Serialize, Deserialize)]
struct Order {
    id: u64,
    customer: String,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    match std::env::args().nth(1).as_deref() {
        None => story().await,
        Some("orders") => orders::run().await,
        Some("payments") => payments::run().await,
        Some("shipping") => shipping::run().await,
        Some("mail") => mail::run().await,
        Some(other) => Err(format!("no function {other}").into()),
    }
}

/// What the clients are made of. On AWS `aws_config::load_from_env()` does; here the client of HTTP is one without TLS,
/// which takes less time to build.
async fn config() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .load()
        .await
}

async fn story() -> Result<(), Error> {
    let aws = Aws::start();
    let program = std::env::current_exe()?;
    let orders = start(&program, "orders", &aws).await;
    let payments = start(&program, "payments", &aws).await;
    let shipping = start(&program, "shipping", &aws).await;
    let mail = start(&program, "mail", &aws).await;
    aws.register("payments", &payments);

    let request = json!({
        "resource": "/orders",
        "path": "/orders",
        "httpMethod": "POST",
        "headers": { "Host": "shop.example.com" },
        "multiValueHeaders": {},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "domainName": "shop.example.com",
            "httpMethod": "POST",
            "path": "/orders",
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "resourcePath": "/orders",
            "stage": "prod",
        },
        "body": json!({ "id": 1001, "customer": "Ada" }).to_string(),
    });
    let answer = orders.invoke(request).await;
    shipping.invoke(aws.sqs_event("shipping")).await;
    aws.deliver("parcels", "mail");
    mail.invoke(aws.sqs_event("mail")).await;

    let id = answer.trace().await.trace_id();
    let mut spans = Vec::new();
    for function in [&orders, &payments, &shipping, &mail] {
        function.idle().await;
        let own = function.traces().into_iter();
        let own = own.filter(|trace| trace.trace_id() == id);
        spans.extend(own.flat_map(|trace| trace.spans().to_vec()));
    }
    let trace = Trace::new(spans);
    print!("{}", Waterfall::new(std::slice::from_ref(&trace)));
    check(&trace)
}

async fn start(program: &Path, name: &str, aws: &Aws) -> Lambda {
    let function = Lambda::binary(program).args([name]).function_name(name);
    function.aws(aws).start().await
}

/// Checks what led to the functions at the ends, and that nothing else stands apart.
fn check(trace: &Trace) -> Result<(), Error> {
    const PAID: &str = "aws.apigateway of shop.example.com > aws.lambda of orders > aws.request of orders-aws-lambda \
        > aws.lambda of payments";
    const SENT: &str = "aws.apigateway of shop.example.com > aws.lambda of orders > aws.request of orders-aws-sqs \
        > aws.sqs of shipping > aws.lambda of shipping > aws.request of shipping-aws-sns \
        > aws.sns of parcels > aws.sqs of mail > aws.lambda of mail";
    let ways: Vec<String> = trace.spans().iter().map(|span| way(trace, span)).collect();
    for expected in [PAID, SENT] {
        if !ways.iter().any(|way| way == expected) {
            return Err(format!("no way {expected}").into());
        }
    }
    match ways.iter().find(|way| !way.starts_with("aws.apigateway")) {
        Some(apart) => Err(format!("{apart} stands apart").into()),
        None => Ok(()),
    }
}

/// The spans from the outermost to this one.
fn way(trace: &Trace, span: &Span) -> String {
    let above = |below: &&Span| {
        let is_parent = |span: &&Span| span.span_id == below.parent_id;
        trace.spans().iter().find(is_parent)
    };
    let spans = std::iter::successors(Some(span), above);
    let mut names: Vec<_> = spans
        .map(|span| format!("{} of {}", span.name, span.service))
        .collect();
    names.reverse();
    names.join(" > ")
}
