//! The part of Step Functions that runs an execution while the caller waits. moto has none: this answers with the input, in
//! place of the client of HTTP.

use aws_smithy_runtime_api::client::http::{
    http_client_fn, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use lambda_runtime::Error;
use serde_json::{json, Value};

use crate::account;

/// The execution that every call is.
pub fn execution() -> String {
    let (region, account) = (account::REGION, account::ACCOUNT);
    let name = account::STATE_MACHINE;
    format!("arn:aws:states:{region}:{account}:express:{name}:1:2")
}

pub fn client() -> SharedHttpClient {
    http_client_fn(|_, _| SharedHttpConnector::new(Express))
}

#[derive(Debug)]
struct Express;

impl HttpConnector for Express {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = answer(&request);
        HttpConnectorFuture::ready(answer.map_err(|error| ConnectorError::other(error, None)))
    }
}

fn answer(request: &HttpRequest) -> Result<HttpResponse, Error> {
    let target = request.headers().get("x-amz-target");
    if target != Some("AWSStepFunctions.StartSyncExecution") {
        return Err(format!("{target:?} is not known").into());
    }
    let body = request.body().bytes().unwrap_or_default();
    let length = request.headers().get("content-length");
    if length != Some(&*body.len().to_string()) {
        return Err(format!("{length:?} is not the length").into());
    }
    let call: Value = serde_json::from_slice(body)?;
    let answer = json!({
        "executionArn": execution(),
        "startDate": 1_767_323_045,
        "stopDate": 1_767_323_046,
        "status": "SUCCEEDED",
        "input": call["input"],
        "output": "{}",
    });
    let answer = answer.to_string().into();
    Ok(HttpResponse::new(200.try_into()?, answer))
}
