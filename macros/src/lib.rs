//! Procedural macros of the `ddlambda` crate.
//!
//! Use them through `ddlambda`, which re-exports them.

mod body;
mod carrier;
mod diagnostics;
mod extractor;
mod function;
mod handler;
mod options;
mod record;
mod span;

use proc_macro::TokenStream;

/// Traces every invocation of a Lambda handler.
///
/// The function's span is `aws.lambda`. By default it continues the trace that the event carries, and its service is
/// `DD_SERVICE`, or the name of the Lambda function if that is not set. Errors and panics mark it as failed. The
/// function's signature does not change: tests and other code call it as before.
///
/// ```
/// use lambda_runtime::{Error, LambdaEvent};
///
/// #[ddlambda::handler]
/// async fn handler(event: LambdaEvent<String>) -> Result<usize, Error> {
///     Ok(event.payload.len())
/// }
/// ```
///
/// The function must be `async`, take the event by value as `LambdaEvent<T>` or `lambda_http::Request` (feature `http`),
/// and return a `Result`. It may be generic, a method, or part of a trait implementation (also under `#[async_trait]`),
/// and may take other parameters before and after the event. If the event's type has another name and there are other
/// parameters, mark the event with `#[event]`:
///
/// ```
/// # use lambda_runtime::{Error, LambdaEvent};
/// type Incoming = LambdaEvent<String>;
///
/// #[ddlambda::handler]
/// async fn handler(prefix: &str, #[event] event: Incoming) -> Result<bool, Error> {
///     Ok(event.payload.starts_with(prefix))
/// }
/// ```
///
/// # `extractor = ..`
///
/// A function or closure that returns the trace context of the event. It takes precedence over all other sources of
/// context. It takes the payload (`&T`), the payload and the Lambda context (`&T, &Context`), or the event as received
/// (`&ddlambda::RawEvent<'_>`), and may be `async`. It returns a `TraceContext`, a tuple
/// `(trace_id, parent_id, priority)`, a map or list of headers, or an `Option` or `Result` of one of these.
///
/// If the extractor finds nothing, returns an error or panics, the other sources are tried. Catching the panic requires
/// `panic = "unwind"`. `cargo lambda build --release` sets `panic = "abort"`, with which a panic ends the process.
///
/// `T` is the handler's own payload type, to which the extractor adds no bounds. If an `async` extractor borrows the
/// payload, the handler's future is `Send` only if the payload is `Sync`.
///
/// ```
/// # use lambda_runtime::{Error, LambdaEvent};
/// use ddlambda::TraceContext;
///
/// #[derive(serde::Deserialize)]
/// struct Order { trace_id: u64 }
///
/// fn order_context(order: &Order) -> TraceContext {
///     TraceContext::new(order.trace_id.into(), 0)
/// }
///
/// #[ddlambda::handler(extractor = order_context)]
/// async fn handler(event: LambdaEvent<Order>) -> Result<(), Error> {
///     Ok(())
/// }
///
/// #[ddlambda::handler(extractor = |order: &Order| (order.trace_id, 0, 1))]
/// async fn by_closure(event: LambdaEvent<Order>) -> Result<(), Error> {
///     Ok(())
/// }
/// ```
///
/// # `service = ".."`, `resource = ".."`
///
/// The service and the resource of the span, instead of the function's own.
///
/// ```
/// # use lambda_runtime::{Error, LambdaEvent};
/// #[ddlambda::handler(service = "checkout", resource = "place order")]
/// async fn handler(event: LambdaEvent<String>) -> Result<(), Error> {
///     Ok(())
/// }
/// ```
///
/// # `parent = "child" | "link"`
///
/// With `"child"`, the default, the invocation continues the trace that the event carries. With `"link"` it starts a new
/// trace with a link to that one.
///
/// # `crate = path`
///
/// The path of the crate `ddlambda`, for crates that re-export it. Defaults to `::ddlambda`.
///
/// # Other attributes
///
/// `#[tracing::instrument]` works above and below this attribute; its span is a child of `aws.lambda`. Below, its
/// `fields(..)` can refer to the event only if the parameter is a plain name, not a pattern such as
/// `LambdaEvent { payload, .. }`.
#[proc_macro_attribute]
pub fn handler(args: TokenStream, item: TokenStream) -> TokenStream {
    handler::expand(args.into(), item.into()).into()
}

