//! The handler's side: a service around the user's that observes how each invocation ends.

use std::fmt::{self, Debug};
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{ready, Context, Poll};

use lambda_runtime::{
    Diagnostic, FunctionResponse, IntoFunctionResponse, LambdaEvent, StreamResponse,
};
use pin_project_lite::pin_project;
use serde::Serialize;
use tower::Service;

use crate::config::Config;
use crate::invocation::{Failure, Invocation, Outcome};
use crate::panic::watched;
use crate::printed::printed;
use crate::response::{facts_of_stream, Answer};
use crate::streamed::Streamed;

/// Observes the results of the inner service; events and responses stay the same on the wire.
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
        let invocation = Invocation::current().filter(|_| Config::get().observes());
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
        let watched_by = this.invocation.as_deref();
        let result = ready!(watched(watched_by, || this.inner.poll(cx)));
        let invocation = this.invocation.as_ref();
        Poll::Ready(match result {
            // The conversions are user code as well.
            Ok(response) => Ok(watched(watched_by, || answer(invocation, response))),
            Err(error) => Err(watched(watched_by, || failed(watched_by, error))),
        })
    }
}

/// Converts the response for the runtime. The invocation is notified when it ends, or that it is streamed.
fn answer<R, B, T>(
    invocation: Option<&Arc<Invocation>>,
    response: R,
) -> FunctionResponse<Answer<B>, Streamed<T>>
where
    R: IntoFunctionResponse<B, T>,
{
    match response.into_response() {
        FunctionResponse::BufferedResponse(body) => {
            FunctionResponse::BufferedResponse(Answer::new(body, invocation.cloned()))
        }
        FunctionResponse::StreamingResponse(StreamResponse {
            metadata_prelude,
            stream,
        }) => {
            if let Some(invocation) = invocation {
                invocation.streams(facts_of_stream(metadata_prelude.status_code));
            }
            FunctionResponse::StreamingResponse(StreamResponse {
                metadata_prelude,
                stream: Streamed::new(stream, invocation.cloned()),
            })
        }
    }
}

#[cold]
fn failed<E: Into<Diagnostic> + Debug>(invocation: Option<&Invocation>, error: E) -> Observed {
    let failure = invocation.map(|_| Failure::of_error(&error));
    let error = Observed::new(error);
    if let (Some(invocation), Some(mut failure)) = (invocation, failure) {
        failure.refine(&error.diagnostic);
        invocation.ended(Outcome::Failure(failure));
    }
    error
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
