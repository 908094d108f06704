//! Tower services on HTTP requests.

use std::fmt::{Debug, Display};
use std::future::Future;
use std::pin::Pin;
use std::task::{ready, Context, Poll};

use http::header::HOST;
use http::uri::Authority;
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use super::call::{Call, Target};
use crate::client::Traced;
use crate::invocation::Failure;

/// Creates a layer that traces the calls of an HTTP client, such as the one of hyper-util.
///
/// ```
/// use bytes::Bytes;
/// use http_body_util::Full;
/// use hyper_util::client::legacy::Client;
/// use hyper_util::rt::TokioExecutor;
/// use tower::{Service, ServiceBuilder, ServiceExt};
///
/// # async fn call() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
/// let mut client = ServiceBuilder::new()
///     .layer(ddlambda::http_client::layer())
///     .service(client);
///
/// let request = http::Request::get("http://prices.internal/tea").body(Full::default())?;
/// let response = client.ready().await?.call(request).await?;
/// # let _ = response;
/// # Ok(())
/// # }
/// ```
///
/// The position of the layer matters: below a layer that retries or follows redirects, each attempt has a span; above it,
/// there is one span for all attempts. A request that passes two of these layers has one span. Requests of an AWS SDK
/// client whose calls are traced get no further span, since the span of the call represents them.
#[must_use]
pub fn layer() -> HttpClientLayer {
    HttpClientLayer { _private: () }
}

/// The layer that [`layer`] returns.
#[derive(Clone, Copy, Debug)]
pub struct HttpClientLayer {
    _private: (),
}

impl<S> Layer<S> for HttpClientLayer {
    type Service = HttpClient<S>;

    fn layer(&self, inner: S) -> HttpClient<S> {
        HttpClient { inner }
    }
}

/// An HTTP client whose calls are traced, created by [`HttpClientLayer`].
#[derive(Clone, Copy, Debug)]
pub struct HttpClient<S> {
    inner: S,
}

impl<S, B, R> Service<Request<B>> for HttpClient<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Debug + Display,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let call = match request.extensions().get() {
            Some(Traced) => None,
            None => open(&mut request),
        };
        if call.is_some() {
            request.extensions_mut().insert(Traced);
        }
        ResponseFuture {
            inner: self.inner.call(request),
            call,
        }
    }
}

fn open<B>(request: &mut Request<B>) -> Option<Call> {
    // Taken out, so that they can be written while the rest is borrowed.
    let mut headers = std::mem::take(request.headers_mut());
    let uri = request.uri();
    let host_header = || headers.get(HOST)?.to_str().ok()?.parse::<Authority>().ok();
    // If the URI has no host, it is in the header.
    let named = uri.authority().is_none().then(host_header).flatten();
    let authority = uri.authority().or(named.as_ref());
    let target = Target {
        method: request.method(),
        scheme: uri.scheme_str().unwrap_or("http"),
        host: authority.map_or("", |authority| authority.host().trim_matches(['[', ']'])),
        port: authority.and_then(Authority::port_u16),
        path: uri.path(),
        query: uri.query(),
    };
    let mut call = Call::open(&target, "tower", &mut headers);
    let has_user = authority.is_some_and(|authority| authority.as_str().contains('@'));
    if let Some(call) = call.as_mut().filter(|_| has_user || uri.query().is_some()) {
        call.hide(uri.to_string());
    }
    *request.headers_mut() = headers;
    call
}

pin_project! {
    /// The future of a call through [`HttpClient`]. The span ends when it completes or is dropped.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        call: Option<Call>,
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    E: Debug + Display,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let result = ready!(this.inner.poll(cx));
        if let Some(call) = this.call.take() {
            match &result {
                Ok(response) => call.answered(response.status(), response.headers()),
                Err(error) => call.failed(Failure::of_shown(error)),
            }
        }
        Poll::Ready(result)
    }
}
