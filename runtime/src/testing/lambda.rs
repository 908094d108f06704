//! A function.

use std::fmt;
use std::future::Future;
#[cfg(unix)]
use std::path::Path;
use std::sync::Arc;

use lambda_runtime::Error;
use serde::Serialize;

use super::agent::Agent;
use super::environment;
use super::in_process::Thread;
use super::invocation::Invocation;
use super::journal::{Event, Moment};
use super::outcome::Outcome;
#[cfg(unix)]
use super::process::{Binary, Process};
use super::runtime_api;
use super::sandbox::Sandbox;
use super::server::Server;
use super::trace::Trace;
use super::LIMIT;

/// A running function, together with the part of the Lambda service and the trace agent it needs.
///
/// A clone is another handle to the same function; it ends with the last one. As on Lambda, a function that has
/// panicked outside its handler, returned from `main` or passed its deadline is gone: start another.
#[derive(Clone)]
pub struct Lambda {
    inner: Arc<Inner>,
}

struct Inner {
    sandbox: Arc<Sandbox>,
    function: Function,
    agent: Option<Agent>,
    _api: Server,
}

pub(super) enum Function {
    #[cfg(unix)]
    Process(Process),
    Thread(Thread),
}

impl Lambda {
    /// A function to be started from its binary, in a process of its own, with a clean environment and its log read.
    /// In an integration test the path of a binary is `env!("CARGO_BIN_EXE_name")`. Unix only.
    #[cfg(unix)]
    pub fn binary(path: impl AsRef<Path>) -> Binary {
        Binary::new(path.as_ref())
    }

    /// Runs a function on a thread of this process, under the real `lambda_runtime`: `run` is what `main` would do.
    /// Returns when the function asks for its first event, or when it has ended.
    ///
    /// All such functions share this process's environment, which is read once: set your own variables before the first
    /// call. The function's name is `AWS_LAMBDA_FUNCTION_NAME` or `test-function`, and there is one [`Agent`] for all,
    /// so what one test tells the agent concerns the others. The log goes where the test's output goes. Use
    /// [`binary`](Lambda::binary) where any of this matters.
    pub async fn service<F, Fut>(run: F) -> Self
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = Result<(), Error>>,
    {
        let shared = environment::shared();
        let sandbox = Sandbox::new(shared.function_name.clone(), true);
        shared.agent.report_to(&sandbox);
        let api = runtime_api::serve(sandbox.clone());
        let thread = Thread::start(run, api.address(), sandbox.clone());
        Self::started(
            sandbox,
            Function::Thread(thread),
            api,
            Some(shared.agent.clone()),
        )
        .await
    }

    /// Waits for the end of the start.
    pub(super) async fn started(
        sandbox: Arc<Sandbox>,
        function: Function,
        api: Server,
        agent: Option<Agent>,
    ) -> Self {
        let is_end = |event: &Event| {
            matches!(
                event,
                Event::NextRequested | Event::SnapshotReady | Event::ProcessExited { .. }
            )
        };
        sandbox.wait(LIMIT, move |state| state.last(is_end)).await;
        let inner = Inner {
            sandbox,
            function,
            agent,
            _api: api,
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Invokes the function with `event` as JSON. Returns when its answer has arrived; for a function that is gone or
    /// passes its deadline the outcome is the error that the Lambda service would report.
    ///
    /// # Panics
    /// If `event` cannot be serialized.
    pub async fn invoke(&self, event: impl Serialize) -> Outcome {
        let invocation = self.invocation().event(event);
        invocation.send().await
    }

    /// An invocation with more than an event.
    pub fn invocation(&self) -> Invocation {
        Invocation::new(self.clone())
    }

    /// The function's name.
    pub fn function_name(&self) -> &str {
        &self.inner.sandbox.function_name
    }

    /// The trace agent, unless the function was started without.
    pub fn agent(&self) -> Option<&Agent> {
        self.inner.agent.as_ref()
    }

    /// Everything that has happened, in order.
    pub fn journal(&self) -> Vec<Moment> {
        self.sandbox().look(|state| state.journal.clone())
    }

    /// What the process has written to its standard output and error, line by line; nothing for a function within
    /// this process.
    pub fn logs(&self) -> Vec<String> {
        self.sandbox()
            .look(|state| state.lines.iter().map(|(_, line)| line.clone()).collect())
    }

    /// The trace of every invocation whose spans have arrived, in the order of the invocations.
    pub fn traces(&self) -> Vec<Trace> {
        self.sandbox().look(|state| {
            let request_id = |moment: &Moment| match &moment.event {
                Event::EventSent { request_id } => Trace::of_request(&state.chunks, request_id),
                _ => None,
            };
            state.journal.iter().filter_map(request_id).collect()
        })
    }

    /// Forgets everything that has happened here and at the function's [agent](Self::agent), which is remembered for tests
    /// to look at: for functions that are invoked very often.
    pub fn forget(&self) {
        self.sandbox().forget();
        if let Some(agent) = self.agent() {
            agent.forget();
        }
    }

    /// Waits until the function is done with every event it was given, also with those that other functions sent it:
    /// then its traces and its log are complete.
    ///
    /// # Panics
    /// If the function stays busy.
    #[track_caller]
    pub fn idle(&self) -> impl Future<Output = ()> + Send + 'static {
        let caller = std::panic::Location::caller();
        let idle = self.sandbox().wait(LIMIT, |state| {
            let is_done = |moment: &Moment| match &moment.event {
                Event::EventSent { request_id } => state.done(request_id).is_some(),
                _ => true,
            };
            state.journal.iter().all(is_done).then_some(())
        });
        async move {
            if idle.await.is_none() {
                panic!("{caller}: the function is still busy after {LIMIT:?}");
            }
        }
    }

    /// Waits until the function is gone, and returns its exit code; `None` if a signal ended it.
    ///
    /// # Panics
    /// If it stays.
    #[track_caller]
    pub fn exited(&self) -> impl Future<Output = Option<i32>> + Send + 'static {
        let caller = std::panic::Location::caller();
        let exit = self.sandbox().wait(LIMIT, |state| state.exit);
        async move {
            match exit.await {
                Some(code) => code,
                None => panic!("{caller}: the function still runs after {LIMIT:?}"),
            }
        }
    }

    /// Tells a function in a process of its own that its sandbox ends, as the Lambda service does where an extension is
    /// registered: by SIGTERM. It does nothing to a function within this process. See [`exited`](Lambda::exited).
    pub fn terminate(&self) {
        #[cfg(unix)]
        if let Function::Process(process) = &self.inner.function {
            process.terminate();
        }
    }

    /// Ends the function, as the Lambda service does after a timeout.
    pub(super) fn end(&self) {
        match &self.inner.function {
            #[cfg(unix)]
            Function::Process(process) => process.kill(),
            Function::Thread(thread) => thread.stop(),
        }
    }

    pub(super) fn sandbox(&self) -> &Arc<Sandbox> {
        &self.inner.sandbox
    }
}

impl fmt::Debug for Lambda {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Lambda")
            .field(&self.function_name())
            .finish()
    }
}
