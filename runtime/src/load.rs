//! What a function does before it runs.

use std::fmt::Debug;
use std::future::{poll_fn, Future};
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::pin::pin;
use std::task::Poll;

use crate::flush::flush_start;
use crate::invocation::Failure;
use crate::{panic, start};

/// Runs what the function does before [`run`](crate::run): reading settings, connecting to a database.
///
/// ```no_run
/// use lambda_runtime::{service_fn, Error, LambdaEvent};
///
/// struct Shop;
///
/// impl Shop {
///     #[tracing::instrument]
///     async fn connect() -> Result<Self, Error> {
///         Ok(Self)
///     }
/// }
///
/// #[ddlambda::handler]
/// async fn handler(shop: &Shop, event: LambdaEvent<u64>) -> Result<(), Error> {
///     Ok(())
/// }
///
/// #[tokio::main]
/// async fn main() -> Result<(), Error> {
///     let shop = ddlambda::load(Shop::connect()).await?;
///     ddlambda::run(service_fn(|event| handler(&shop, event))).await
/// }
/// ```
///
/// It does first what `run` would do, [`init`](crate::init) with the feature `tracing`, so that the spans and log lines
/// of the future are kept: the spans stand below `aws.lambda.load` in the trace of a cold start. Those that are shorter
/// than `DD_MIN_COLD_START_DURATION` are left out.
///
/// # Errors
///
/// The future's own. It ends the program as a rule, so this sends a span `aws.lambda` with the error, and counts it in
/// the metric `aws.lambda.enhanced.errors`. An error that `main` returns beside this is not seen: the standard library
/// prints it and ends the process.
///
/// # Panics
///
/// If the future does, which is told in the same way.
pub async fn load<T, E: Debug>(future: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    start::with_subscriber();
    let mut future = pin!(future);
    let caught = poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
        polled.map_or_else(|panic| Poll::Ready(Err(panic)), |polled| polled.map(Ok))
    });
    match caught.await {
        Ok(Ok(loaded)) => Ok(loaded),
        Ok(Err(error)) => {
            flush_start(Failure::of_error(&error)).await;
            Err(error)
        }
        Err(payload) => {
            let failure = Failure::of_panic(&*payload, panic::take_place());
            flush_start(failure).await;
            resume_unwind(payload)
        }
    }
}
