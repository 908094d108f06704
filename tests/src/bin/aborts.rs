//! What becomes of a panic where it ends the process, as in a program that `cargo lambda build --release` has built: the
//! trace is sent first, and says so. `tests/with-abort` builds this program in that way.
//!
//! Started by hand, it starts itself as a function for each panic; started as a function, its argument says how to panic.

use ddlambda::testing::{Lambda, Outcome, Trace};
use ddlambda_tests::events;
use lambda_runtime::{service_fn, Error, LambdaEvent};
use serde_json::Value;

fn find(_: &Value) -> Option<ddlambda::TraceContext> {
    panic!("a bug in the extractor")
}

#[ddlambda::handler(extractor = find)]
async fn extracting(_: LambdaEvent<Value>) -> Result<(), Error> {
    Ok(())
}

#[ddlambda::handler]
async fn panicking(_: LambdaEvent<Value>) -> Result<(), Error> {
    tracing::info_span!("closed").in_scope(|| ());
    let _open = tracing::info_span!("open").entered();
    panic!("a bug in the handler")
}

#[ddlambda::handler]
async fn detaching(_: LambdaEvent<Value>) -> Result<(), Error> {
    let task = tokio::spawn(async { panic!("a bug in a task") });
    Ok(task.await?)
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    match std::env::args().nth(1).as_deref() {
        Some("handler") => ddlambda::run(service_fn(panicking)).await,
        Some("extractor") => ddlambda::run(service_fn(extracting)).await,
        Some("task") => ddlambda::run(service_fn(detaching)).await,
        Some("load") => {
            let connect = async { panic!("a bug in load") };
            ddlambda::load::<(), Error>(connect).await
        }
        _ if cfg!(not(panic = "abort")) => {
            Err("to be built with `--profile abort`, as `tests/with-abort` does".into())
        }
        _ => {
            check().await;
            Ok(())
        }
    }
}

async fn check() {
    let (outcome, trace) = invoked("handler").await;
    assert_eq!(outcome.error().unwrap().error_type, "Runtime.ExitError");
    assert_failed(&trace, "a bug in the handler");
    let (open, closed) = (trace.span("open"), trace.span("closed"));
    for span in [open, closed] {
        trace.assert_parent(span, trace.span("aws.lambda"));
    }
    trace.assert_parent(trace.span("aws.lambda"), trace.span("aws.apigateway"));

    let (_, trace) = invoked("extractor").await;
    assert_failed(&trace, "a bug in the extractor");

    let (_, trace) = invoked("task").await;
    assert!(trace.span("aws.lambda").error);

    let lambda = started("load").await;
    lambda.exited().await;
    let traces = lambda.agent().unwrap().traces();
    assert_failed(&traces[0], "a bug in load");
    println!("every panic has sent its trace");
}

async fn started(how: &str) -> Lambda {
    let program = std::env::current_exe().unwrap();
    Lambda::binary(program).args([how]).start().await
}

async fn invoked(how: &str) -> (Outcome, Trace) {
    let lambda = started(how).await;
    let outcome = lambda.invoke(events::rest()).await;
    lambda.exited().await;
    let trace = outcome.trace().await;
    (outcome, trace)
}

fn assert_failed(trace: &Trace, message: &str) {
    let span = trace.span("aws.lambda");
    assert!(span.error, "{trace}");
    assert_eq!(span.tag("error.type"), Some("panic"));
    assert_eq!(span.tag("error.message"), Some(message));
}
