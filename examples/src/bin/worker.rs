//! A program that is no function: it packs an order, in the trace of whoever asks for it.
//!
//! `cargo run -p ddlambda-examples --bin worker -- <traceparent> <order>`, with an agent on this machine.

use ddlambda::{host, Carrier};

#[tracing::instrument]
async fn pack(order: &str) -> Result<(), std::num::ParseIntError> {
    let order: u64 = order.parse()?;
    tracing::info!(order, "packed");
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), std::num::ParseIntError> {
    ddlambda::init();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [traceparent, order] = &arguments[..] else {
        eprintln!("usage: worker <traceparent> <order>");
        return Ok(());
    };
    let headers: Carrier = [("traceparent", traceparent)].into_iter().collect();
    let packed = host::unit("queue.process")
        .resource("orders")
        .span_type("worker")
        .span_kind("consumer")
        .continuing(headers)
        .try_run(pack(order))
        .await;
    host::flush().await;
    packed
}
