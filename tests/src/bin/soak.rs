//! Invokes a function very often: `soak [how many] [how many at once] [program]`, by default 100,000, one after the other, of
//! the program `concurrent` beside this one.
//!
//! Every trace must arrive, whole and unmixed, with the outcome of its own invocation, and the memory of the function must
//! not grow. Ends with exit code 1 if that is not so.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::time::Instant;

use ddlambda::testing::{Lambda, Trace};
use ddlambda_tests::events;
use ddlambda_tests::mutate::Numbers;
use lambda_runtime::Error;
use serde_json::{json, Value};
use tokio::task::JoinSet;

/// What is remembered for checks is forgotten after so many invocations.
const ROUND: usize = 1_000;
/// The memory counts from then on.
const WARM: usize = 2_000;
/// How much it may grow, in KiB.
const GROWTH: u64 = 1_024;
/// The same each time: the runtime puts it into an environment variable, and the C library keeps every text that ever was
/// in one.
const XRAY: &str = "Root=1-65e1f2a3-000000004851aee16b2b4e4b;Parent=57bd0a5ad9a2b3f2;Sampled=0";

/// How an invocation is to end: the type of its error, its spans, and whose trace it continues.
struct Expected {
    error: Option<&'static str>,
    children: &'static [(&'static str, &'static str)],
    trace_id: Option<u128>,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: usize| match arguments.next() {
        Some(text) => text.parse(),
        None => Ok(default),
    };
    let (count, at_once) = (number(100_000)?, number(1)?);
    let beside = std::env::current_exe()?.with_file_name("concurrent");
    let function = arguments.next().map_or(beside, PathBuf::from);
    let function = Lambda::binary(function).env("RUST_LOG", "off");
    let function = function.env("DD_TRACE_AGENT_TIMEOUT_SECONDS", "30");
    let concurrency = at_once.to_string();
    let lambda = function
        .env("AWS_LAMBDA_MAX_CONCURRENCY", concurrency)
        .start()
        .await;

    let (begin, mut numbers, mut warm) = (Instant::now(), Numbers::new(1), 0);
    for done in (0..count).step_by(ROUND) {
        round(
            &lambda,
            ROUND.min(count - done),
            at_once,
            done,
            &mut numbers,
        )
        .await?;
        lambda.forget();
        let now = resident(&lambda).await;
        if done <= WARM {
            warm = now;
        }
        println!("{} invocations: {now} KiB", done + ROUND);
    }
    let growth = resident(&lambda).await.saturating_sub(warm);
    let seconds = begin.elapsed().as_secs_f64();
    println!("{count} invocations, {at_once} at once, in {seconds:.1} s: every trace is right; {warm} KiB, then {growth} more");
    match growth {
        0..=GROWTH => Ok(()),
        _ => Err("the memory grows".into()),
    }
}

async fn resident(lambda: &Lambda) -> u64 {
    let invocation = lambda.invocation().event(events::task("memory"));
    let outcome = invocation.trace_header(XRAY).send().await;
    if let Some(agent) = lambda.agent() {
        agent.wait_for_chunks(1).await;
    }
    lambda.forget();
    outcome.response().as_u64().unwrap_or(0)
}

/// One thing that the function may do, and what must come of it.
fn choose(
    numbers: &mut Numbers,
) -> (
    Value,
    Option<&'static str>,
    &'static [(&'static str, &'static str)],
) {
    match numbers.below(8) {
        0 => (json!({ "decline": 3 }), Some("Declined"), &[]),
        1 => (json!({ "panic": "a bug" }), Some("panic"), &[]),
        2 => (json!("nothing"), None, &[]),
        3 => {
            let children = &[("of_first", "first"), ("of_nobody", "aws.lambda")];
            (json!({ "spans": "parents" }), None, children)
        }
        _ => {
            let children = &[("outer", "aws.lambda"), ("inner", "outer")];
            (json!({ "spans": "nested" }), None, children)
        }
    }
}

/// So many invocations, and a look at every trace.
async fn round(
    lambda: &Lambda,
    count: usize,
    at_once: usize,
    first: usize,
    numbers: &mut Numbers,
) -> Result<(), Error> {
    let (mut running, mut expected) = (JoinSet::new(), HashMap::new());
    for number in first..first + count {
        let (task, error, children) = choose(numbers);
        let mut event = events::task(task);
        let trace_id = (numbers.below(2) == 0).then_some(number as u128 + 1);
        if let Some(trace_id) = trace_id {
            let headers =
                json!({ "x-datadog-trace-id": trace_id.to_string(), "x-datadog-parent-id": "5" });
            event["_datadog"] = headers;
        }
        if running.len() == at_once {
            ended(running.join_next().await, &mut expected)?;
        }
        let invocation = lambda.invocation().event(event).trace_header(XRAY).send();
        running.spawn(async move {
            let outcome = invocation.await;
            let expected = Expected {
                error,
                children,
                trace_id,
            };
            (outcome.request_id().to_owned(), outcome.is_ok(), expected)
        });
    }
    while !running.is_empty() {
        ended(running.join_next().await, &mut expected)?;
    }
    let agent = lambda.agent().ok_or("no agent")?;
    agent.wait_for_chunks(count).await;
    check(&agent.traces(), expected)
}

type Ended = Result<(String, bool, Expected), tokio::task::JoinError>;

fn ended(ended: Option<Ended>, expected: &mut HashMap<String, Expected>) -> Result<(), Error> {
    let (id, is_ok, end) = ended.ok_or("nothing runs")??;
    if is_ok != end.error.is_none() {
        return Err(format!("{id} ended otherwise").into());
    }
    expected.insert(id, end);
    Ok(())
}

/// Every trace belongs to one invocation, has all its spans and no other.
fn check(traces: &[Trace], mut expected: HashMap<String, Expected>) -> Result<(), Error> {
    let mut trace_ids = HashSet::new();
    for trace in traces {
        let root = trace
            .find("aws.lambda")
            .ok_or("a trace without aws.lambda")?;
        let wrong = |what: &str| Err(Error::from(format!("{what}: {trace}")));
        let id = root.tag("request_id").unwrap_or_default();
        let Some(end) = expected.remove(id) else {
            return wrong("twice, or of nobody");
        };
        if root.tag("error.type") != end.error || root.error != end.error.is_some() {
            return wrong("another's outcome");
        }
        let parent = if end.trace_id.is_some() { 5 } else { 0 };
        let foreign = end.trace_id.is_some_and(|id| id != root.trace_id);
        if foreign || root.parent_id != parent || !trace_ids.insert(root.trace_id) {
            return wrong("another's trace");
        }
        for (child, parent) in end.children {
            let spans = (trace.find(child), trace.find(parent));
            let (Some(child), Some(parent)) = spans else {
                return wrong("a span is missing");
            };
            if child.parent_id != parent.span_id || child.trace_id != root.trace_id {
                return wrong("a span of another");
            }
        }
    }
    match expected.len() {
        0 => Ok(()),
        missing => Err(format!("{missing} traces have not arrived").into()),
    }
}
