//! The log is the user's, and may panic: what ddlambda has to say then goes unsaid, and everything else goes on.

use ddlambda::testing::{AgentBehavior, Binary};
use ddlambda_tests::{binary, events};
use serde_json::json;

fn function(how: &str) -> Binary {
    binary!("own_subscriber")
        .args([how])
        .env("DD_TRACE_AGENT_TIMEOUT_SECONDS", "30")
}

#[tokio::test]
async fn spans_beyond_the_limit_are_counted_all_the_same() {
    let lambda = function("panics").start().await;
    let flood = events::task(json!({ "spans": { "many": 20_500 } }));
    for _ in 0..2 {
        let outcome = lambda.invoke(&flood).await;
        assert!(outcome.is_ok());
        let trace = outcome.trace().await;
        let dropped = trace
            .span("aws.lambda")
            .metric("_dd.ddlambda.dropped_spans");
        assert_eq!(dropped, Some(500.0));
    }
}

#[tokio::test]
async fn an_agent_that_fails_and_works_again_is_no_end() {
    let lambda = function("panics").start().await;
    let agent = lambda.agent().unwrap().clone();
    for behavior in [AgentBehavior::Status(500), AgentBehavior::Accept] {
        agent.set_behavior(behavior);
        for _ in 0..3 {
            let outcome = lambda.invoke(json!({})).await;
            assert!(outcome.is_ok());
            outcome.next_requested().await;
        }
    }
    assert_eq!(agent.traces().len(), 3);
}

/// The settings have a mistake, and what is missing under the plain runtime is to be said, too.
#[tokio::test]
async fn a_first_line_that_cannot_be_written_is_no_end_either() {
    for how in ["panics", "panics-plain", "panics-alone"] {
        let function = function(how).env("DD_TRACE_SAMPLE_RATE", "much");
        let lambda = function.env("DD_TRACE_EXTRACTOR", "unknown").start().await;
        for _ in 0..2 {
            let outcome = lambda.invoke(json!({})).await;
            assert!(outcome.is_ok(), "{how}: {:?}", outcome.error());
            assert!(outcome.trace().await.find("aws.lambda").is_some());
        }
    }
}
