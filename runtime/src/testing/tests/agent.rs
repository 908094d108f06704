//! Sending traces to an agent.

use std::time::Duration;

use rmpv::Value as Pack;
use serde_json::json;
use tokio::net::TcpStream;

use super::{echo_function, http, json_body};
use crate::testing::{Agent, AgentBehavior, Event};

fn map(entries: Vec<(&str, Pack)>) -> Pack {
    Pack::Map(
        entries
            .into_iter()
            .map(|(key, value)| (key.into(), value))
            .collect(),
    )
}

/// A span of trace 7 as a client encodes it.
fn pack_span(id: u64, parent: u64, name: &str, meta: Vec<(&str, &str)>) -> Pack {
    map(vec![
        ("trace_id", 7.into()),
        ("span_id", id.into()),
        ("parent_id", parent.into()),
        ("name", name.into()),
        ("service", "orders".into()),
        ("resource", name.into()),
        ("type", Pack::Nil),
        ("start", (1_000_000 * id).into()),
        ("duration", 500_000.into()),
        ("error", 0.into()),
        (
            "meta",
            map(meta
                .into_iter()
                .map(|(key, value)| (key, value.into()))
                .collect()),
        ),
        ("metrics", map(vec![("_sampling_priority_v1", 1.0.into())])),
    ])
}

fn pack(chunks: Vec<Vec<Pack>>) -> Vec<u8> {
    let mut body = Vec::new();
    let chunks = Pack::Array(chunks.into_iter().map(Pack::Array).collect());
    rmpv::encode::write_value(&mut body, &chunks).unwrap();
    body
}

async fn send_traces(agent: &Agent, chunks: Vec<Vec<Pack>>) -> Vec<u8> {
    http(&agent.url(), "PUT", "/v0.4/traces", "", &pack(chunks)).await
}

#[tokio::test]
async fn a_trace_is_what_belongs_to_the_invocation() {
    let lambda = echo_function().await;
    let outcome = lambda
        .invocation()
        .request_id("trace-of-request")
        .send()
        .await;
    outcome.next_requested().await;
    let agent = lambda.agent().unwrap();
    let function = vec![
        pack_span(
            2,
            1,
            "aws.lambda",
            vec![
                ("request_id", "trace-of-request"),
                ("_dd.p.tid", "00000000000000ff"),
            ],
        ),
        pack_span(3, 2, "load", vec![]),
    ];
    let late = vec![pack_span(
        4,
        3,
        "query",
        vec![("_dd.p.tid", "00000000000000ff")],
    )];
    let other = vec![pack_span(
        5,
        4,
        "aws.lambda",
        vec![("request_id", "another"), ("_dd.p.tid", "00000000000000ff")],
    )];
    send_traces(agent, vec![late, other, function]).await;

    let trace = outcome.trace().await;
    let names: Vec<&str> = trace
        .spans()
        .iter()
        .map(|span| span.name.as_str())
        .collect();
    assert_eq!(names, ["aws.lambda", "load", "query"]);
    assert_eq!(trace.trace_id(), 0xff_0000_0000_0000_0007);
    assert_eq!(trace.priority(), Some(1));
    assert_eq!(trace.root().name, "aws.lambda");
    trace.assert_parent(trace.span("query"), trace.span("load"));
    assert_eq!(trace.children(trace.root()), [trace.span("load")]);
    assert!(lambda.journal().iter().any(|moment| moment.event
        == Event::TraceReceived {
            request_id: Some("trace-of-request".to_owned()),
            spans: 2
        }));
}

#[tokio::test]
async fn links_come_from_the_field_and_from_the_tag() {
    let tag = r#"[{"trace_id":"00000000000000ff0000000000000007","span_id":"000000000000000a","attributes":{"n":1}}]"#;
    let Pack::Map(mut span) = pack_span(1, 0, "aws.lambda", vec![("_dd.span_links", tag)]) else {
        unreachable!()
    };
    let link = vec![
        ("trace_id", 7.into()),
        ("trace_id_high", 255.into()),
        ("span_id", 11.into()),
        ("flags", 1.into()),
    ];
    span.push(("span_links".into(), Pack::Array(vec![map(link)])));
    let agent = Agent::start();
    send_traces(&agent, vec![vec![Pack::Map(span)]]).await;

    let traces = agent.traces();
    let [field, tag] = traces[0].root().links.as_slice() else {
        panic!("{traces:?}")
    };
    assert_eq!(
        (field.trace_id, field.span_id, field.flags),
        (0xff_0000_0000_0000_0007, 11, Some(1))
    );
    assert_eq!((tag.trace_id, tag.span_id), (field.trace_id, 10));
    assert_eq!(tag.attributes["n"], "1");
}

