//! Time-outs that come early enough for any machine.

use std::time::Duration;

use ddlambda::testing::{Binary, Lambda, Outcome};
use serde_json::json;

use crate::events;
use crate::gate::Gate;

/// The time that an invocation has.
pub const DEADLINE: Duration = Duration::from_millis(1_500);

/// A function that counts as timed out long before its [`DEADLINE`].
pub fn early(function: Binary) -> Binary {
    function.env("DD_APM_FLUSH_DEADLINE_MILLISECONDS", "1200")
}

/// Invokes a function that counts as timed out half a second later and then has much time left. Once the agent has its
/// spans, it goes on with `task`, which waits at a gate until then.
pub async fn outlive(function: Binary, task: &str) -> (Lambda, Outcome) {
    let function = function.env("DD_APM_FLUSH_DEADLINE_MILLISECONDS", "19500");
    let lambda = function.start().await;
    let mut gate = Gate::closed().await;
    let event = events::task(json!({ task: gate.address() }));
    let invocation = lambda.invocation().deadline(Duration::from_secs(20));
    let invocation = invocation.event(event).send();
    let agent = lambda.agent().cloned();
    let meanwhile = async {
        gate.wait_for(1).await;
        if let Some(agent) = agent {
            agent.wait_for_requests(1).await;
        }
        gate.open();
    };
    let (outcome, ()) = tokio::join!(invocation, meanwhile);
    (lambda, outcome)
}
