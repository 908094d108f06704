//! Calls to AWS at the endpoint that `AWS_ENDPOINT_URL` names, without signatures: the examples talk to
//! [`ddlambda::testing::Aws`], which asks for none.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use lambda_runtime::Error;
use tokio::net::TcpStream;

/// The pairs as a form, the way in which SNS is called.
pub fn form(pairs: &[(&str, &str)]) -> String {
    let encode = |text: &str| -> String {
        let encode = |byte: u8| match byte.is_ascii_alphanumeric() {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        };
        text.bytes().map(encode).collect()
    };
    let pairs = pairs.iter();
    let pairs: Vec<String> = pairs
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    pairs.join("&")
}

/// Posts `body` to `path`, and returns the response whatever its status is.
///
/// # Errors
///
/// If `AWS_ENDPOINT_URL` is not set, or nobody answers there.
pub async fn post(
    path: &str,
    headers: &[(&'static str, String)],
    body: String,
) -> Result<http::Response<Bytes>, Error> {
    let endpoint: http::Uri = std::env::var("AWS_ENDPOINT_URL")?.parse()?;
    let host = endpoint
        .authority()
        .ok_or("AWS_ENDPOINT_URL has no host")?
        .as_str();
    let stream = TcpStream::connect(host).await?;
    let (mut client, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);

    let mut request = http::Request::post(path).header("host", host);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let response = client
        .send_request(request.body(Full::<Bytes>::from(body))?)
        .await?;
    let (head, body) = response.into_parts();
    Ok(http::Response::from_parts(
        head,
        body.collect().await?.to_bytes(),
    ))
}
