//! The account with the two functions.

use std::env;

use ddlambda::testing::{Aws, Lambda, Outcome, Span, Trace};
use lambda_runtime::Error;
use serde_json::{json, Value};

use crate::account::{Account, CONSUMER, TABLE_KEYS};
use crate::delivery::Delivery;

pub struct World {
    pub account: Account,
    pub producer: Lambda,
    /// A producer whose calls all fail at first.
    pub unlucky: Lambda,
    pub consumer: Lambda,
    /// Where functions are invoked.
    pub aws: Aws,
}

/// A call, as the trace of the function has it that made it.
pub struct Made {
    /// What the function returned.
    pub response: Value,
    /// The client span of the call.
    pub span: Span,
    /// The spans below the function's own, of whomever.
    pub spans: Vec<String>,
    pub priority: Option<i32>,
}

impl World {
    pub async fn new() -> Result<Self, Error> {
        let endpoint = env::var("AWS_ENDPOINT_URL")?;
        let unreliable = crate::unreliable::start(&endpoint).await?;
        let aws = Aws::start();
        let program = env::current_exe()?;
        let consumer = Lambda::binary(&program).args(["consume"]);
        let consumer = consumer.function_name(CONSUMER).start().await;
        aws.register(CONSUMER, &consumer);
        let producer = |endpoint: &str| {
            let producer = Lambda::binary(&program).args(["produce"]);
            producer
                .function_name("producer")
                .env("AWS_ENDPOINT_URL", endpoint)
                .env("AWS_ENDPOINT_URL_LAMBDA", aws.endpoint())
                .env("DD_TRACE_DYNAMODB_TABLE_PRIMARY_KEYS", TABLE_KEYS)
                // Another priority than whoever knows none would take.
                .env("DD_TRACE_SAMPLING_RULES", r#"[{"sample_rate": 1}]"#)
        };
        Ok(Self {
            account: Account::set_up().await?,
            producer: producer(&endpoint).start().await,
            unlucky: producer(&unreliable).start().await,
            consumer,
            aws,
        })
    }

    /// Gives the consumer a message.
    pub async fn consume(&self, delivery: &Delivery) -> Trace {
        let mut invocation = self.consumer.invocation().event(&delivery.event);
        if let Some(context) = &delivery.client_context {
            invocation = invocation.client_context(context);
        }
        invocation.send().await.trace().await
    }
}

/// Lets a function make a call.
pub async fn make(function: &Lambda, operation: &str) -> Result<Made, Error> {
    let outcome = function.invoke(json!({ "call": operation })).await;
    let trace = trace(&outcome, function).await?;
    let mut name = operation.to_owned();
    name[..1].make_ascii_lowercase();
    let is_own = |span: &&Span| span.tag("aws.operation") == Some(&name);
    let span = trace.spans().iter().find(is_own);
    Ok(Made {
        response: outcome.response().clone(),
        span: span
            .ok_or(format!("no span of {operation}:\n{trace}"))?
            .clone(),
        spans: below(&trace),
        priority: trace.priority(),
    })
}

async fn trace(outcome: &Outcome, function: &Lambda) -> Result<Trace, Error> {
    match outcome.error() {
        None => Ok(outcome.trace().await),
        Some(error) => Err(format!("{error}\n{}", function.logs().join("\n")).into()),
    }
}

fn below(trace: &Trace) -> Vec<String> {
    // The first call loads credentials, which `aws_config` has spans for and nobody else.
    let is_other = |name: &str| name.starts_with("aws.lambda") || name.contains("credentials");
    let names = trace.spans().iter().map(|span| span.name.clone());
    names.filter(|name| !is_other(name)).collect()
}

/// The spans above the function's own one and this itself, outermost first.
pub fn chain(trace: &Trace) -> Vec<&Span> {
    let mut chain = Vec::new();
    let mut next = trace.find("aws.lambda");
    while let Some(span) = next {
        chain.insert(0, span);
        let is_parent = |parent: &&Span| parent.span_id == span.parent_id;
        next = trace.spans().iter().find(is_parent);
    }
    chain
}
