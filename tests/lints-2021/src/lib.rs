//! Expansions must not trip the lints of the crate they are in, in no edition. `cargo clippy` is the test.
//!
//! Every expansion is here in a plain form and in one that once tripped a lint, or easily could.

#![forbid(unsafe_code)]
#![deny(warnings, clippy::all)]
#![deny(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unused_qualifications,
    unused_crate_dependencies,
    rust_2018_idioms,
    keyword_idents,
    let_underscore_drop,
    single_use_lifetimes,
    trivial_casts,
    unused_lifetimes,
    clippy::allow_attributes,
    clippy::needless_pass_by_value,
    clippy::redundant_closure_for_method_calls,
    clippy::shadow_unrelated,
    clippy::unwrap_used,
    clippy::used_underscore_binding,
    clippy::wildcard_imports
)]

use ddlambda::{Carrier, RawEvent, TraceCarrier, TraceContext};
use lambda_runtime::{Error, LambdaEvent};
use serde::Deserialize;
use std::fmt::Debug;
use std::sync::Arc;

/// A payload that is a carrier.
#[derive(Clone, Debug, Default, TraceCarrier)]
pub struct Order {
    /// Its number.
    pub id: u64,
    #[trace_carrier]
    _datadog: Carrier,
    traceparent: Option<String>,
    tracestate: String,
}

/// A generic payload, some variants of which are carriers.
#[derive(Clone, Debug, TraceCarrier)]
pub enum Message<T: Debug> {
    /// With a carrier.
    Placed(#[trace_carrier] T),
    /// With two.
    Returned {
        /// The first.
        #[trace_carrier]
        order: Box<Order>,
        /// The second.
        #[trace_carrier]
        reason: Option<T>,
    },
    /// With none.
    Ping,
}

/// The payload of registered extractors.
#[derive(Debug, Deserialize)]
pub struct Detail {
    trace: u64,
}

/// A registered extractor.
#[ddlambda::extractor]
pub fn typed(detail: &Detail) -> (u64, u64, i32) {
    (detail.trace, 0, 1)
}

#[ddlambda::extractor(name = "lints.raw")]
async fn raw(raw: &RawEvent<'_>) -> Option<TraceContext> {
    Some(TraceContext::new(u128::from(raw.context().deadline), 0))
}

fn context(order: &Order) -> Option<TraceContext> {
    (order.id > 0).then(|| TraceContext::new(order.id.into(), 0))
}

/// The plain form.
#[ddlambda::handler]
pub async fn plain(event: LambdaEvent<Order>) -> Result<u64, Error> {
    Ok(event.payload.id)
}

/// Every option.
#[ddlambda::handler(extractor = context, service = "orders", resource = "place", parent = "link")]
pub async fn options(event: LambdaEvent<Order>) -> Result<u64, Error> {
    Ok(event.payload.id)
}

/// A closure as the extractor, and a body with `return` and `?` beside those of the expansion.
#[ddlambda::handler(extractor = |order: &Order| (order.id, 0_u64, 1))]
pub async fn returns(mut event: LambdaEvent<Order>) -> Result<String, Error> {
    if event.payload.id == 0 {
        return Err("zero".into());
    }
    event.payload.id += 1;
    let id = u8::try_from(event.payload.id)?;
    Ok(id.to_string())
}

/// A diverging body.
#[ddlambda::handler]
pub async fn diverges(_: LambdaEvent<Order>) -> Result<(), Error> {
    panic!("always")
}

/// A body that is one expression.
#[ddlambda::handler]
pub async fn single(event: LambdaEvent<Result<u64, String>>) -> Result<u64, String> {
    event.payload
}

/// Patterns, state, and an opaque response.
#[ddlambda::handler]
#[tracing::instrument(skip_all)]
pub async fn patterns(
    state: &str,
    LambdaEvent { payload, .. }: LambdaEvent<Order>,
) -> Result<impl Debug, Error> {
    Ok(format!("{state}{}", payload.id))
}

/// Generics, and lifetimes that only the parameters use.
#[tracing::instrument(skip_all)]
#[ddlambda::handler]
pub async fn generic<'a, R, T>(
    repository: &'a R,
    event: LambdaEvent<Message<T>>,
) -> Result<&'a R, Error>
where
    R: Sync,
    T: Debug,
{
    tracing::debug!(?event.payload);
    Ok(repository)
}

/// One record of a batch, by value, in the plain form.
#[ddlambda::record]
pub async fn record(order: Order) -> Result<u64, Error> {
    Ok(order.id)
}

/// Every option, without waiting, with state before and after.
#[ddlambda::record(record = order, resource = "place", parent = "child")]
pub fn record_options(state: &str, order: &Order, more: u64) -> Option<u64> {
    u64::try_from(state.len())
        .ok()?
        .checked_add(more + order.id)
}

/// Returns nothing, early.
#[ddlambda::record]
pub async fn record_nothing(mut order: Order) {
    if order.id == 0 {
        return;
    }
    order.id += 1;
    drop(order);
}

/// Returns nothing, without waiting.
#[ddlambda::record]
pub fn record_unit(order: &mut Order) {
    order.id += 1;
}

/// Ignores the record.
#[ddlambda::record]
pub async fn record_ignored(_: Order) {}

/// Takes it apart, and returns something opaque.
#[tracing::instrument(skip_all)]
#[ddlambda::record]
pub fn record_patterns(Order { id, .. }: Order) -> impl Debug {
    id
}

/// Generics.
#[ddlambda::record]
pub async fn record_generic<'a, T: Debug>(record: &'a Message<T>) -> Result<&'a T, &'a str> {
    match record {
        Message::Placed(order) => Ok(order),
        _ => Err("no order"),
    }
}

/// Methods.
#[derive(Debug)]
pub struct Service {
    bonus: u64,
}

impl Service {
    /// By reference.
    #[ddlambda::handler]
    pub async fn borrowed(&self, event: LambdaEvent<Order>) -> Result<u64, Error> {
        Ok(self.bonus + event.payload.id)
    }

    /// Shared.
    #[ddlambda::handler]
    pub async fn shared(self: Arc<Self>, event: LambdaEvent<Order>) -> Result<u64, Error> {
        Ok(self.bonus + event.payload.id)
    }

    /// One record.
    #[ddlambda::record]
    pub fn record(&mut self, order: &Order) -> &u64 {
        self.bonus += order.id;
        &self.bonus
    }
}
