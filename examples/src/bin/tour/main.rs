//! The tour: a shop of four functions on a Lambda without AWS, and the traces of what happens in it.
//!
//! `orders` takes a request of API Gateway, invokes `payments` and sends a message to the queue of `shipping`; `support`
//! reaches the same queue by way of a topic. Each is a process of its own, from the file of its name beside this folder.
//! The tour checks what it shows: it fails if a trace is not connected, if a link leads nowhere, or if a log line does
//! not belong to its trace.

mod shop;
mod story;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use shop::Shop;

const INTRODUCTION: &str = "\
A shop of four functions. `orders` takes requests from API Gateway, has them paid by invoking
`payments`, and sends a message to the queue from which `shipping` takes batches. `support` takes
complaints at its function URL, and publishes them on a topic that leads to the same queue.
Each picture is one distributed trace; below it stand the log lines that carry its id.";

#[tokio::main]
async fn main() -> ExitCode {
    match tour().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tour: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn tour() -> Result<(), lambda_runtime::Error> {
    let shop = Shop::open(shop::build()?).await;
    let ansi = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();

    let ada = shop.order(1001, "Ada", 4_200, "EUR").await;
    let grace = shop.order(1002, "Grace", 1_850, "USD").await;
    let alan = shop.complain(998, "Alan").await;
    let batch = shop.deliver().await;
    let radia = shop.complain(999, "Radia").await;
    let single = shop.deliver().await;
    let edsger = shop.order(1003, "Edsger", 129_900, "EUR").await;
    let barbara = shop.order(1004, "Barbara", 700, "XTS").await;
    shop.close().await;

    let mut text = format!("{INTRODUCTION}\n");
    let first = shop.story(&ada).await;
    let second = shop.story(&grace).await;
    let third = shop.story(&alan).await;
    first.check(&["orders", "payments", "shipping"])?;
    let links = first.links(&[&second, &third])?;
    text += &first.tell(
        "Order 1001 is paid, and shipped in a batch of three",
        &[&ada, &batch],
        ansi,
    );
    text += &links;
    second.check(&["orders", "payments"])?;
    text += &second.tell(
        "Order 1002 is shipped in the same batch, which links here",
        &[&grace],
        ansi,
    );
    third.check(&["support"])?;
    let lost = shop.story(&radia).await;
    lost.check(&["support", "shipping"])?;
    lost.check_path(&["publish", "aws.sns", "aws.sqs", "aws.lambda", "ship"])?;
    text += &lost.tell(
        "A parcel is lost and sent again, by way of SNS and SQS",
        &[&radia, &single],
        ansi,
    );
    let declined = shop.story(&edsger).await;
    declined.check(&["orders", "payments"])?;
    declined.check_failure("payments", "CardDeclined")?;
    text += &declined.tell("Order 1003 is declined by `payments`", &[&edsger], ansi);
    let panicked = shop.story(&barbara).await;
    panicked.check(&["orders", "payments"])?;
    panicked.check_failure("payments", "panic")?;
    text += &panicked.tell("Order 1004 makes `payments` panic", &[&barbara], ansi);
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}
