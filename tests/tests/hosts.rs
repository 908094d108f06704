//! Programs that are no functions: units of work, their traces, and who gets them.

use ddlambda::testing::{Agent, AgentBehavior, Span, Trace};
use ddlambda_tests::gate::Gate;
use ddlambda_tests::{binary, events, host};
use serde_json::{json, Value};

/// The trace whose root is a span of this name.
fn trace(agent: &Agent, root: &str) -> Trace {
    let traces = agent.traces();
    let found = traces.iter().find(|trace| trace.root().name == root);
    found
        .unwrap_or_else(|| panic!("no `{root}`: {traces:?}"))
        .clone()
}

fn tags(span: &Span) -> Vec<&str> {
    span.meta.keys().map(String::as_str).collect()
}

fn decision(trace: &Trace) -> (Option<i32>, Option<&str>) {
    (trace.priority(), trace.root().tag("_dd.p.dm"))
}

/// The headers of the child span in a result of `{"context": "headers"}`.
fn told(result: &Value) -> &Value {
    &result["child"]["headers"]
}

#[tokio::test]
async fn a_unit_continues_the_trace_that_it_is_given() {
    let agent = Agent::start();
    let mut host = host!(Some(&agent), [("DD_SERVICE", "shop"), ("DD_ENV", "test")]);
    let results = host.run(json!([{
        "name": "web.request", "resource": "GET /orders", "span_type": "web", "span_kind": "server",
        "headers": events::headers(), "do": { "context": "headers" },
    }]));
    let trace = trace(&agent, "web.request");
    let root = trace.root();
    assert_eq!(
        (root.trace_id, root.parent_id),
        (events::TRACE_ID, events::PARENT_ID)
    );
    assert_eq!(
        (&*root.service, &*root.resource, &*root.kind),
        ("shop", "GET /orders", "web")
    );
    assert_eq!(
        (root.tag("span.kind"), root.tag("env")),
        (Some("server"), Some("test"))
    );
    assert_eq!(
        (decision(&trace), root.tag("_dd.origin")),
        ((Some(2), Some("-4")), Some("rum"))
    );
    let call = trace.span("call");
    trace.assert_parent(call, root);
    assert_eq!(
        told(&results[0])["x-datadog-parent-id"],
        call.span_id.to_string()
    );
    assert_eq!(told(&results[0])["x-datadog-sampling-priority"], "2");
    assert_eq!(results[0]["handler"]["span_id"], root.span_id);
    assert!(host.end().is_empty());
}

#[tokio::test]
async fn a_unit_begins_a_trace_that_says_nothing_of_lambda() {
    let agent = Agent::start();
    let mut host = host!(Some(&agent), []);
    let units = json!([{ "name": "job", "service": "cron", "do": { "spans": "nested" } }, { "name": "plain" }]);
    host.run(units);
    let job = trace(&agent, "job");
    let root = job.root();
    assert_eq!(
        (root.parent_id, root.error, &*root.resource, &*root.kind),
        (0, false, "job", "")
    );
    assert_eq!(
        tags(root),
        [
            "_dd.base_service",
            "_dd.p.dm",
            "_dd.p.tid",
            "language",
            "runtime-id"
        ]
    );
    let numbers: Vec<&str> = root.metrics.keys().map(String::as_str).collect();
    assert_eq!(numbers, ["_sampling_priority_v1", "process_id"]);
    assert_eq!(decision(&job), (Some(1), Some("-0")));
    job.assert_parent(job.span("outer"), root);
    job.assert_parent(job.span("inner"), job.span("outer"));
    // Named after the program.
    assert_eq!(
        (&*root.service, &*trace(&agent, "plain").root().service),
        ("cron", "host")
    );
    let request = &agent.requests()[0];
    assert_eq!(request.header("datadog-meta-lang"), Some("rust"));
}

