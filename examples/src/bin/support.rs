//! Takes complaints at its function URL, and tells the topic `replacements` which parcels have to be sent again.

use ddlambda_examples::aws;
use lambda_http::{service_fn, Error, IntoResponse, Request};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tracing::{info, instrument};

#[derive(Serialize, Deserialize)]
struct Complaint {
    order: u64,
    customer: String,
}

#[ddlambda::handler]
async fn handler(request: Request) -> Result<impl IntoResponse, Error> {
    let complaint: Complaint = serde_json::from_slice(request.body())?;
    info!(order = complaint.order, "parcel is lost");
    publish(&complaint).await?;
    let message = format!("order {} is sent again", complaint.order);
    Ok(json!({ "message": message }))
}

/// Publishes a notification. The trace goes along in the attribute `_datadog`, through the topic and what it leads to.
#[instrument(skip_all, fields(otel.kind = "producer", resource.name = "replacements"))]
async fn publish(complaint: &Complaint) -> Result<(), Error> {
    let headers = serde_json::to_string(&ddlambda::trace_headers())?;
    let notification = aws::form(&[
        ("Action", "Publish"),
        (
            "TopicArn",
            "arn:aws:sns:us-east-1:123456789012:replacements",
        ),
        ("Message", &serde_json::to_string(complaint)?),
        ("MessageAttributes.entry.1.Name", "_datadog"),
        ("MessageAttributes.entry.1.Value.DataType", "String"),
        ("MessageAttributes.entry.1.Value.StringValue", &headers),
    ]);
    let kind = "application/x-www-form-urlencoded".to_owned();
    let response = aws::post("/", &[("content-type", kind)], notification).await?;
    match response.status().is_success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(response.body()).into()),
    }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    ddlambda::http::run(service_fn(handler)).await
}
