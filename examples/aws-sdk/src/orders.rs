//! Takes orders through API Gateway, has them paid by the function `payments`, and tells the queue `shipping`.

use aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayProxyResponse};
use lambda_runtime::{service_fn, Error, LambdaEvent};

use crate::Order;

struct Clients {
    lambda: aws_sdk_lambda::Client,
    sqs: aws_sdk_sqs::Client,
}

/// Runs the function.
pub async fn run() -> Result<(), Error> {
    let config = crate::config().await;
    let clients = &Clients {
        lambda: ddlambda::traced_client!(aws_sdk_lambda, &config),
        sqs: ddlambda::traced_client!(aws_sdk_sqs, &config),
    };
    ddlambda::run(service_fn(|event| handler(clients, event))).await
}

#[ddlambda::handler]
async fn handler(
    clients: &Clients,
    event: LambdaEvent<ApiGatewayProxyRequest>,
) -> Result<ApiGatewayProxyResponse, Error> {
    let order: Order = serde_json::from_str(&event.payload.body.unwrap_or_default())?;
    tracing::info!(order = order.id, "order received");

    let charge = clients.lambda.invoke().function_name("payments");
    let charged = charge
        .payload(serde_json::to_vec(&order)?.into())
        .send()
        .await?;
    if let Some(error) = charged.function_error() {
        return Err(format!("payments failed: {error}").into());
    }

    let queue = clients
        .sqs
        .get_queue_url()
        .queue_name("shipping")
        .send()
        .await?;
    let message = clients.sqs.send_message().set_queue_url(queue.queue_url);
    message
        .message_body(serde_json::to_string(&order)?)
        .send()
        .await?;

    let mut response = ApiGatewayProxyResponse::default();
    response.status_code = 201;
    Ok(response)
}