#[tokio::test]
async fn errors_panics_and_ends_before_the_end_are_marked() {
    let agent = Agent::start();
    let mut host = host!(Some(&agent), []);
    let results = host.run(json!([
        { "name": "fails", "do": { "fail": "no stock" } },
        { "name": "declines", "do": { "decline": 3 } },
        { "name": "unminded", "way": "run", "do": { "fail": "no stock" } },
        { "name": "panics", "do": { "panic": "a bug" } },
        { "name": "ends", "way": "cancel", "do": "hang" },
    ]));
    assert_eq!(results[0], json!({ "error": "no stock" }));
    assert_eq!(results[3], json!({ "panic": true }));
    for (name, kind, message) in [
        ("fails", Some("Error"), Some("no stock")),
        (
            "declines",
            Some("Declined"),
            Some("the card was declined with code 3"),
        ),
        ("unminded", None, None),
        ("panics", Some("panic"), Some("a bug")),
        (
            "ends",
            Some("dropped"),
            Some("the future of the unit was dropped before it ended"),
        ),
    ] {
        let trace = trace(&agent, name);
        let root = trace.root();
        assert_eq!(
            (root.tag("error.type"), root.tag("error.message")),
            (kind, message)
        );
        assert_eq!(root.error, kind.is_some(), "{name}");
    }
    let place = trace(&agent, "panics")
        .root()
        .tag("error.stack")
        .unwrap()
        .to_owned();
    assert!(place.starts_with("at tests/src/task"), "{place}");
    // What it held open has ended with it.
    let ends = trace(&agent, "ends");
    ends.assert_parent(ends.span("outer"), ends.root());
    ends.assert_parent(ends.span("inner"), ends.span("outer"));
    assert!(ends
        .spans()
        .iter()
        .all(|span| span.end() <= ends.root().end()));
}

#[tokio::test]
async fn a_panic_outside_of_units_is_no_function_that_did_not_start() {
    let agent = Agent::start();
    let metrics = agent.metrics_url();
    let mut host = host!(Some(&agent), [("DD_DOGSTATSD_URL", &*metrics)]);
    host.give(&json!({ "panic": true, "units": [{ "name": "job" }], "flush": true }));
    host.results();
    let traces = agent.traces();
    assert_eq!(traces.len(), 1, "{traces:?}");
    assert_eq!(traces[0].root().name, "job");
    assert!(agent.metrics().is_empty());
}

#[tokio::test]
async fn units_at_once_keep_apart() {
    let agent = Agent::start();
    let mut host = host!(Some(&agent), []);
    let mut gate = Gate::closed().await;
    let wait = json!({ "wait_within": gate.address() });
    host.give(&json!({ "flush": true, "units": [
        { "name": "first", "headers": { "x-datadog-trace-id": "71", "x-datadog-parent-id": "5" }, "do": wait },
        { "name": "second", "do": wait },
    ]}));
    gate.wait_for(2).await;
    gate.open();
    let results = host.results();
    for (name, result) in ["first", "second"].into_iter().zip(&results) {
        let trace = trace(&agent, name);
        trace.assert_parent(trace.span("outer"), trace.root());
        trace.assert_parent(trace.span("inner"), trace.span("outer"));
        assert_eq!(trace.spans().len(), 3);
        assert_eq!(result["trace_id"], format!("{:032x}", trace.trace_id()));
        assert_eq!(result["span_id"], trace.span("inner").span_id);
    }
    assert_eq!(trace(&agent, "first").trace_id(), 71);
    // Each line of the log is in the trace of its unit.
    let lines = host.end();
    let ids: Vec<&Value> = lines.iter().map(|line| &line["dd.trace_id"]).collect();
    assert_eq!(ids.len(), 2);
    let second = json!(format!("{:032x}", trace(&agent, "second").trace_id()));
    assert!(
        ids.contains(&&json!("71")) && ids.contains(&&second),
        "{lines:?}"
    );
    assert!(lines.iter().all(|line| line.get("requestId").is_none()));
}

#[tokio::test]
async fn a_unit_within_another_is_its_own() {
    let agent = Agent::start();
    let mut host = host!(Some(&agent), []);
    let unit = json!({ "name": "inside", "way": "within", "do": { "spans": "nested" } });
    host.run(json!([unit, { "name": "called", "way": "try_call" }]));
    let (outside, inside) = (trace(&agent, "outside"), trace(&agent, "inside"));
    assert_ne!(outside.trace_id(), inside.trace_id());
    assert_eq!((outside.spans().len(), inside.spans().len()), (2, 3));
    inside.assert_parent(inside.span("outer"), inside.root());
    let called = trace(&agent, "called");
    called.assert_parent(called.span("step"), called.root());
}

#[tokio::test]
async fn spans_that_outlive_their_unit_are_sent() {
    let agent = Agent::start();
    let mut host = host!(Some(&agent), []);
    host.run(json!([{ "name": "begins", "do": { "spans": "outliving" } }]));
    assert_eq!(trace(&agent, "begins").spans().len(), 1);
    host.run(json!([{ "name": "waits", "do": { "spans": "finish" } }]));
    let trace = trace(&agent, "begins");
    trace.assert_parent(trace.span("outliving"), trace.root());
    trace.assert_parent(trace.span("after_the_end"), trace.span("outliving"));
}

