//! A program that is no function. Each line of its standard input names units of work: it does those of a line at once,
//! sends their spans if it is told so, and answers with a line that has their results.

use std::future::{poll_fn, Future};
use std::io::BufRead;
use std::pin::pin;
use std::task::Poll;

use ddlambda::{host, Carrier};
use ddlambda_tests::task::Task;
use lambda_runtime::Error;
use serde::Deserialize;
use serde_json::{json, Value};
use tracing::{info_span, Instrument};

/// A line.
#[derive(Deserialize)]
struct Line {
    units: Vec<Work>,
    #[serde(default)]
    flush: bool,
    /// Panic before, on the main thread and outside of any unit.
    #[serde(default)]
    panic: bool,
}

#[derive(Deserialize)]
struct Work {
    name: String,
    service: Option<String>,
    resource: Option<String>,
    span_type: Option<String>,
    span_kind: Option<String>,
    #[serde(default)]
    headers: Carrier,
    #[serde(default)]
    way: Way,
    #[serde(rename = "do", default)]
    task: Task,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Way {
    /// A future that may fail.
    #[default]
    TryRun,
    /// A future whose errors are nobody's business.
    Run,
    /// A function that opens a span and tells the headers.
    TryCall,
    /// A future that is dropped at its first stop.
    Cancel,
    /// A future within another unit, and within a span of it.
    Within,
}

impl Work {
    async fn perform(self) -> Result<Value, Error> {
        let mut unit = host::unit(self.name).continuing(&self.headers);
        if let Some(service) = self.service {
            unit = unit.service(service);
        }
        if let Some(resource) = self.resource {
            unit = unit.resource(resource);
        }
        if let Some(span_type) = self.span_type {
            unit = unit.span_type(span_type);
        }
        if let Some(span_kind) = self.span_kind {
            unit = unit.span_kind(span_kind);
        }
        let work = self.task.perform();
        let response = match self.way {
            Way::TryRun => unit.try_run(work).await?,
            Way::Run => unit.run(work).await?,
            Way::TryCall => return unit.try_call(call),
            Way::Cancel => {
                let mut work = pin!(unit.run(work));
                let ended = poll_fn(|cx| Poll::Ready(work.as_mut().poll(cx).is_ready())).await;
                return Ok(json!({ "ended": ended }));
            }
            Way::Within => {
                let work = async { unit.try_run(work).await };
                let around = async { work.instrument(info_span!("around")).await };
                host::unit("outside").run(around).await?
            }
        };
        Ok(serde_json::to_value(response)?)
    }
}

fn call() -> Result<Value, Error> {
    let _span = info_span!("step").entered();
    tracing::info!("called");
    Ok(json!(ddlambda::trace_headers()))
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    ddlambda::init();
    for line in std::io::stdin().lock().lines() {
        let line: Line = serde_json::from_str(&line?)?;
        if line.panic {
            assert!(std::panic::catch_unwind(|| panic!("a bug outside of units")).is_err());
        }
        let units = line.units.into_iter();
        let units: Vec<_> = units.map(|work| tokio::spawn(work.perform())).collect();
        let mut results = Vec::new();
        for unit in units {
            results.push(match unit.await {
                Ok(Ok(value)) => value,
                Ok(Err(error)) => json!({ "error": error.to_string() }),
                Err(_) => json!({ "panic": true }),
            });
        }
        if line.flush {
            host::flush().await;
        }
        println!("{}", json!({ "results": results }));
    }
    host::flush_blocking();
    Ok(())
}
