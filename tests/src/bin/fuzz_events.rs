//! Sends generated events to a function in this process: `fuzz_events [how many] [seed] [seconds]`, by default 10,000 from
//! seed 1.
//!
//! Ends with exit code 1 when an invocation is not a normal one, and prints the event.

use ddlambda::testing::{Event, Lambda};
use ddlambda_tests::effort::Effort;
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
    let effort = Effort::asked_for(10_000)?;
    let (seed, mut count) = (effort.seed, 0);
    let events = events::samples();
    let mut numbers = Numbers::new(seed);
    let mut failed = 0;
    let mut lambda = start().await;
    for sent in effort.times() {
        count = sent + 1;
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
    let seconds = effort.seconds();
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
