//! The macros of the `ddlambda` crate. Use them through `ddlambda`, which states what they promise.

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
/// By default the function's span is called `aws.lambda`, takes its service from `DD_SERVICE`, else from the name of the
/// Lambda function, and continues the trace that the event carries. Errors and panics are marked on it. The
/// signature stays as written: tests call the function as before.
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
/// The function is `async`, takes the event by value as `LambdaEvent<T>` or `lambda_http::Request` (feature `http`),
/// and returns a `Result`. It may be generic, a method, part of a trait implementation (also under `#[async_trait]`),
/// and take other parameters before and after the event. Where the event's type has another name and there are more
/// parameters, `#[event]` marks it:
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
/// A function or closure that finds the trace context of the event, asked before every other source. It takes the
/// payload, the payload and the Lambda context, or the event as it came (`ddlambda::RawEvent`); it may be `async`. It
/// returns a `TraceContext`, `(trace_id, parent_id, priority)`, a map of headers, or an `Option` or `Result` of one.
/// When it finds nothing or panics, the other sources are asked.
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
/// The service and the resource of the span, in place of the function's own.
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
/// With `"link"` the invocation begins a trace of its own and links to the one that the event carries. The default is
/// `"child"`: it continues that trace.
///
/// # `crate = path`
///
/// Where the crate `ddlambda` is, for crates that re-export it. The default is `::ddlambda`.
///
/// # Other attributes
///
/// `#[tracing::instrument]` may stand above or below. Above, its span holds the one of the invocation; below, it sees
/// the event if the parameter is a plain name, not if it is a pattern such as `LambdaEvent { payload, .. }`.
#[proc_macro_attribute]
pub fn handler(args: TokenStream, item: TokenStream) -> TokenStream {
    handler::expand(args.into(), item.into()).into()
}

/// Traces every call of the function that handles one record of a batch.
///
/// By default each call has a span of its own below the active one, `aws.lambda` as a rule, with a link to the trace of the
/// record's producer. The operation is named after the service: `aws.sqs.process`, `aws.sns.process`,
/// `aws.kinesis.process`, `aws.dynamodb.process`, `aws.s3.process`, `kafka.process`, and `aws.lambda.record` for any other
/// record. The resource is the name of the function, the type is `worker`, and tags tell which record it was. An `Err` or a
/// panic marks the span. While the function runs its span is the active one: spans of `tracing` are its children, log
/// lines have its ids, and `ddlambda::set_tag` and `ddlambda::inject` work on it.
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
/// The function is `async` or not, takes and returns what it likes, and may be generic, a method, or part of a trait
/// implementation. Calls may run at once, within one task or in tasks of their own. Outside of an invocation, as in tests,
/// the function just runs.
///
/// The record is the parameter whose type is called like a record of `aws_lambda_events` (`SqsMessage`, `SnsRecord`,
/// `KinesisEventRecord`, `EventRecord`, `S3EventRecord`, `KafkaRecord`), by value or borrowed; else the only parameter
/// beside `self`. What it says of its trace is read from its headers, if it is a `TraceCarrier`, or from its JSON form, if
/// it implements `serde::Serialize`: a record of one of those services, or anything with a member `_datadog`. Of any
/// other type there is just the span.
///
/// # `record = ..`
///
/// The name of the parameter that is the record, where it cannot be told.
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
/// With `"child"` the span continues the trace of the record's producer, and links to the invocation's span. The default
/// is `"link"`: it stays in the trace of the invocation and links to that of the producer.
///
/// # `resource = ".."`
///
/// The resource of the span, in place of the function's name.
///
/// # `crate = path`
///
/// Where the crate `ddlambda` is, for crates that re-export it. The default is `::ddlambda`.
///
/// # Other attributes
///
/// The span of a `#[tracing::instrument]` above this attribute is within that of the record, one below is around it.
#[proc_macro_attribute]
pub fn record(args: TokenStream, item: TokenStream) -> TokenStream {
    record::expand(args.into(), item.into()).into()
}

/// Registers a function that finds the trace context of an event, for `DD_TRACE_EXTRACTOR` to name.
///
/// By default its name is `<module>.<function>`, where the module is the last segment of its path: `orders.context` for
/// `shop::orders::context`, and the name of the crate in the crate's root. A longer path finds it too.
///
/// The function, `async` or not, takes `&T` with `T: serde::Deserialize`, which is read from the event, or
/// `&ddlambda::RawEvent<'_>`; a second parameter `&lambda_runtime::Context` is optional. It returns what
/// [`handler`](macro@handler)'s `extractor` may return. It stays as it is and can be called as before.
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
/// Another name.
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
/// Where the crate `ddlambda` is, for crates that re-export it. The default is `::ddlambda`.
#[proc_macro_attribute]
pub fn extractor(args: TokenStream, item: TokenStream) -> TokenStream {
    extractor::expand(args.into(), item.into()).into()
}

/// Implements `TraceCarrier`: tells where in a payload the trace headers are, so that it continues the trace of
/// its sender when it is received, and carries the active trace when it is sent.
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
/// `#[trace_carrier]` marks a field whose type is `Carrier`, or any other `TraceCarrier`, an `Option` or a `Box` of
/// one, or a type parameter; an absent `Option` is made when headers are set.
///
/// A field of type `String` or `Option<String>` holds one header. It needs no mark when its name, or that
/// of `#[serde(rename = "..")]`, is `traceparent`, `tracestate` or `x-datadog-..`, with `_` for `-` or not.
/// Marked, it may also be `baggage`, `b3` or `x-b3-..`.
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
/// Every variant has its own fields. A variant without a carrier has no headers and takes none; one variant at least has
/// a carrier.
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
/// On the type: where the crate `ddlambda` is. The default is `::ddlambda`.
#[proc_macro_derive(TraceCarrier, attributes(trace_carrier))]
pub fn trace_carrier(item: TokenStream) -> TokenStream {
    carrier::expand(item.into()).into()
}