/// Traces every call of the function that handles one record of a batch.
///
/// By default, each call has a span of its own below the active span, which is usually `aws.lambda`, with a link to the
/// trace of the record's producer. The operation is named after the service: `aws.sqs.process`, `aws.sns.process`,
/// `aws.kinesis.process`, `aws.dynamodb.process`, `aws.s3.process`, `kafka.process`, or `aws.lambda.record` for any other
/// record. The resource is the name of the function, the type is `worker`, and tags identify the record. An `Err` or a
/// panic marks the span as failed, and so does dropping the future before it completes. While the function runs, its span
/// is the active one: `tracing` spans become its children, log lines carry its ids, and `ddlambda::set_tag` and
/// `ddlambda::inject` apply to it.
///
/// ```
/// use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
/// use lambda_runtime::{Error, LambdaEvent};
///
/// #[ddlambda::handler]
/// async fn handler(event: LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Error> {
///     let mut response = SqsBatchResponse::default();
///     for message in &event.payload.records {
///         if place_order(message).await.is_err() {
///             response.add_failure(message.message_id.clone().unwrap_or_default());
///         }
///     }
///     Ok(response)
/// }
///
/// #[ddlambda::record]
/// async fn place_order(message: &SqsMessage) -> Result<(), Error> {
///     let body = message.body.as_deref().ok_or("an empty message")?;
///     ddlambda::set_metric("order.length", body.len());
///     Ok(())
/// }
/// ```
///
/// The function may be `async` or not, have any parameters and return type, and be generic, a method, or part of a trait
/// implementation. Calls may run concurrently, within one task or in tasks of their own. Outside an invocation, such as
/// in tests, the function runs without a span.
///
/// The record is the parameter whose type has the name of an `aws_lambda_events` record (`SqsMessage`, `SqsMessageObj`,
/// `SnsRecord`, `SnsRecordObj`, `KinesisEventRecord`, `EventRecord`, `S3EventRecord`, `KafkaRecord`, `MskRecord`), by value
/// or by reference. If there is none, it is the only parameter besides `self`. The trace context is read from the record's
/// headers if it is a `TraceCarrier`, or else from its JSON form if it implements `serde::Serialize`: a record of one of
/// the services above, or anything with a member `_datadog`. Records of other types have a span without a link.
///
/// # `record = ..`
///
/// The name of the parameter that is the record, if the rules above do not identify it.
///
/// ```
/// #[derive(serde::Serialize)]
/// struct Order { id: u64, _datadog: ddlambda::Carrier }
///
/// #[ddlambda::record(record = order)]
/// fn total(prices: &[u64], order: Order) -> Option<u64> {
///     prices.get(order.id as usize).copied()
/// }
/// ```
///
/// # `parent = "child" | "link"`
///
/// With `"link"`, the default, the span stays in the invocation's trace and links to the trace of the record's producer.
/// With `"child"` it continues the producer's trace and links to the invocation's span.
///
/// # `resource = ".."`
///
/// The resource of the span, instead of the function's name.
///
/// # `crate = path`
///
/// The path of the crate `ddlambda`, for crates that re-export it. Defaults to `::ddlambda`.
///
/// # Other attributes
///
/// `#[tracing::instrument]` works above and below this attribute. Above, its span is a child of the record's span; below,
/// it is the parent.
#[proc_macro_attribute]
pub fn record(args: TokenStream, item: TokenStream) -> TokenStream {
    record::expand(args.into(), item.into()).into()
}

