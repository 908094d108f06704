//! Charges cards. It is invoked directly, and fails with an error type of its own.

use std::fmt;
use std::time::Duration;

use lambda_runtime::{service_fn, Diagnostic, Error, LambdaEvent};
use serde::Deserialize;
use serde_json::{json, Value};
use tracing::{info, instrument};

#[derive(Deserialize)]
struct Payment {
    order: u64,
    cents: u32,
    currency: String,
}

/// The card's owner may not spend so much.
#[derive(Debug)]
struct CardDeclined {
    euro_cents: u32,
}

impl fmt::Display for CardDeclined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let euros = f64::from(self.euro_cents) / 100.0;
        write!(f, "{euros:.2} EUR is more than the card's limit")
    }
}

/// What the caller sees of the error, and what stands on the span.
impl From<CardDeclined> for Diagnostic {
    fn from(error: CardDeclined) -> Self {
        Self {
            error_type: "CardDeclined".to_owned(),
            error_message: error.to_string(),
        }
    }
}

#[ddlambda::handler]
async fn handler(event: LambdaEvent<Payment>) -> Result<Value, CardDeclined> {
    let payment = event.payload;
    let euro_cents = convert(payment.cents, &payment.currency);
    let approval = authorize(euro_cents).await?;
    info!(order = payment.order, euro_cents, "payment accepted");
    Ok(json!({ "approval": approval }))
}

/// This has a bug, for the tour to show: there are more currencies in the world.
fn convert(cents: u32, currency: &str) -> u32 {
    match currency {
        "EUR" => cents,
        "USD" => cents * 9 / 10,
        other => panic!("no exchange rate for {other}"),
    }
}

/// Stands for a call to the card network.
#[instrument(err, skip_all, fields(otel.kind = "client", service.name = "card-network", euro_cents))]
async fn authorize(euro_cents: u32) -> Result<&'static str, CardDeclined> {
    tokio::time::sleep(Duration::from_millis(12)).await;
    if euro_cents > 50_000 {
        return Err(CardDeclined { euro_cents });
    }
    Ok("A1B2C3")
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    ddlambda::run(service_fn(handler)).await
}
