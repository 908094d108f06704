//! Takes orders through API Gateway, has them paid by the function `payments`, and tells the queue `shipping`.

use std::time::Duration;

use aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayProxyResponse};
use base64::prelude::{Engine as _, BASE64_STANDARD};
use ddlambda_examples::aws;
use lambda_runtime::{service_fn, Error, LambdaEvent};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tracing::{info, instrument, warn};

#[derive(Serialize, Deserialize)]
struct Order {
    id: u64,
    customer: String,
    cents: u32,
    currency: String,
}

/// What a function answers when it fails.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FunctionError {
    error_type: String,
    error_message: String,
}

#[ddlambda::handler]
async fn handler(
    event: LambdaEvent<ApiGatewayProxyRequest>,
) -> Result<ApiGatewayProxyResponse, Error> {
    let body = event.payload.body.unwrap_or_default();
    let order: Order = match serde_json::from_str(&body) {
        Ok(order) => order,
        Err(error) => return Ok(respond(400, format!("this is no order: {error}"))),
    };
    // Outside of other spans this is the span of the invocation, `aws.lambda`.
    ddlambda::set_tag("order.id", order.id);
    ddlambda::set_metric("order.cents", order.cents);
    info!(
        order = order.id,
        customer = order.customer,
        "order received"
    );

    save(&order).await;
    if let Err(declined) = charge(&order).await? {
        warn!(order = order.id, reason = declined, "order refused");
        return Ok(respond(402, declined));
    }
    announce(&order).await?;
    info!(order = order.id, "order placed");
    Ok(respond(201, format!("order {} is on its way", order.id)))
}

/// Stands for a write to a database.
#[instrument(name = "db.insert", skip_all, fields(resource.name = "INSERT orders", span.type = "sql"))]
async fn save(_order: &Order) {
    tokio::time::sleep(Duration::from_millis(4)).await;
}

/// Invokes `payments`. The trace goes along in the client context of the invocation, where `payments` finds it.
#[instrument(skip_all, fields(otel.kind = "client", resource.name = "payments"))]
async fn charge(order: &Order) -> Result<Result<(), String>, Error> {
    let context = json!({ "custom": ddlambda::trace_headers() });
    let response = aws::post(
        "/2015-03-31/functions/payments/invocations",
        &[(
            "x-amz-client-context",
            BASE64_STANDARD.encode(context.to_string()),
        )],
        json!({ "order": order.id, "cents": order.cents, "currency": order.currency }).to_string(),
    )
    .await?;
    if !response.headers().contains_key("x-amz-function-error") {
        return Ok(Ok(()));
    }
    let error: FunctionError = serde_json::from_slice(response.body())?;
    match error.error_type.as_str() {
        "CardDeclined" => Ok(Err(error.error_message)),
        _ => Err(format!("payments failed: {}", error.error_message).into()),
    }
}

/// Sends a message to `shipping`. The trace goes along in the attribute `_datadog`.
#[instrument(skip_all, fields(otel.kind = "producer", resource.name = "shipping"))]
async fn announce(order: &Order) -> Result<(), Error> {
    let headers = serde_json::to_string(&ddlambda::trace_headers())?;
    let message = json!({
        "QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/shipping",
        "MessageBody": json!({ "order": order.id, "customer": order.customer }).to_string(),
        "MessageAttributes": { "_datadog": { "DataType": "String", "StringValue": headers } },
    });
    let response = aws::post(
        "/",
        &[
            ("content-type", "application/x-amz-json-1.0".to_owned()),
            ("x-amz-target", "AmazonSQS.SendMessage".to_owned()),
        ],
        message.to_string(),
    )
    .await?;
    match response.status().is_success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(response.body()).into()),
    }
}

fn respond(status: i64, message: String) -> ApiGatewayProxyResponse {
    let mut response = ApiGatewayProxyResponse::default();
    response.status_code = status;
    response.body = Some(json!({ "message": message }).to_string().into());
    response
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    ddlambda::run(service_fn(handler)).await
}
