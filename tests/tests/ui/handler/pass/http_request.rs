use lambda_http::http::StatusCode;
use lambda_http::{Body, Error, IntoResponse, Request, Response};

#[ddlambda::handler]
async fn opaque(request: Request) -> Result<impl IntoResponse, Error> {
    Ok(request.uri().path().to_owned())
}

fn context(request: &Request) -> Option<(u64, u64, i32)> {
    let id = request.headers().get("x-trace")?.to_str().ok()?;
    Some((id.parse().ok()?, 1, 1))
}

#[ddlambda::handler(extractor = context, resource = "GET /")]
async fn concrete(state: &str, request: lambda_http::Request) -> Result<Response<Body>, Error> {
    let body = Body::from(format!("{state}{}", request.method()));
    Ok(Response::builder().status(StatusCode::CREATED).body(body)?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    opaque(Request::default()).await?;
    let response = concrete("a", Request::default()).await?;
    assert_eq!(response.status(), 201);
    let _runtime = || lambda_http::run(lambda_http::service_fn(opaque));
    let _borrowing = || lambda_http::run(lambda_http::service_fn(|request: Request| concrete("b", request)));
    Ok(())
}