/// Registers a function as an extractor that `DD_TRACE_EXTRACTOR` can select by name.
///
/// By default, the name is `<module>.<function>`, where the module is the last segment of its path: `orders.context` for
/// `shop::orders::context`. In the crate root, the module is the name of the crate. `DD_TRACE_EXTRACTOR` may also contain
/// a longer path, such as `shop::orders::context`.
///
/// The function takes `&T`, or the event as received, `&ddlambda::RawEvent<'_>`. `T` must implement
/// `serde::de::DeserializeOwned`, since it is decoded from the event separately from the handler's payload; an event that
/// does not decode into `T` has no context. A second parameter, `&lambda_runtime::Context`, is optional. The function
/// returns what the `extractor` of a [`handler`](macro@handler) may return, and can still be called like any other.
///
/// The function may be `async`. Its future must be `Send`, even if the handler's is not.
///
/// Registered extractors run for handlers with `#[ddlambda::handler]`, under `ddlambda::run` or an `InvocationLayer`, and
/// after the handler's own `extractor`. If one finds nothing, returns an error or panics, the other sources are tried.
/// Catching the panic requires `panic = "unwind"`, as for a [`handler`](macro@handler)'s `extractor`.
///
/// ```
/// # mod orders {
/// #[derive(serde::Deserialize)]
/// pub struct Order { trace_id: u64 }
///
/// // DD_TRACE_EXTRACTOR=orders.context
/// #[ddlambda::extractor]
/// fn context(order: &Order) -> (u64, u64, i32) {
///     (order.trace_id, 0, 1)
/// }
/// # }
/// ```
///
/// # `name = ".."`
///
/// The name to register, instead of `<module>.<function>`.
///
/// ```
/// use ddlambda::{RawEvent, TraceContext};
///
/// // DD_TRACE_EXTRACTOR=orders.json
/// #[ddlambda::extractor(name = "orders.json")]
/// fn context(raw: &RawEvent<'_>) -> Option<TraceContext> {
///     let order: serde_json::Value = serde_json::from_slice(raw.body()).ok()?;
///     Some(TraceContext::new(order["trace_id"].as_u64()?.into(), 0))
/// }
/// ```
///
/// # `crate = path`
///
/// The path of the crate `ddlambda`, for crates that re-export it. Defaults to `::ddlambda`.
#[proc_macro_attribute]
pub fn extractor(args: TokenStream, item: TokenStream) -> TokenStream {
    extractor::expand(args.into(), item.into()).into()
}

/// Derives `TraceCarrier`, which locates the trace headers in a payload.
///
/// A handler continues the trace of such a payload when it receives it, and `ddlambda::inject` writes the active trace
/// context into it.
///
/// ```
/// use ddlambda::{Carrier, TraceCarrier};
///
/// #[derive(TraceCarrier)]
/// struct OrderPlaced {
///     id: u64,
///     #[trace_carrier]
///     _datadog: Carrier,
/// }
/// ```
///
/// # Fields
///
/// `#[trace_carrier]` marks a field whose type is `Carrier`, another `TraceCarrier`, an `Option` or a `Box` of one, or a
/// type parameter. An `Option` that is `None` is filled when headers are set.
///
/// A field of type `String` or `Option<String>` holds a single header. It needs no mark if its name, or that of
/// `#[serde(rename = "..")]`, is `traceparent`, `tracestate` or `x-datadog-..`, with `_` in place of `-` if you like.
/// With the mark, it can also be `baggage`, `b3` or `x-b3-..`.
///
/// ```
/// # use ddlambda::TraceCarrier;
/// #[derive(TraceCarrier)]
/// struct CloudEvent<T> {
///     id: String,
///     traceparent: Option<String>,
///     tracestate: Option<String>,
///     data: T,
/// }
/// ```
///
/// # Enums
///
/// Each variant has its own fields. A variant without a carrier has no headers and ignores those that are set. At least
/// one variant must have a carrier.
///
/// ```
/// # use ddlambda::{Carrier, TraceCarrier};
/// #[derive(TraceCarrier)]
/// enum Message {
///     Placed { id: u64, #[trace_carrier] headers: Option<Carrier> },
///     Ping,
/// }
/// ```
///
/// # `#[trace_carrier(crate = path)]`
///
/// On the type: the path of the crate `ddlambda`. Defaults to `::ddlambda`.
#[proc_macro_derive(TraceCarrier, attributes(trace_carrier))]
pub fn trace_carrier(item: TokenStream) -> TokenStream {
    carrier::expand(item.into()).into()
}
