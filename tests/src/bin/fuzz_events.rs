//! Sends generated events to a function in this process: `fuzz_events [how many] [seed]`, by default 10,000 from seed 1.
//!
//! Ends with exit code 1 when an invocation is not a normal one, and prints the event.

use std::time::Instant;

use ddlambda::testing::{Event, Lambda};
use ddlambda_tests::events;
use ddlambda_tests::mutate::{mutate, Numbers};
use ddlambda_tests::task::{Response, Task};
use lambda_runtime::{service_fn, Error, LambdaEvent};
use serde_json::Value;

#[ddlambda::handler]
async fn handler(event: LambdaEvent<Value>) -> Result<Response, Error> {
    Task::of(&event.payload).perform().await
}

/// A function is started anew after so many events, since the kit remembers all of them.
const GENERATION: u64 = 500;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    // The runtime logs every event that does not decode.
    std::env::set_var("RUST_LOG", "off");
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: u64| match arguments.next() {
        Some(text) => text.parse(),
        None => Ok(default),
    };
    let (count, seed) = (number(10_000)?, number(1)?);
    let events = events::samples();
    let mut numbers = Numbers::new(seed);
    let (begin, mut failed) = (Instant::now(), 0);
    let mut lambda = start().await;
    for sent in 0..count {
        if sent % GENERATION == GENERATION - 1 {
            lambda = start().await;
        }
        let event = mutate(&events[numbers.below(events.len())], &mut numbers);
        let invocation = lambda.invocation().bytes(event.clone());
        let outcome = invocation.send().await;
        outcome.next_requested().await;
        failed += u64::from(!outcome.is_ok());
        if !is_normal(&lambda, outcome.request_id()) {
            let event = String::from_utf8_lossy(&event).into_owned();
            return Err(
                format!("event {sent} of seed {seed} is no normal invocation: {event}").into(),
            );
        }
    }
    let seconds = begin.elapsed().as_secs_f64();
    println!("{count} events of seed {seed} in {seconds:.1} s, {failed} of which do not decode; all normal");
    Ok(())
}

async fn start() -> Lambda {
    Lambda::service(|| ddlambda::run(service_fn(handler))).await
}

/// Whether the trace has arrived and the function goes on.
fn is_normal(lambda: &Lambda, id: &str) -> bool {
    let journal = lambda.journal();
    let traced = journal.iter().any(|moment| {
        matches!(&moment.event, Event::TraceReceived { request_id: Some(request_id), .. } if request_id == id)
    });
    let ended = journal
        .iter()
        .any(|moment| matches!(moment.event, Event::ProcessExited { .. }));
    traced && !ended
}
