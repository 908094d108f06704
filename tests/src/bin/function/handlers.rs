//! One handler for each way to write one.

use aws_lambda_events::apigw::ApiGatewayCustomAuthorizerResponse;
use ddlambda::{Carrier, RawEvent, TraceCarrier, TraceContext};
use ddlambda_tests::task::{Declined, Response, Task};
use lambda_runtime::streaming::{channel, Body};
use lambda_runtime::{Diagnostic, Error, LambdaEvent, MetadataPrelude, StreamResponse};
use serde::{Deserialize, Deserializer};
use serde_json::{json, Value};
use tracing::Instrument;

/// The error is boxed, as in most functions.
#[ddlambda::handler]
pub(crate) async fn boxed(event: LambdaEvent<Value>) -> Result<Response, Error> {
    Task::of(&event.payload).perform().await
}

/// The error chooses its own name.
#[ddlambda::handler]
pub(crate) async fn custom(event: LambdaEvent<Value>) -> Result<Response, Declined> {
    match Task::of(&event.payload) {
        Task::Decline(code) => Err(Declined { code }),
        _ => Ok(Response::Value(Value::Null)),
    }
}

/// An error whose `Debug` panics.
pub(crate) struct Unprintable;

impl std::fmt::Debug for Unprintable {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("a bug in Debug")
    }
}

impl From<Unprintable> for Diagnostic {
    fn from(_: Unprintable) -> Self {
        Self {
            error_type: "Odd".to_owned(),
            error_message: "said by the conversion".to_owned(),
        }
    }
}

#[ddlambda::handler]
pub(crate) async fn unprintable(_: LambdaEvent<Value>) -> Result<(), Unprintable> {
    Err(Unprintable)
}

/// An error whose conversion panics.
#[derive(Debug)]
pub(crate) struct Unconvertible;

impl From<Unconvertible> for Diagnostic {
    fn from(_: Unconvertible) -> Self {
        panic!("a bug in From")
    }
}

#[ddlambda::handler]
pub(crate) async fn unconvertible(_: LambdaEvent<Value>) -> Result<(), Unconvertible> {
    Err(Unconvertible)
}

/// A payload that does at once what the event says under `decode`.
pub(crate) struct Eager;

impl<'de> Deserialize<'de> for Eager {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let event = Value::deserialize(deserializer)?;
        match event["decode"].as_str() {
            Some("panic") => panic!("a bug in Deserialize"),
            Some("block") => loop {
                std::thread::park();
            },
            _ => Ok(Self),
        }
    }
}

#[ddlambda::handler]
pub(crate) async fn eager(_: LambdaEvent<Eager>) -> Result<(), Error> {
    Ok(())
}

#[derive(Deserialize)]
pub(crate) struct Cart {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    price: u32,
}

/// Not every event decodes.
#[ddlambda::handler]
pub(crate) async fn strict(event: LambdaEvent<Cart>) -> Result<u32, Error> {
    Ok(event.payload.items.iter().map(|item| item.price).sum())
}

/// Without the attribute.
pub(crate) async fn untouched(event: LambdaEvent<Value>) -> Result<Response, Error> {
    Task::of(&event.payload).perform().await
}

#[ddlambda::handler(parent = "link")]
pub(crate) async fn link(_: LambdaEvent<Value>) -> Result<(), Error> {
    Ok(())
}

#[ddlambda::handler(service = "checkout", resource = "place order")]
pub(crate) async fn named(_: LambdaEvent<Value>) -> Result<(), Error> {
    Ok(())
}

fn ids(raw: &RawEvent<'_>) -> Option<TraceContext> {
    let event: Value = serde_json::from_slice(raw.body()).ok()?;
    let ids = event.get("ids")?;
    let context = TraceContext::new(ids["trace"].as_u64()?.into(), ids["span"].as_u64()?);
    Some(context.with_sampling_priority(2))
}

#[ddlambda::handler(extractor = ids)]
pub(crate) async fn extractor(_: LambdaEvent<Value>) -> Result<(), Error> {
    Ok(())
}

#[ddlambda::handler(extractor = |event: &Value| (event["trace"].as_u64().unwrap_or(0), 9, 1))]
pub(crate) async fn closure(_: LambdaEvent<Value>) -> Result<(), Error> {
    Ok(())
}

fn panics(_: &Value) -> Option<TraceContext> {
    panic!("an extractor with a bug")
}

/// Asks others which trace it is: they are not told of one that is not the invocation's in the end.
async fn asks(_: &Value) -> Option<ddlambda::TraceContext> {
    let told = ddlambda::trace_headers().len();
    let context = ddlambda::TraceContext::new(80, 9);
    Some(context.with_baggage("told", told.to_string()))
}

#[ddlambda::handler(extractor = asks)]
pub(crate) async fn asking_extractor(_: LambdaEvent<Value>) -> Result<Value, Error> {
    let told = ddlambda::baggage("told");
    Ok(json!({ "told": told, "headers": ddlambda::trace_headers() }))
}

#[ddlambda::handler(extractor = panics)]
pub(crate) async fn panicking_extractor(_: LambdaEvent<Value>) -> Result<(), Error> {
    Ok(())
}

#[derive(Deserialize, TraceCarrier)]
pub(crate) struct OrderPlaced {
    #[serde(rename = "do", default)]
    task: Option<Value>,
    #[trace_carrier]
    #[serde(default)]
    sent_by: Carrier,
}

#[ddlambda::handler]
pub(crate) async fn carrier(event: LambdaEvent<OrderPlaced>) -> Result<Option<Value>, Error> {
    Ok(event.payload.task)
}

/// Lets everybody through.
#[ddlambda::handler]
pub(crate) async fn authorizer(
    _: LambdaEvent<Value>,
) -> Result<ApiGatewayCustomAuthorizerResponse, Error> {
    let mut answer = ApiGatewayCustomAuthorizerResponse::default();
    answer.principal_id = Some("user".to_owned());
    answer.policy_document.version = Some("2012-10-17".to_owned());
    answer.context = json!({ "tenant": "acme" });
    Ok(answer)
}

#[tracing::instrument(skip_all, fields(order = 7))]
#[ddlambda::handler]
pub(crate) async fn instrument_above(event: LambdaEvent<Value>) -> Result<Response, Error> {
    Task::of(&event.payload).perform().await
}

#[ddlambda::handler]
#[tracing::instrument(skip_all, fields(order = 7, request = %event.context.request_id))]
pub(crate) async fn instrument_below(event: LambdaEvent<Value>) -> Result<Response, Error> {
    Task::of(&event.payload).perform().await
}

/// The response begins before the handler's work ends: the rest comes when the gate of the event is open.
#[ddlambda::handler]
pub(crate) async fn streaming(event: LambdaEvent<Value>) -> Result<StreamResponse<Body>, Error> {
    let (mut sender, body) = channel();
    let rest = async move {
        sender.send_data("first ".into()).await?;
        let done = Task::of(&event.payload).perform().await;
        sender.send_data("last".into()).await?;
        done
    };
    tokio::spawn(rest.in_current_span());
    let status_code = lambda_http::http::StatusCode::IM_A_TEAPOT;
    Ok(StreamResponse {
        metadata_prelude: MetadataPrelude {
            status_code,
            ..MetadataPrelude::default()
        },
        stream: body,
    })
}

pub(crate) struct Shop;

impl Shop {
    /// A method that borrows.
    #[ddlambda::handler]
    pub(crate) async fn serve(&self, event: LambdaEvent<Value>) -> Result<Response, Error> {
        Task::of(&event.payload).perform().await
    }
}
