//! A function under test.

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

/// A running function, with an emulation of the Lambda service and a trace agent.
///
/// Clones are handles to the same function, which is ended when the last one is dropped. As on Lambda, a function that
/// panicked outside its handler, returned from `main` or passed its deadline has ended; start another.
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
    /// Creates a function that runs from its binary, in a process of its own. Unix only.
    ///
    /// It has an environment of its own, and its log is captured. In an integration test, the path of a binary is
    /// `env!("CARGO_BIN_EXE_name")`.
    #[cfg(unix)]
    pub fn binary(path: impl AsRef<Path>) -> Binary {
        Binary::new(path.as_ref())
    }

    /// Runs a function on a thread of this process, under the real `lambda_runtime`.
    ///
    /// `run` is what `main` would do. Returns when the function requests its first event, when it has ended, or after 20
    /// seconds.
    ///
    /// All such functions share the environment of this process, which ddlambda reads once, and one [`Agent`]: changing
    /// its behavior in one test affects the others. The function's name is `AWS_LAMBDA_FUNCTION_NAME`, or `test-function`
    /// if that is not set. Log lines go to the output of the test. Use [`binary`](Lambda::binary) where any of this
    /// matters.
    ///
    /// # Caveats
    ///
    /// This changes environment variables of the process and does not restore them. The first call sets
    /// `DD_TRACE_AGENT_URL` and `DD_DOGSTATSD_URL`, and the variables of the Lambda service (`AWS_LAMBDA_*`,
    /// `AWS_REGION`, `AWS_DEFAULT_REGION`) that are not set already; set your own variables before it. Every call sets
    /// `AWS_LAMBDA_RUNTIME_API` and holds a lock, which serialises concurrent calls, until `run` has been polled once.
    /// Threads that read the environment from C code can race with these changes: use [`binary`](Lambda::binary) for
    /// programs that have such threads.
    ///
    /// # Panics
    ///
    /// Panics if no port or thread is available.
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

    /// Waits until the function has started.
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

    /// Invokes the function with `event` as JSON, and waits for its response.
    ///
    /// If the function has ended or passes its deadline, the outcome is the error that the Lambda service would report.
    ///
    /// # Panics
    ///
    /// Panics if `event` cannot be serialised.
    pub async fn invoke(&self, event: impl Serialize) -> Outcome {
        let invocation = self.invocation().event(event);
        invocation.send().await
    }

    /// Creates an invocation, to set more than its event.
    pub fn invocation(&self) -> Invocation {
        Invocation::new(self.clone())
    }

    /// Returns the function's name.
    pub fn function_name(&self) -> &str {
        &self.inner.sandbox.function_name
    }

    /// Returns the trace agent, or `None` if the function was started without one.
    pub fn agent(&self) -> Option<&Agent> {
        self.inner.agent.as_ref()
    }

    /// Returns everything that has happened so far, in order.
    pub fn journal(&self) -> Vec<Moment> {
        self.sandbox().look(|state| state.journal.clone())
    }

    /// Returns the lines that the process has written to standard output and error. Empty for a function in this process.
    pub fn logs(&self) -> Vec<String> {
        self.sandbox()
            .look(|state| state.lines.iter().map(|(_, line)| line.clone()).collect())
    }

    /// Returns the trace of every invocation whose spans have arrived, in the order of the invocations.
    pub fn traces(&self) -> Vec<Trace> {
        self.sandbox().look(|state| {
            let request_id = |moment: &Moment| match &moment.event {
                Event::EventSent { request_id } => Trace::of_request(&state.chunks, request_id),
                _ => None,
            };
            state.journal.iter().filter_map(request_id).collect()
        })
    }

    /// Forgets everything that has happened so far, here and at the function's [agent](Self::agent).
    ///
    /// The kit keeps it for tests to check, so use this for functions that are invoked very often.
    pub fn forget(&self) {
        self.sandbox().forget();
        if let Some(agent) = self.agent() {
            agent.forget();
        }
    }

    /// Waits until the function is done with every event it was sent, including those from other functions.
    ///
    /// Then its traces and its log are complete.
    ///
    /// # Panics
    ///
    /// Panics if the function is still busy after 20 seconds.
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

    /// Waits until the function has ended, and returns its exit code, or `None` if a signal ended it.
    ///
    /// # Panics
    ///
    /// Panics if the function still runs after 20 seconds.
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

    /// Sends SIGTERM to a function in a process of its own.
    ///
    /// The Lambda service does so at the end of a sandbox if an extension is registered. Has no effect on a function in
    /// this process. To wait for the end, use [`exited`](Lambda::exited).
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
