//! The end of a sandbox: what is left is sent while there is time.
//!
//! Lambda ends a sandbox with SIGTERM if an extension is registered, such as Datadog's, and with SIGKILL within 300 to 500
//! ms of it; without an extension there is only SIGKILL.

use std::future::Future;
#[cfg(all(unix, feature = "graceful-shutdown"))]
use std::time::Duration;

use lambda_runtime::Error;

/// How long `run` continues after the signal: as long as Lambda would allow, so that other code in the process that handles
/// the signal has time.
#[cfg(all(unix, feature = "graceful-shutdown"))]
const GRACE: Duration = Duration::from_millis(500);

/// Runs until completion, or until the sandbox is shut down: then sends what is left.
#[cfg(all(unix, feature = "graceful-shutdown"))]
pub(crate) async fn heed(running: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::task::Poll;
    use std::time::Instant;

    use tokio::signal::unix::{signal, SignalKind};

    use crate::config::Config;
    use crate::flush::drain;
    use crate::invocation::running;
    use crate::outlined::Outlined;
    use crate::watchdog;

    let mut running = pin!(Outlined::new(running));
    let terminated = Config::get()
        .trace_enabled
        .then(|| signal(SignalKind::terminate()));
    let Some(Ok(mut terminated)) = terminated else {
        return running.await;
    };
    let ended = poll_fn(|cx| match running.as_mut().poll(cx) {
        Poll::Ready(result) => Poll::Ready(Some(result)),
        Poll::Pending => terminated.poll_recv(cx).map(|_| None),
    });
    if let Some(result) = ended.await {
        return result;
    }
    let end = Instant::now().checked_add(GRACE);
    let mut draining = pin!(async {
        drain(Vec::new()).await;
        if let Some(end) = end {
            watchdog::sleep_until(end).await;
        }
        drain(running::all()).await;
    });
    poll_fn(|cx| match running.as_mut().poll(cx) {
        Poll::Ready(result) => Poll::Ready(result),
        Poll::Pending => draining.as_mut().poll(cx).map(Ok),
    })
    .await
}

/// Runs until completion.
#[cfg(not(all(unix, feature = "graceful-shutdown")))]
pub(crate) async fn heed(running: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
    running.await
}
