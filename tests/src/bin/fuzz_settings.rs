//! Starts a function with generated settings: `fuzz_settings [how many] [seed] [seconds]`, by default 1,000 from seed 1.
//!
//! Whatever they are, it answers as it should. Ends with exit code 1 when it does not, and prints the settings.

use std::path::Path;

use ddlambda::testing::Lambda;
use ddlambda_tests::effort::Effort;
use ddlambda_tests::events;
use ddlambda_tests::mutate::{self, Numbers};
use lambda_runtime::Error;
use serde_json::json;

/// Values that some setting takes.
const VALUES: [&str; 24] = [
    "",
    "true",
    "0",
    "1.5",
    "-1",
    "100",
    "orders",
    "a:b,c:d",
    "team:shop env:test",
    "datadog,tracecontext,b3,b3multi,baggage,xray,none",
    "restart",
    "v0.5",
    "v1",
    "400-499,503",
    "http://127.0.0.1:9",
    "unix:///nowhere",
    "udp://127.0.0.1:9",
    "127.0.0.1:9",
    "snap-start",
    "JSON",
    "info,orders=debug",
    r#"[{"service":"or*","sample_rate":0.5,"tags":{"a":"?"}}]"#,
    r#"{"orders":["id"]}"#,
    "(?i)(?:p(?:ass)?w(?:or)?d|token)(?:=[^&]+)",
];

/// These say where the function's spans go, or belong to the runtime.
const KEPT: [&str; 4] = [
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "DD_TRACE_AGENT_URL",
    "DD_TRACE_ENABLED",
];

#[tokio::main]
async fn main() -> Result<(), Error> {
    let effort = Effort::asked_for(1_000)?;
    let (seed, mut count) = (effort.seed, 0);
    let names = names()?;
    let program = std::env::current_exe()?;
    let function = program.parent().unwrap_or(Path::new(".")).join("function");
    let mut numbers = Numbers::new(seed);
    for started in effort.times() {
        count = started + 1;
        let mut settings = Vec::new();
        for _ in 0..=numbers.below(12) {
            let name = numbers.pick(&names).cloned().unwrap_or_default();
            let value = numbers.pick(&VALUES).copied().unwrap_or_default();
            let value = mutate::text(value, &VALUES, &mut numbers);
            // No process can have it in its environment.
            settings.push((name, value.replace('\0', "")));
        }
        let mut binary = Lambda::binary(&function);
        for (name, value) in &settings {
            binary = binary.env(name, value);
        }
        let lambda = binary.start().await;
        for event in [events::rest(), events::sqs_batch()] {
            let task = json!({ "respond": { "statusCode": 200 } });
            let outcome = lambda.invoke(events::with(event, task)).await;
            let panicked = lambda
                .logs()
                .iter()
                .any(|line| line.contains("panicked at"));
            if !outcome.is_ok() || panicked {
                let (logs, error) = (lambda.logs(), outcome.error().cloned());
                return Err(format!(
                    "start {started} of seed {seed}: {settings:?}: {error:?} {logs:#?}"
                )
                .into());
            }
        }
    }
    let seconds = effort.seconds();
    println!("{count} functions of seed {seed} in {seconds:.1} s; all normal");
    Ok(())
}

/// Every setting that the documentation names.
fn names() -> Result<Vec<String>, Error> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/src/configuration.md");
    let page = std::fs::read_to_string(page)?;
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let names = rows.filter_map(|line| line.split('`').nth(1));
    let names = names.filter(|name| !KEPT.contains(name));
    Ok(names.map(str::to_owned).collect())
}