#[tokio::test]
async fn spans_are_sent_in_the_background_and_at_the_end() {
    let agent = Agent::start();
    let mut host = host!(Some(&agent), []);
    host.run_on(json!([{ "name": "first" }, { "name": "second" }]));
    // Together, and without anybody asking.
    agent.wait_for_requests(1).await;
    host.run_on(json!([{ "name": "last" }]));
    host.end();
    assert_eq!(
        agent.requests()[0]
            .header("x-datadog-trace-count")
            .map(str::trim),
        Some("2")
    );
    assert_eq!((agent.requests().len(), agent.traces().len()), (2, 3));
}

#[tokio::test]
async fn an_agent_is_found_by_host_and_port() {
    let agent = Agent::start();
    let url = agent.url();
    let port = url.rsplit(':').next().unwrap();
    // The name stands for addresses of both kinds, the agent has one.
    let mut host = host!(
        None,
        [
            ("DD_AGENT_HOST", "localhost"),
            ("DD_TRACE_AGENT_PORT", port)
        ]
    );
    host.run(json!([{ "name": "job" }]));
    assert_eq!(trace(&agent, "job").root().parent_id, 0);
}

#[tokio::test]
async fn without_an_agent_the_work_is_done_and_the_loss_said() {
    let agent = Agent::start();
    agent.stop().await;
    let mut host = host!(Some(&agent), []);
    for _ in 0..3 {
        assert_eq!(
            host.run(json!([{ "name": "job", "do": { "respond": 7 } }])),
            [json!(7)]
        );
    }
    let lines = host.end();
    let losses: Vec<&Value> = lines.iter().map(|line| &line["lost"]).collect();
    assert_eq!(losses, [&json!(1), &json!(2)], "{lines:?}");
    assert!(lines[0]["message"].as_str().unwrap().contains("refused"));
}

#[tokio::test]
async fn an_agent_that_fails_once_loses_nothing() {
    let agent = Agent::start();
    agent.script([AgentBehavior::Status(503)]);
    let mut host = host!(Some(&agent), []);
    host.run(json!([{ "name": "job" }]));
    assert_eq!((agent.requests().len(), agent.traces().len()), (2, 1));
    assert!(host.end().is_empty());
}

#[tokio::test]
async fn what_waits_for_an_agent_is_bounded_and_the_rest_said_once() {
    let agent = Agent::start();
    agent.set_behavior(AgentBehavior::Hang);
    let mut host = host!(Some(&agent), [("DD_TRACE_AGENT_TIMEOUT_SECONDS", "600")]);
    let unit = || json!([{ "name": "many", "do": { "spans": { "many": 10_000 } } }]);
    host.run_on(unit());
    // From now on nothing is taken from the queue.
    agent.wait_for_requests(1).await;
    for _ in 0..5 {
        host.run_on(unit());
    }
    let said: Vec<Value> = host.lines();
    let dropped: Vec<&Value> = said.iter().map(|line| &line["dropped"]).collect();
    assert_eq!(dropped, [&json!(10_001)], "{said:?}");
}

#[tokio::test]
async fn what_was_decided_before_stays_decided() {
    let agent = Agent::start();
    let mut host = host!(Some(&agent), [("DD_TRACE_SAMPLE_RATE", "0")]);
    let results = host.run(json!([
        { "name": "asked", "headers": events::headers(), "do": { "context": "headers" } },
        { "name": "own", "do": { "context": "headers" } },
    ]));
    assert_eq!(decision(&trace(&agent, "asked")), (Some(2), Some("-4")));
    assert_eq!(told(&results[0])["x-datadog-sampling-priority"], "2");
    let own = trace(&agent, "own");
    assert_eq!(decision(&own), (Some(-1), Some("-3")));
    assert_eq!(own.root().metric("_dd.rule_psr"), Some(0.0));
    assert_eq!(told(&results[1])["x-datadog-sampling-priority"], "-1");
}

#[tokio::test]
async fn the_rates_of_an_agent_hold_from_its_first_answer_on() {
    let agent = Agent::start();
    agent.set_rates([("service:shop,env:prod", 0.0), ("service:,env:", 1.0)]);
    let mut host = host!(Some(&agent), [("DD_SERVICE", "shop"), ("DD_ENV", "prod")]);
    host.run(json!([{ "name": "first" }]));
    assert_eq!(decision(&trace(&agent, "first")), (Some(1), Some("-0")));
    let results = host.run(json!([{ "name": "second", "do": { "context": "headers" } }, { "name": "other", "service": "other" }]));
    let second = trace(&agent, "second");
    assert_eq!(decision(&second), (Some(0), Some("-1")));
    assert_eq!(second.root().metric("_dd.agent_psr"), Some(0.0));
    assert_eq!(told(&results[0])["x-datadog-sampling-priority"], "0");
    assert_eq!(decision(&trace(&agent, "other")), (Some(1), Some("-1")));
}

