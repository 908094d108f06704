//! Calls of AWS that a test asks for, and what was sent of them.

pub mod sigv4;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The credentials that sign every request.
pub const KEY: &str = "AKIDEXAMPLE";
/// Their secret.
pub const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
/// The region of every call.
pub const REGION: &str = "eu-west-1";

/// A call, with the request as a client of the SDK serialises its input.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Call {
    /// The name that the service's client has for it.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// The name that its requests are signed for.
    pub signing_name: String,
    /// Where it goes.
    pub endpoint: String,
    /// Path and query.
    pub path: String,
    /// The headers.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: String,
    /// What is answered to one attempt after the other.
    pub answers: Vec<Answer>,
    /// What is out of the ordinary.
    pub way: Way,
}

/// How a call is made.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
pub enum Way {
    /// As usual.
    #[default]
    Send,
    /// The request is signed and not sent.
    Presign,
    /// Nobody waits for the answer, which does not come.
    Cancel,
    /// The input cannot be serialised.
    Unserializable,
    /// Two interceptors are set, where one is enough.
    Twice,
    /// The client of HTTP is traced, too.
    Layered,
    /// The client of HTTP is traced, and the call is not.
    LayerOnly,
}

/// An answer of a service.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Answer {
    /// The status; 0 for a connection that breaks.
    pub status: u16,
    /// The headers.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: String,
}

/// What a call came to.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Made {
    /// The request of each attempt.
    pub sent: Vec<Sent>,
    /// The error, as it prints.
    pub error: Option<String>,
}

/// A request as it was sent.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Sent {
    /// The method.
    pub method: String,
    /// The whole address.
    pub uri: String,
    /// The headers.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: String,
}

impl Call {
    /// A call of a service whose protocol is JSON, which succeeds at once.
    pub fn json(service: &str, signing_name: &str, operation: &str, body: &str) -> Self {
        let headers = [
            ("content-type", "application/x-amz-json-1.0"),
            ("content-length", &body.len().to_string()),
            ("x-amz-target", &format!("Target.{operation}")),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            service: service.to_owned(),
            operation: operation.to_owned(),
            signing_name: signing_name.to_owned(),
            endpoint: format!("https://{signing_name}.{REGION}.amazonaws.com"),
            path: "/".to_owned(),
            headers: headers.into(),
            body: body.to_owned(),
            answers: vec![Answer::new(200, "{}")],
            way: Way::Send,
        }
    }
}

impl Answer {
    /// An answer with the id that services give a request.
    pub fn new(status: u16, body: &str) -> Self {
        let id = (
            "x-amzn-requestid".to_owned(),
            "id-of-the-request".to_owned(),
        );
        Self {
            status,
            headers: [id].into(),
            body: body.to_owned(),
        }
    }
}
