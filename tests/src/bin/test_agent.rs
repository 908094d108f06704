//! Sends traces of every kind to a running trace agent: the other end of `tests/test-agent`.
//!
//! Started by hand, it starts itself as a function, and gives it events; started as a function, it is one.

use std::process::ExitCode;

use ddlambda::testing::Lambda;
use ddlambda_tests::events;
use lambda_runtime::{service_fn, Error, LambdaEvent};
use serde_json::{json, Value};

#[tracing::instrument(skip_all, fields(level = level, item = "widget"))]
async fn step(level: u32) {
    if level > 1 {
        Box::pin(step(level - 1)).await;
    }
}

#[ddlambda::handler]
async fn handler(event: LambdaEvent<Value>) -> Result<Value, Error> {
    step(3).await;
    ddlambda::set_tag("note", "é, 数 and \u{1f980}");
    ddlambda::set_metric("negative", -0.5);
    match event.payload["do"].as_str() {
        Some("fail") => Err("it failed".into()),
        Some("panic") => panic!("it panicked"),
        Some("many") => {
            for level in 0..2_000 {
                step(level % 2 + 1).await;
            }
            Ok(Value::Null)
        }
        _ => Ok(json!({ "statusCode": 200 })),
    }
}

#[tokio::main]
async fn main() -> Result<ExitCode, Error> {
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() {
        ddlambda::run(service_fn(handler)).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let Some(agent) = std::env::args().nth(1) else {
        eprintln!("usage: test_agent <http://host:port of the agent>");
        return Ok(ExitCode::from(2));
    };
    let lambda = Lambda::binary(std::env::current_exe()?)
        .agent(false)
        .env("DD_TRACE_AGENT_URL", agent)
        .env("DD_TRACE_AGENT_TIMEOUT_SECONDS", "20")
        .env("DD_SERVICE", "test-agent")
        .env("DD_ENV", "test")
        .env("DD_VERSION", "1.0")
        .start()
        .await;
    let mut events = vec![
        json!({ "do": "fail" }),
        json!({ "do": "panic" }),
        json!({ "do": "many" }),
    ];
    events.extend(events::samples());
    for event in &events {
        lambda.invoke(event).await.next_requested().await;
    }
    let losses: Vec<String> = lambda
        .logs()
        .into_iter()
        .filter(|line| line.contains("trace agent"))
        .collect();
    for line in &losses {
        println!("{line}");
    }
    println!("{} invocations", events.len());
    Ok(if losses.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
