//! Extractors that `DD_TRACE_EXTRACTOR` can name.

use ddlambda::{Carrier, RawEvent};
use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Order {
    trace: u64,
}

/// `orders.context`
#[ddlambda::extractor]
fn context(order: &Order) -> (u64, u64, i32) {
    (order.trace, 11, 2)
}

/// `orders.headers`, under a name of its own.
#[ddlambda::extractor(name = "orders.headers")]
async fn from_envelope(raw: &RawEvent<'_>) -> Option<Carrier> {
    #[derive(Deserialize)]
    struct Envelope {
        envelope: Carrier,
    }
    let envelope: Envelope = serde_json::from_slice(raw.body()).ok()?;
    Some(envelope.envelope)
}
