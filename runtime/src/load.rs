//! The setup of a function before it runs.

use std::fmt::Debug;
use std::future::{poll_fn, Future};
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::pin::pin;
use std::task::Poll;

use crate::flush::flush_start;
use crate::invocation::Failure;
use crate::{panic, start};

/// Runs the setup of a function before [`run`](crate::run()), and records it as part of the cold start.
///
/// Setup is what `main` does first, such as reading settings or connecting to a database.
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
/// It first does the setup that `run` would do, including [`init`](crate::init) with the feature `tracing`, so that the
/// spans and log lines of the future are recorded. In the trace of a cold start, the spans are below `aws.lambda.load`.
/// Spans shorter than `DD_MIN_COLD_START_DURATION` (in milliseconds, 3 by default) are omitted.
///
/// # Errors
///
/// Returns the error of the future. Since such an error usually ends the program, a span `aws.lambda` with the error is
/// sent first, and counted in the metric `aws.lambda.enhanced.errors`. Errors that `main` returns from outside `load` are
/// not traced: the standard library prints them and ends the process.
///
/// # Panics
///
/// Panics if the future does, after the panic is sent in the same way.
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
            flush_start(panic::caught(&*payload)).await;
            resume_unwind(payload)
        }
    }
}
