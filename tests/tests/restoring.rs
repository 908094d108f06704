//! SnapStart: what many sandboxes are restored from is one process, which is not to be the same in each.

use ddlambda::testing::{Event, Trace};
use ddlambda_tests::binary;
use serde_json::json;

const TYPE: &str = "AWS_LAMBDA_INITIALIZATION_TYPE";

/// The state of a generator SplitMix64 behind a number that it has drawn.
fn state(drawn: u64) -> u64 {
    let unshift = |z: u64, by: u32| (1..=64 / by).fold(z, |y, _| z ^ (y >> by));
    // The inverses of its two factors.
    let z = unshift(drawn, 31).wrapping_mul(0x3196_42b2_d24d_8ec3);
    let z = unshift(z, 27).wrapping_mul(0x96de_1b17_3f11_9089);
    unshift(z, 30)
}

/// Whether the id of one trace comes soon after that of another in one sequence.
fn goes_on(before: &Trace, after: &Trace) -> bool {
    let drawn = |trace: &Trace| state(trace.trace_id() as u64);
    // The inverse of its step.
    let steps = drawn(after).wrapping_sub(drawn(before));
    steps.wrapping_mul(0xf1de_83e1_9937_733d) < 1_000
}

#[tokio::test]
async fn nothing_that_was_there_before_the_snapshot_is_used_after_it() {
    for (kind, same) in [("on-demand", true), ("snap-start", false)] {
        let function = binary!("starting").args(["primed"]).env(TYPE, kind);
        let lambda = function.freezes(true).start().await;
        for number in 0..3 {
            let outcome = lambda.invoke(json!({})).await;
            let trace = outcome.trace().await;
            let span = trace.span("aws.lambda");
            let cold = if number == 0 && !same {
                "true"
            } else {
                "false"
            };
            assert_eq!(span.tag("cold_start"), Some(cold), "{kind} {number}");
            assert_eq!(trace.spans().len(), 1, "{kind} {number}");
        }
        let agent = lambda.agent().unwrap();
        let (requests, traces) = (agent.requests(), agent.traces());
        assert_eq!((requests.len(), traces.len()), (4, 4));
        // The first was sent before the snapshot.
        assert_eq!(requests[0].peer == requests[1].peer, same, "{kind}");
        assert_eq!(goes_on(&traces[0], &traces[1]), same, "{kind}");
        assert_eq!(requests[1].peer, requests[2].peer);
        assert_eq!(requests[2].peer, requests[3].peer);
    }
}

#[tokio::test]
async fn every_way_to_run_is_restored() {
    for function in [
        binary!("function"),
        binary!("layered"),
        binary!("plain"),
        binary!("concurrent"),
        binary!("http"),
        binary!("router"),
        binary!("router").args(["streaming"]),
    ] {
        let lambda = function.env(TYPE, "snap-start").start().await;
        for cold in ["true", "false"] {
            let outcome = lambda.invoke(ddlambda_tests::events::rest()).await;
            let trace = outcome.trace().await;
            assert_eq!(trace.span("aws.lambda").tag("cold_start"), Some(cold));
            assert_eq!(trace.find("aws.lambda.load"), None);
        }
        let journal = lambda.journal();
        let place = |event: &Event| journal.iter().position(|moment| moment.event == *event);
        let restored = place(&Event::Restored).unwrap();
        assert!(place(&Event::SnapshotReady).unwrap() < restored);
        assert!(restored < place(&Event::NextRequested).unwrap());
    }
}
