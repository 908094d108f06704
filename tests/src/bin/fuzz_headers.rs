//! Sends generated trace headers to a function in this process: `fuzz_headers [how many] [seed] [seconds]`, by default 10,000
//! from seed 1.
//!
//! Ends with exit code 1 when an invocation is not a normal one, or when the headers that the function would send on are
//! not as they must be, and prints the event.

use ddlambda::testing::Lambda;
use ddlambda_tests::effort::Effort;
use ddlambda_tests::events;
use ddlambda_tests::mutate::{self, Numbers};
use lambda_runtime::{service_fn, Error, LambdaEvent};
use serde_json::{json, Value};

const TRACE_PARENT: &str = "00-65e1f2a3000000004851aee16b2b4e4b-57bd0a5ad9a2b3f2-01";
const XRAY: &str = "Root=1-65e1f2a3-000000004851aee16b2b4e4b;Parent=57bd0a5ad9a2b3f2;Sampled=1";

/// Good headers of every format.
const HEADERS: [(&str, &str); 14] = [
    ("x-datadog-trace-id", "5211111111111111115"),
    ("x-datadog-parent-id", "6322222222222222226"),
    ("x-datadog-sampling-priority", "2"),
    ("x-datadog-origin", "rum"),
    ("x-datadog-tags", "_dd.p.tid=65e1f2a300000000,_dd.p.dm=-4"),
    ("traceparent", TRACE_PARENT),
    (
        "tracestate",
        "dd=s:2;o:rum;p:57bd0a5ad9a2b3f2;t.dm:-4,ot=th:8;rv:ab,other=a@b",
    ),
    ("baggage", "user.id=7,plan=gold%20plus;sticky,empty="),
    ("b3", "4851aee16b2b4e4b-57bd0a5ad9a2b3f2-d-1"),
    ("x-b3-traceid", "65e1f2a3000000004851aee16b2b4e4b"),
    ("x-b3-spanid", "57bd0a5ad9a2b3f2"),
    ("x-b3-sampled", "1"),
    ("x-b3-flags", "1"),
    ("x-amzn-trace-id", XRAY),
];

/// A function is started anew after so many events, since the kit remembers all of them.
const GENERATION: u64 = 500;

#[ddlambda::handler]
async fn handler(_: LambdaEvent<Value>) -> Result<Value, Error> {
    Ok(serde_json::to_value(ddlambda::trace_headers())?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    std::env::set_var("RUST_LOG", "off");
    std::env::set_var("DD_MERGE_XRAY_TRACES", "true");
    let styles = "datadog,tracecontext,b3,b3multi,baggage";
    std::env::set_var("DD_TRACE_PROPAGATION_STYLE", styles);
    let effort = Effort::asked_for(10_000)?;
    let (seed, mut count) = (effort.seed, 0);
    let good = HEADERS.map(|(_, value)| value);
    let mut numbers = Numbers::new(seed);
    let mut lambda = start().await;
    for sent in effort.times() {
        count = sent + 1;
        if sent % GENERATION == GENERATION - 1 {
            lambda = start().await;
        }
        let mut headers = json!({});
        for (name, value) in HEADERS {
            if numbers.below(3) > 0 {
                headers[name] = mutate::text(value, &good, &mut numbers).into();
            }
        }
        let mut event = events::rest();
        event["headers"] = headers;
        event["multiValueHeaders"].take();
        let xray = mutate::text(XRAY, &good, &mut numbers);
        let is_header = |text: &String| text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let xray = Some(xray).filter(is_header).unwrap_or_default();
        let invocation = lambda.invocation().event(&event).trace_header(xray);
        let outcome = invocation.send().await;
        outcome.next_requested().await;
        let normal = outcome.is_ok() && outcome.trace().await.find("aws.lambda").is_some();
        let wrong = check(outcome.response());
        if let Some(name) = wrong.or((!normal).then_some("not normal")) {
            let answer = outcome.response();
            return Err(
                format!("event {sent} of seed {seed}: {name}: {event} gave {answer}").into(),
            );
        }
    }
    let seconds = effort.seconds();
    println!("{count} events of seed {seed} in {seconds:.1} s; all normal");
    Ok(())
}

async fn start() -> Lambda {
    Lambda::service(|| ddlambda::run(service_fn(handler))).await
}

/// The first header that is not as its format wants it.
fn check(headers: &Value) -> Option<&'static str> {
    let header = |name: &str| headers[name].as_str().unwrap_or_default();
    let is_hex = |text: &str, digits: usize| {
        text.len() == digits
            && text
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_id = |text: &str| text.parse::<u64>().is_ok_and(|id| id != 0);
    let printable = |text: &str| text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let parts: Vec<&str> = header("traceparent").split('-').collect();
    let [version, trace, span, flags] = parts[..] else {
        return Some("traceparent");
    };
    let is_parent = version == "00" && is_hex(trace, 32) && is_hex(span, 16) && is_hex(flags, 2);
    let state = header("tracestate");
    // Ids of 64 bits are written as such.
    let b3 = header("b3").split('-').next().unwrap_or_default();
    let members = state.split(',').count();
    let checks = [
        ("traceparent", is_parent),
        ("x-datadog-trace-id", is_id(header("x-datadog-trace-id"))),
        ("x-datadog-parent-id", is_id(header("x-datadog-parent-id"))),
        (
            "x-datadog-sampling-priority",
            header("x-datadog-sampling-priority").parse::<i32>().is_ok(),
        ),
        (
            "x-datadog-tags",
            header("x-datadog-tags").len() <= 512 && printable(header("x-datadog-tags")),
        ),
        ("tracestate", members <= 32 && printable(state)),
        (
            "baggage",
            header("baggage").len() <= 8192 && printable(header("baggage")),
        ),
        ("b3", trace.ends_with(b3) && matches!(b3.len(), 16 | 32)),
    ];
    let wrong = checks.into_iter().find(|(_, right)| !right);
    wrong.map(|(name, _)| name)
}
