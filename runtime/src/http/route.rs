//! The route that a router has matched, on `aws.lambda`.

use std::task::{Context, Poll};

use http::{Extensions, Request};
use tower::{Layer, Service};

use crate::invocation::Invocation;

/// Creates a layer that names each invocation by the route that its request has matched.
///
/// The resource of `aws.lambda` becomes `GET /orders/{id}`, and its tag `http.route` becomes `/orders/{id}`. A request
/// without a route leaves `aws.lambda` unchanged.
///
/// Routers keep the route in the extensions of the request, each in a type of its own. `matched` reads it from there,
/// here for axum:
///
/// ```ignore
/// use axum::{extract::MatchedPath, routing::get, Router};
///
/// let app = Router::new()
///     .route("/orders/{id}", get(order))
///     .route_layer(ddlambda::http::route(|request| {
///         request.get::<MatchedPath>().map(MatchedPath::as_str)
///     }));
/// ddlambda::http::run(app).await
/// ```
pub fn route<F>(matched: F) -> RouteLayer<F>
where
    F: Fn(&Extensions) -> Option<&str> + Clone,
{
    RouteLayer { matched }
}

/// The layer that [`route`] returns.
#[derive(Clone, Copy, Debug)]
pub struct RouteLayer<F> {
    matched: F,
}

impl<S, F: Clone> Layer<S> for RouteLayer<F> {
    type Service = RouteService<S, F>;

    fn layer(&self, inner: S) -> Self::Service {
        RouteService {
            inner,
            matched: self.matched.clone(),
        }
    }
}

/// The service that [`RouteLayer`] creates.
#[derive(Clone, Copy, Debug)]
pub struct RouteService<S, F> {
    inner: S,
    matched: F,
}

impl<S, F, B> Service<Request<B>> for RouteService<S, F>
where
    S: Service<Request<B>>,
    F: Fn(&Extensions) -> Option<&str>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> S::Future {
        if let (Some(invocation), Some(route)) =
            (Invocation::current(), (self.matched)(request.extensions()))
        {
            let mut resource = Some(format!("{} {route}", request.method()).into());
            invocation.change_root(&mut |span| {
                span.resource = resource.take();
                span.tags.set("http.route", route);
            });
        }
        self.inner.call(request)
    }
}
