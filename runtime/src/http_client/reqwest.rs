//! Reqwest.

use std::future::Future;

use reqwest::{Client, Error, Request, RequestBuilder, Response};

use super::call::{Call, Target};
use crate::invocation::Failure;

/// Adds `send_traced` to reqwest's [`RequestBuilder`].
///
/// ```
/// use ddlambda::http_client::TracedRequest;
///
/// async fn price(client: &reqwest::Client) -> reqwest::Result<String> {
///     let response = client.get("http://prices.internal/tea").send_traced().await?;
///     response.error_for_status()?.text().await
/// }
/// ```
///
/// A call that reqwest redirects is one span: that of the first request, with the status of the last response.
pub trait TracedRequest: sealed::Sealed {
    /// Sends the request like [`RequestBuilder::send`], and traces the call.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`RequestBuilder::send`] unchanged.
    fn send_traced(self) -> impl Future<Output = Result<Response, Error>> + Send;
}

/// Adds `execute_traced` to reqwest's [`Client`].
///
/// ```
/// use ddlambda::http_client::TracedClient;
/// use reqwest::{Client, Request, Response};
///
/// async fn send(client: &Client, request: Request) -> reqwest::Result<Response> {
///     client.execute_traced(request).await
/// }
/// ```
pub trait TracedClient: sealed::Sealed {
    /// Sends the request like [`Client::execute`], and traces the call.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Client::execute`] unchanged.
    fn execute_traced(
        &self,
        request: Request,
    ) -> impl Future<Output = Result<Response, Error>> + Send;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for reqwest::RequestBuilder {}
    impl Sealed for reqwest::Client {}
}

impl TracedRequest for RequestBuilder {
    fn send_traced(self) -> impl Future<Output = Result<Response, Error>> + Send {
        let (client, request) = self.build_split();
        async move { client.execute_traced(request?).await }
    }
}

impl TracedClient for Client {
    async fn execute_traced(&self, mut request: Request) -> Result<Response, Error> {
        let call = open(&mut request);
        let result = self.execute(request).await;
        if let Some(mut call) = call {
            match &result {
                Ok(response) => call.answered(response.status(), response.headers()),
                Err(error) => {
                    if let Some(url) = error.url() {
                        call.hide(url.to_string());
                    }
                    call.failed(Failure::of_shown(error));
                }
            }
        }
        result
    }
}

/// A header that requests of the AWS SDK have.
const OF_AWS_SDK: &str = "amz-sdk-invocation-id";

fn open(request: &mut Request) -> Option<Call> {
    // The interceptor's span replaces this one. The mark it leaves on requests is not visible here.
    if cfg!(feature = "aws-sdk") && request.headers().contains_key(OF_AWS_SDK) {
        return None;
    }
    // Taken out, so that they can be written while the rest is borrowed.
    let mut headers = std::mem::take(request.headers_mut());
    let url = request.url();
    let target = Target {
        method: request.method(),
        scheme: url.scheme(),
        host: url.host_str().unwrap_or_default().trim_matches(['[', ']']),
        port: url.port(),
        path: url.path(),
        query: url.query(),
    };
    let call = Call::open(&target, "reqwest", &mut headers);
    *request.headers_mut() = headers;
    call
}
