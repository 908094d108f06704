//! The handler's side: a service around the user's own that sees how each invocation ends.

use std::fmt::{self, Debug};
use std::future::Future;
use std::marker::PhantomData;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{ready, Context, Poll};

use lambda_runtime::{
    Diagnostic, FunctionResponse, IntoFunctionResponse, LambdaEvent, StreamResponse,
};
use pin_project_lite::pin_project;
use serde::Serialize;
use tower::Service;

use crate::authorizer::Answer;
use crate::config::Config;
use crate::invocation::{Failure, Invocation, Outcome};
use crate::panic;
use crate::printed::printed;
use crate::response;
use crate::streamed::Streamed;

/// Observes the results of the service inside; what it takes and gives stays the same on the wire.
pub(crate) struct Observe<S, B, T> {
    inner: S,
    response: PhantomData<fn() -> (B, T)>,
}

impl<S, B, T> Observe<S, B, T> {
    pub(crate) fn new(inner: S) -> Self {
        Self {
            inner,
            response: PhantomData,
        }
    }
}

impl<S: Clone, B, T> Clone for Observe<S, B, T> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone())
    }
}

impl<S, A, R, B, T> Service<LambdaEvent<A>> for Observe<S, B, T>
where
    S: Service<LambdaEvent<A>, Response = R>,
    S::Error: Into<Diagnostic> + Debug,
    R: IntoFunctionResponse<B, T>,
    B: Serialize,
{
    type Response = FunctionResponse<Answer<B>, Streamed<T>>;
    type Error = Observed;
    type Future = ObserveFuture<S::Future, B, T>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Observed>> {
        self.inner.poll_ready(cx).map_err(Observed::new)
    }

    fn call(&mut self, event: LambdaEvent<A>) -> Self::Future {
        let invocation = Invocation::current().filter(|_| Config::get().trace_enabled);
        if let Some(invocation) = &invocation {
            invocation.observed();
        }
        ObserveFuture {
            inner: watched(invocation.as_deref(), || self.inner.call(event)),
            invocation,
            response: PhantomData,
        }
    }
}

pin_project! {
    pub(crate) struct ObserveFuture<F, B, T> {
        #[pin]
        inner: F,
        invocation: Option<Arc<Invocation>>,
        response: PhantomData<fn() -> (B, T)>,
    }
}

impl<F, R, E, B, T> Future for ObserveFuture<F, B, T>
where
    F: Future<Output = Result<R, E>>,
    E: Into<Diagnostic> + Debug,
    R: IntoFunctionResponse<B, T>,
    B: Serialize,
{
    type Output = Result<FunctionResponse<Answer<B>, Streamed<T>>, Observed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let invocation = this.invocation.as_ref();
        let watched_by = this.invocation.as_deref();
        let result = ready!(watched(watched_by, || this.inner.poll(cx)));
        Poll::Ready(match result {
            Ok(response) => {
                // The conversion, and what is asked of the response, is the user's code as well.
                let (response, facts) = watched(watched_by, || {
                    let response = response.into_response();
                    let facts = invocation
                        .map(|_| response::facts(&response, Config::get().capture_payload));
                    (response, facts)
                });
                Ok(match response {
                    FunctionResponse::BufferedResponse(body) => {
                        let mut asked = None;
                        if let (Some(invocation), Some(facts)) = (invocation, facts) {
                            asked = Some(invocation).filter(|_| facts.authorizes);
                            invocation.ended(Outcome::Success(facts));
                        }
                        FunctionResponse::BufferedResponse(Answer::to(asked, body))
                    }
                    FunctionResponse::StreamingResponse(StreamResponse {
                        metadata_prelude,
                        stream,
                    }) => {
                        if let (Some(invocation), Some(facts)) = (invocation, facts) {
                            invocation.streams(facts);
                        }
                        FunctionResponse::StreamingResponse(StreamResponse {
                            metadata_prelude,
                            stream: Streamed::new(stream, invocation.cloned()),
                        })
                    }
                })
            }
            Err(error) => {
                let mut failure = invocation.map(|_| Failure::of_error(&error));
                let error = Observed::new(error);
                if let (Some(invocation), Some(mut failure)) = (invocation, failure.take()) {
                    failure.refine(&error.diagnostic);
                    invocation.ended(Outcome::Failure(failure));
                }
                Err(error)
            }
        })
    }
}

/// Runs the user's code; a panic is noted on the invocation, and goes on to the runtime, which reports it.
pub(crate) fn watched<R>(invocation: Option<&Invocation>, run: impl FnOnce() -> R) -> R {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|payload| {
        if let Some(invocation) = invocation {
            invocation.failed(|| Failure::of_panic(&*payload, panic::take_place()));
        }
        resume_unwind(payload)
    })
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
