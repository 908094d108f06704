//! A function on a thread of this process.

use std::future::{poll_fn, Future};
use std::net::SocketAddr;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use lambda_runtime::Error;
use tokio::sync::oneshot;

use super::environment;
use super::journal::Event;
use super::sandbox::Sandbox;

/// A function's thread; stopped when dropped.
pub(super) struct Thread {
    stop: Mutex<Option<oneshot::Sender<()>>>,
}

impl Thread {
    /// Runs `run` on a thread with a tokio runtime, as the `main` of a function does.
    pub(super) fn start<F, Fut>(run: F, api: SocketAddr, sandbox: Arc<Sandbox>) -> Self
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Result<(), Error>>,
    {
        let (stop, stopped) = oneshot::channel();
        let main = move || {
            let code = catch_unwind(AssertUnwindSafe(|| main(run, api, stopped)));
            // A panic gives the exit code that it would give a process.
            let code = code.unwrap_or(Some(101));
            sandbox.record(Event::ProcessExited { code });
        };
        std::thread::Builder::new()
            .name("lambda".to_owned())
            .spawn(main)
            .expect("a thread for the function");
        Self {
            stop: Mutex::new(Some(stop)),
        }
    }

    /// Drops the function at its next await.
    pub(super) fn stop(&self) {
        let mut stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(stop) = stop.take() {
            let _ = stop.send(());
        }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Returns the exit code that a process would have; `None` if it was stopped.
fn main<F, Fut>(run: F, api: SocketAddr, stopped: oneshot::Receiver<()>) -> Option<i32>
where
    F: FnOnce() -> Fut,
    Fut: Future<Output = Result<(), Error>>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a tokio runtime for the function");
    let code = runtime.block_on(async {
        let mut running = pin!(async { run().await });
        let mut is_first_poll = true;
        let running = poll_fn(|cx| {
            let _environment = is_first_poll.then(|| environment::with_runtime_api(api));
            is_first_poll = false;
            running.as_mut().poll(cx)
        });
        tokio::select! {
            biased;
            _ = stopped => None,
            result = running => match result {
                Ok(()) => Some(0),
                Err(error) => {
                    eprintln!("Error: {error:?}");
                    Some(1)
                }
            },
        }
    });
    // The function's tasks may block, so this does not wait for them.
    runtime.shutdown_background();
    code
}
