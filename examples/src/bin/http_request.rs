//! A handler on `lambda_http::Request` (feature `http`): the same for API Gateway, function URLs and load balancers.

use lambda_http::{service_fn, Error, IntoResponse, Request, RequestExt};

#[ddlambda::handler]
async fn handler(request: Request) -> Result<impl IntoResponse, Error> {
    let query = request.query_string_parameters();
    let name = query.first("name").unwrap_or("world");
    ddlambda::set_tag("greeted", name);
    Ok(format!("Hello {name}, from {}\n", request.uri().path()))
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    ddlambda::http::run(service_fn(handler)).await
}
