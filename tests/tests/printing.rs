//! Values that are odd to print: those that log, and so ask for the trace that they are being written to, and those that
//! do not print at all.

use std::fmt;

use ddlambda::testing::Lambda;
use lambda_runtime::{service_fn, Error, LambdaEvent};
use serde_json::{json, Value};
use tracing::field::{self, Empty};

/// Prints as its name, and says so in the log.
struct Talkative;

impl fmt::Display for Talkative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        tracing::error!("printing");
        ddlambda::set_metric("printed", 1.0);
        f.write_str("talkative")
    }
}

impl fmt::Debug for Talkative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[ddlambda::handler]
async fn handler(_: LambdaEvent<Value>) -> Result<Value, Error> {
    ddlambda::set_tag("tag", Talkative);
    let span = tracing::info_span!("step", field = %Talkative, later = Empty);
    let _entered = span.enter();
    span.record("later", field::debug(Talkative));
    ddlambda::set_tag("tag", Talkative);
    ddlambda::set_error(&Talkative);
    tracing::error!(error = ?Talkative, "failed");
    Ok(json!({ "headers": ddlambda::trace_headers() }))
}

#[tokio::test]
async fn a_value_that_logs_while_it_is_printed_is_recorded_all_the_same() {
    let lambda = Lambda::service(|| ddlambda::run(service_fn(handler))).await;
    let outcome = lambda.invoke(json!({})).await;
    assert!(outcome.is_ok());
    let trace = outcome.trace().await;
    let (root, step) = (trace.span("aws.lambda"), trace.span("step"));
    assert_eq!(root.tag("tag"), Some("talkative"));
    assert_eq!(root.metric("printed"), Some(1.0));
    for tag in ["field", "later", "tag", "error.message"] {
        assert_eq!(step.tag(tag), Some("talkative"), "{tag}");
    }
    assert_eq!(step.metric("printed"), Some(1.0));
    assert!(step.error);
}

/// Cannot be printed to its end.
struct Unprintable;

impl fmt::Display for Unprintable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("half")?;
        Err(fmt::Error)
    }
}

impl fmt::Debug for Unprintable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[ddlambda::handler]
async fn careless(_: LambdaEvent<Value>) -> Result<(), Error> {
    let span = tracing::info_span!("step", field = %Unprintable, later = Empty);
    let _entered = span.enter();
    span.record("later", field::debug(Unprintable));
    ddlambda::set_tag("tag", Unprintable);
    tracing::error!(error = ?Unprintable, "failed {Unprintable}");
    ddlambda::set_error(&Unprintable);
    Ok(())
}

#[tokio::test]
async fn a_value_that_does_not_print_is_kept_as_far_as_it_does() {
    let lambda = Lambda::service(|| ddlambda::run(service_fn(careless))).await;
    let outcome = lambda.invoke(json!({})).await;
    assert_eq!(outcome.error(), None);
    let trace = outcome.trace().await;
    for tag in ["field", "later", "tag", "error.message"] {
        assert_eq!(trace.span("step").tag(tag), Some("half"), "{tag}");
    }
}