#[tokio::test]
async fn an_agent_fails_as_it_is_told() {
    let agent = Agent::start();
    agent.script([
        AgentBehavior::Status(503),
        AgentBehavior::Reset,
        AgentBehavior::Garbage,
    ]);
    let chunk = || vec![vec![pack_span(1, 0, "aws.lambda", vec![])]];
    assert!(send_traces(&agent, chunk())
        .await
        .starts_with(b"HTTP/1.1 503"));
    assert_eq!(send_traces(&agent, chunk()).await, b"");
    assert!(send_traces(&agent, chunk())
        .await
        .starts_with(b"\x00\xffgarbage"));
    assert!(agent.traces().is_empty());
    assert!(http(&agent.url(), "POST", "/v0.4/traces", "", b"\x91")
        .await
        .starts_with(b"HTTP/1.1 500"));
    assert!(http(&agent.url(), "POST", "/v0.7/traces", "", b"")
        .await
        .starts_with(b"HTTP/1.1 404"));
    assert_eq!(
        json_body(&send_traces(&agent, chunk()).await),
        json!({ "rate_by_service": {} })
    );
    assert_eq!(agent.traces().len(), 1);

    agent.set_behavior(AgentBehavior::Delay(Duration::from_millis(5)));
    assert!(send_traces(&agent, chunk())
        .await
        .starts_with(b"HTTP/1.1 200"));
    agent.set_behavior(AgentBehavior::Hang);
    let requests = agent.requests().len();
    let client = tokio::spawn({
        let agent = agent.clone();
        async move { send_traces(&agent, chunk()).await }
    });
    agent.wait_for_requests(requests + 1).await;
    agent.stop().await;
    assert_eq!(client.await.unwrap(), b"");
}

#[tokio::test]
async fn an_agent_shows_its_requests_and_is_gone_when_stopped() {
    let agent = Agent::start();
    http(&agent.url(), "GET", "/info", "x-test: yes\r\n", b"").await;
    let requests = agent.wait_for_requests(1).await;
    assert_eq!(
        (requests[0].method.as_str(), requests[0].path.as_str()),
        ("GET", "/info")
    );
    assert_eq!(requests[0].header("x-test"), Some("yes"));
    agent.stop().await;
    let address = agent.url().trim_start_matches("http://").to_owned();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn version_5_names_texts_by_their_place() {
    let texts = ["", "orders", "checkout", "web", "key"].map(Pack::from);
    let one = |key: u64, value: Pack| Pack::Map(vec![(key.into(), value)]);
    let span = |resource: u64| {
        Pack::Array(vec![
            1.into(),
            2.into(),
            resource.into(),
            7.into(),
            11.into(),
            0.into(),
            5.into(),
            6.into(),
            1.into(),
            one(4, 1.into()),
            one(4, 1.5.into()),
            3.into(),
        ])
    };
    let body = |span: Pack| {
        let chunks = Pack::Array(vec![Pack::Array(vec![span])]);
        let mut body = Vec::new();
        let payload = Pack::Array(vec![Pack::Array(texts.to_vec()), chunks]);
        rmpv::encode::write_value(&mut body, &payload).unwrap();
        body
    };
    let agent = Agent::start();
    let send = async |body: Vec<u8>| {
        let answer = http(&agent.url(), "PUT", "/v0.5/traces", "", &body).await;
        String::from_utf8_lossy(&answer[..12]).into_owned()
    };
    assert_eq!(send(body(span(2))).await, "HTTP/1.1 200");
    for wrong in [body(span(9)), body(Pack::Array(vec![1.into()])), vec![0x90]] {
        assert_eq!(send(wrong).await, "HTTP/1.1 500");
    }
    let traces = agent.traces();
    let span = traces[0].span("checkout");
    assert_eq!(
        (&*span.service, &*span.kind, span.trace_id),
        ("orders", "web", 7)
    );
    assert_eq!((span.span_id, span.end(), span.error), (11, 11, true));
    assert_eq!(
        (span.tag("key"), span.metric("key")),
        (Some("orders"), Some(1.5))
    );
}
