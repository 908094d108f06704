//! The tour: a shop of three functions on a Lambda without AWS, and the traces of what happens in it.
//!
//! `orders` takes a request of API Gateway, invokes `payments` and sends a message to the queue of `shipping`. Each is a
//! process of its own, from the file of its name beside this folder. The tour checks what it shows: it fails if a trace
//! is not connected, or a log line does not belong to it.

mod shop;
mod story;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use shop::Shop;

const INTRODUCTION: &str = "\
A shop of three functions. `orders` takes requests from API Gateway, has them paid by invoking
`payments`, and sends a message to the queue from which `shipping` takes batches.
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
    let batch = shop.deliver().await;
    let edsger = shop.order(1003, "Edsger", 129_900, "EUR").await;
    let barbara = shop.order(1004, "Barbara", 700, "XTS").await;
    shop.close().await;

    let mut text = format!("{INTRODUCTION}\n");
    let first = shop.story(&ada).await;
    let second = shop.story(&grace).await;
    first.check(&["orders", "payments", "shipping"])?;
    first.check_link(&second)?;
    text += &first.tell("Order 1001 is paid and shipped", &[&ada, &batch], ansi);
    second.check(&["orders", "payments"])?;
    text += &second.tell(
        "Order 1002 is shipped in the same batch, which links here",
        &[&grace],
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