#[tokio::test]
async fn a_context_may_be_ignored_or_linked() {
    for (behavior, links) in [("ignore", 0), ("restart", 1)] {
        let agent = Agent::start();
        let mut host = host!(
            Some(&agent),
            [("DD_TRACE_PROPAGATION_BEHAVIOR_EXTRACT", behavior)]
        );
        host.run(json!([{ "name": "job", "headers": events::headers() }]));
        let trace = trace(&agent, "job");
        let root = trace.root();
        assert_ne!(root.trace_id, events::TRACE_ID);
        assert_eq!((root.parent_id, root.links.len()), (0, links), "{behavior}");
        assert!(root
            .links
            .iter()
            .all(|link| link.trace_id == events::TRACE_ID));
        assert_eq!(decision(&trace), (Some(1), Some("-0")));
    }
}

#[tokio::test]
async fn untraced_work_is_done_all_the_same() {
    let agent = Agent::start();
    let mut host = host!(Some(&agent), [("DD_TRACE_ENABLED", "false")]);
    let results = host.run(json!([
        { "name": "run", "headers": events::headers(), "do": { "context": "headers" } },
        { "name": "call", "way": "try_call" },
        { "name": "fail", "do": { "fail": "no stock" } },
    ]));
    assert_eq!((told(&results[0]), &results[1]), (&json!({}), &json!({})));
    assert_eq!(results[2], json!({ "error": "no stock" }));
    assert!(agent.requests().is_empty());
}

#[tokio::test]
async fn a_function_between_programs_makes_one_trace_with_one_decision() {
    let agent = Agent::start();
    // Whoever begins a trace keeps it; nobody else would.
    let mut first = host!(
        Some(&agent),
        [("DD_SERVICE", "shop"), ("DD_TRACE_SAMPLE_RATE", "1")]
    );
    let mut last = host!(
        Some(&agent),
        [("DD_SERVICE", "stock"), ("DD_TRACE_SAMPLE_RATE", "0")]
    );
    let function = binary!("function")
        .agent(false)
        .env("DD_TRACE_AGENT_URL", agent.url());
    let function = function.env("DD_TRACE_SAMPLE_RATE", "0").start().await;

    let unit = |name: &str, headers: &Value| json!([{ "name": name, "headers": headers, "do": { "propagate": { "baggage": { "order": "17" } } } }]);
    let headers = |result: &Value| result["headers"].clone();
    let shop = first.run(unit("shop.order", &json!({})));
    let mut event = events::with(events::rest_without_context(), json!({ "propagate": {} }));
    let request = event["headers"].as_object_mut().unwrap();
    request.extend(headers(&shop[0]).as_object().unwrap().clone());
    let outcome = function.invoke(event).await;
    outcome.next_requested().await;
    let stock = last.run(unit("stock.take", &headers(outcome.response())));

    let traces = agent.traces();
    assert_eq!(traces.len(), 1, "{traces:?}");
    let trace = &traces[0];
    assert_eq!(trace.root().name, "shop.order");
    let calls: Vec<&Span> = trace
        .spans()
        .iter()
        .filter(|span| span.name == "call")
        .collect();
    let [ordered, passed_on, taken] = calls[..] else {
        panic!("{trace}");
    };
    let chain = [
        trace.root(),
        ordered,
        trace.span("aws.apigateway"),
        trace.span("aws.lambda"),
        passed_on,
        trace.span("stock.take"),
        taken,
    ];
    for pair in chain.windows(2) {
        trace.assert_parent(pair[1], pair[0]);
    }
    for name in ["shop.order", "aws.apigateway", "stock.take"] {
        let span = trace.span(name);
        assert_eq!(span.metric("_sampling_priority_v1"), Some(2.0), "{name}");
        assert_eq!(
            (span.tag("_dd.p.dm"), span.tag("_dd.p.ksr")),
            (Some("-3"), Some("1")),
            "{name}"
        );
        assert_eq!(span.tag("_dd.p.tid").map(str::len), Some(16), "{name}");
    }
    // Of functions alone it is known that they are on Lambda.
    let origins = ["shop.order", "aws.apigateway", "stock.take"]
        .map(|name| trace.span(name).tag("_dd.origin"));
    assert_eq!(origins, [None, Some("lambda"), None]);
    assert_eq!(stock[0]["baggage"]["order"], "17");
    assert_eq!(trace.span("stock.take").metric("_dd.rule_psr"), None);
}
