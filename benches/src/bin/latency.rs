//! Times warm invocations of functions beside each other: how long the response takes, and how long after it the function
//! asks for the next event.
//!
//! `bench-latency <function>..`; `latency.sh` calls it. The functions take turns, and ratios to the first one are taken
//! within a turn, since machines are quicker at one time than at another.

use std::path::PathBuf;
use std::time::Duration;

use ddlambda::testing::{Event, Lambda};

const TURNS: usize = 15;
const INVOCATIONS: usize = 400;
const EVENT: &[u8] = include_bytes!("../../events/rest.json");

/// The medians of one turn.
#[derive(Clone, Copy)]
struct Turn {
    /// From the event to the response.
    response: Duration,
    /// From the response to asking for the next event.
    next: Duration,
}

impl Turn {
    /// Both, and from the event to asking for the next one.
    fn steps(self) -> [f64; 3] {
        let steps = [self.response, self.next, self.response + self.next];
        steps.map(|step| step.as_secs_f64() * 1e6)
    }
}

#[tokio::main]
async fn main() {
    let functions: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let mut lambdas = Vec::new();
    for function in &functions {
        lambdas.push(Lambda::binary(function).start().await);
    }
    let mut turns: Vec<Vec<Turn>> = vec![Vec::new(); lambdas.len()];
    // The first turn warms up.
    for at in 0..=TURNS {
        for (lambda, turns) in lambdas.iter().zip(&mut turns) {
            let turn = turn(lambda).await;
            if at > 0 {
                turns.push(turn);
            }
        }
    }
    println!(
        "| function | event to response | response to next | event to next |\n|---|--:|--:|--:|"
    );
    for (function, own) in functions.iter().zip(&turns) {
        let name = function.file_name().unwrap_or_default().to_string_lossy();
        let cell = |step: usize| {
            let micros = median(own.iter().map(|turn| turn.steps()[step]));
            let beside = own.iter().zip(&turns[0]);
            let ratio = median(beside.map(|(own, first)| own.steps()[step] / first.steps()[step]));
            format!("{micros:.0} µs (×{ratio:.2})")
        };
        println!("| {name} | {} | {} | {} |", cell(0), cell(1), cell(2));
    }
}

async fn turn(lambda: &Lambda) -> Turn {
    for _ in 0..INVOCATIONS {
        let outcome = lambda.invocation().bytes(EVENT).send().await;
        assert_eq!(outcome.response()["ok"], true, "{:?}", lambda.logs());
        outcome.next_requested().await;
    }
    let (mut responses, mut nexts) = (Vec::new(), Vec::new());
    let (mut sent, mut received) = (None, None);
    for moment in lambda.journal() {
        match moment.event {
            Event::EventSent { .. } => sent = Some(moment.at),
            Event::ResponseReceived { .. } => {
                responses.extend(sent.take().map(|sent| moment.at - sent));
                received = Some(moment.at);
            }
            Event::NextRequested => {
                nexts.extend(received.take().map(|received| moment.at - received));
            }
            _ => {}
        }
    }
    lambda.forget();
    let median = |times: Vec<Duration>| {
        Duration::from_secs_f64(median(times.iter().map(Duration::as_secs_f64)))
    };
    Turn {
        response: median(responses),
        next: median(nexts),
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
