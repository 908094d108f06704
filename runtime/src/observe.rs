//! The handler's side: a service around the user's own that sees how each invocation ends.

use std::any::Any;
use std::fmt::{self, Debug};
use std::future::Future;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{ready, Context, Poll};

use lambda_runtime::{Diagnostic, FunctionResponse, IntoFunctionResponse, LambdaEvent};
use pin_project_lite::pin_project;
use serde::Serialize;
use tower::Service;

use crate::authorizer::{Answer, Trace};
use crate::config::Config;
use crate::invocation::{Failure, Invocation, Outcome};
use crate::panic;
use crate::printed::printed;
use crate::response;

/// Observes the results of the service inside; what it takes and gives stays the same on the wire.
#[derive(Clone)]
pub(crate) struct Observe<S>(S);

impl<S> Observe<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self(inner)
    }
}

impl<S, A> Service<LambdaEvent<A>> for Observe<S>
where
    S: Service<LambdaEvent<A>>,
    S::Error: Into<Diagnostic> + Debug,
{
    type Response = Answered<S::Response>;
    type Error = Observed;
    type Future = ObserveFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Observed>> {
        self.0.poll_ready(cx).map_err(Observed::new)
    }

    fn call(&mut self, event: LambdaEvent<A>) -> Self::Future {
        let invocation = Invocation::current().filter(|_| Config::get().trace_enabled);
        if let Some(invocation) = &invocation {
            invocation.observed();
        }
        ObserveFuture {
            inner: watched(invocation.as_deref(), || self.0.call(event)),
            invocation,
        }
    }
}

pin_project! {
    pub(crate) struct ObserveFuture<F> {
        #[pin]
        inner: F,
        invocation: Option<Arc<Invocation>>,
    }
}

impl<F, R, E> Future for ObserveFuture<F>
where
    F: Future<Output = Result<R, E>>,
    E: Into<Diagnostic> + Debug,
{
    type Output = Result<Answered<R>, Observed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(watched(this.invocation.as_deref(), || this.inner.poll(cx)));
        let invocation = this.invocation.take();
        Poll::Ready(match result {
            Ok(response) => Ok(Answered {
                response,
                invocation,
            }),
            Err(error) => Err(failed(invocation, error)),
        })
    }
}

#[cold]
fn failed<E: Into<Diagnostic> + Debug>(invocation: Option<Arc<Invocation>>, error: E) -> Observed {
    let failure = invocation.as_ref().map(|_| Failure::of_error(&error));
    let error = Observed::new(error);
    if let (Some(invocation), Some(mut failure)) = (invocation, failure) {
        failure.refine(&error.diagnostic);
        invocation.ended(Outcome::Failure(failure));
    }
    error
}

/// A handler's response. It is looked at where the runtime converts it: there the compiler sees which responses are
/// never streams, and leaves out what only streams need.
pub(crate) struct Answered<R> {
    response: R,
    /// Given if it is traced.
    invocation: Option<Arc<Invocation>>,
}

impl<R, B, T> IntoFunctionResponse<Answer<B>, T> for Answered<R>
where
    R: IntoFunctionResponse<B, T>,
    B: Serialize,
{
    // Always: the compiler would not see it otherwise.
    #[inline(always)]
    fn into_response(self) -> FunctionResponse<Answer<B>, T> {
        let invocation = self.invocation.as_ref();
        match self.response.into_response() {
            FunctionResponse::BufferedResponse(body) => {
                let trace = invocation.and_then(|invocation| {
                    let facts = response::facts(&body, Config::get().capture_payload);
                    let authorizes = facts.authorizes;
                    invocation.ended(Outcome::Success(facts));
                    authorizes.then(|| Trace::of(invocation)).flatten()
                });
                FunctionResponse::BufferedResponse(Answer::new(body, trace))
            }
            FunctionResponse::StreamingResponse(stream) => {
                if let Some(invocation) = invocation {
                    let status = stream.metadata_prelude.status_code;
                    invocation.ended(Outcome::Success(response::facts_of_stream(status)));
                }
                FunctionResponse::StreamingResponse(stream)
            }
        }
    }
}

/// Runs the user's code; a panic is noted on the invocation, and goes on to the runtime, which reports it.
fn watched<R>(invocation: Option<&Invocation>, run: impl FnOnce() -> R) -> R {
    match invocation {
        Some(invocation) => noted(invocation, run).unwrap_or_else(|panic| resume_unwind(panic)),
        None => run(),
    }
}

/// Runs the user's code; a panic is noted on the invocation, and handed out.
pub(crate) fn noted<R>(invocation: &Invocation, run: impl FnOnce() -> R) -> std::thread::Result<R> {
    let result = catch_unwind(AssertUnwindSafe(run));
    if let Err(panic) = &result {
        note(invocation, &**panic);
    }
    result
}

#[cold]
fn note(invocation: &Invocation, panic: &(dyn Any + Send)) {
    invocation.failed(Failure::of_panic(panic, panic::take_place()));
}

/// A handler's error, already converted for the Runtime API, that still prints as the original.
pub(crate) struct Observed {
    debug: String,
    diagnostic: Diagnostic,
}

impl Observed {
    fn new<E: Into<Diagnostic> + Debug>(error: E) -> Self {
        Self {
            debug: printed(format_args!("{error:?}")),
            diagnostic: error.into(),
        }
    }
}

impl Debug for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.debug)
    }
}

impl From<Observed> for Diagnostic {
    fn from(error: Observed) -> Self {
        error.diagnostic
    }
}
