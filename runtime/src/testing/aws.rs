//! An emulation of the AWS services that functions call: direct invocations, queues and topics.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::prelude::{Engine as _, BASE64_STANDARD};
use serde_json::{json, Value};

use super::environment::ACCOUNT;
use super::lambda::Lambda;
use super::server::{Reply, Request, Server};
use super::sns::{self, Notification};
use super::sqs::{self, Message};

/// The most messages that one event carries, as on AWS by default.
const BATCH: usize = 10;

/// An AWS endpoint on 127.0.0.1 for the functions under test.
///
/// It supports `Invoke` of Lambda, `SendMessage`, `SendMessageBatch` and `GetQueueUrl` of SQS, and `Publish` of SNS.
/// Signatures are not checked.
///
/// Queues and topics need not be created, and nothing is delivered automatically. [`deliver`](Aws::deliver) moves what
/// was published to a topic into a queue, and invoking a function with [`sqs_event`](Aws::sqs_event) delivers messages to
/// it. Clones are handles to the same endpoint.
///
/// ```
/// use ddlambda::testing::Aws;
///
/// let aws = Aws::start();
/// assert!(aws.queue_url("shipping").ends_with("/123456789012/shipping"));
/// assert!(aws.messages("shipping").is_empty());
/// assert_eq!(aws.sqs_event("shipping"), serde_json::json!({ "Records": [] }));
/// ```
#[derive(Clone)]
pub struct Aws {
    server: Arc<Server>,
    account: Arc<Account>,
}

#[derive(Default)]
struct Account {
    functions: Mutex<BTreeMap<String, Lambda>>,
    queues: Mutex<BTreeMap<String, Vec<Message>>>,
    published: Mutex<Vec<Notification>>,
}

impl Aws {
    /// Starts an endpoint on a free port.
    ///
    /// # Panics
    ///
    /// Panics if no port is available.
    pub fn start() -> Self {
        let account = Arc::new(Account::default());
        let shared = account.clone();
        Self {
            server: Arc::new(Server::start(move |request| {
                handle(shared.clone(), request)
            })),
            account,
        }
    }

    /// Returns the value for `AWS_ENDPOINT_URL`, or for the `endpoint_url` of a client.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// Registers a function under a name, so that other functions can invoke it.
    pub fn register(&self, name: impl Into<String>, function: &Lambda) {
        let mut functions = self
            .account
            .functions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        functions.insert(name.into(), function.clone());
    }

    /// Returns the URL of a queue.
    pub fn queue_url(&self, queue: &str) -> String {
        format!("{}/{ACCOUNT}/{queue}", self.endpoint())
    }

    /// Returns the messages in a queue, oldest first.
    pub fn messages(&self, queue: &str) -> Vec<Message> {
        self.account.queue(queue, |messages| messages.clone())
    }

    /// Moves what was published to a topic into a queue, as a subscription without raw message delivery does.
    pub fn deliver(&self, topic: &str, queue: &str) {
        let mut published = self.account.published();
        let is_own = |notification: &Notification| notification.topic() == topic;
        self.account.queue(queue, |messages| {
            let own = published.iter().filter(|notification| is_own(notification));
            messages.extend(own.map(Notification::message));
        });
        published.retain(|notification| !is_own(notification));
    }

    /// Takes up to ten messages out of a queue, and returns the event with which Lambda delivers them.
    pub fn sqs_event(&self, queue: &str) -> Value {
        let messages: Vec<Message> = self.account.queue(queue, |messages| {
            messages.drain(..messages.len().min(BATCH)).collect()
        });
        sqs::event(queue, &messages)
    }
}

impl fmt::Debug for Aws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Aws").field(&self.endpoint()).finish()
    }
}

impl Account {
    fn queue<T>(&self, name: &str, with: impl FnOnce(&mut Vec<Message>) -> T) -> T {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        with(queues.entry(name.to_owned()).or_default())
    }

    fn published(&self) -> MutexGuard<'_, Vec<Notification>> {
        let published = self.published.lock();
        published.unwrap_or_else(PoisonError::into_inner)
    }

    /// A function by its name, its name with a qualifier, or its ARN, percent-encoded or not.
    fn function(&self, name: &str) -> Option<Lambda> {
        let name = name.replace("%3A", ":").replace("%3a", ":");
        let name = match name.split_once(":function:") {
            Some((_, name)) => name,
            None => &name,
        };
        let name = name.split(':').next().unwrap_or(name);
        let functions = self
            .functions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        functions.get(name).cloned()
    }

    /// Queues a message and returns the response.
    fn send(&self, url: &Value, parameters: &Value) -> Result<Value, String> {
        let url = url.as_str().ok_or("no QueueUrl")?;
        let message = Message::read(parameters)?;
        let receipt = message.receipt();
        let name = url.rsplit('/').next().unwrap_or(url);
        self.queue(name, |messages| messages.push(message));
        Ok(receipt)
    }
}

async fn handle(account: Arc<Account>, request: Request) -> Reply {
    if let Some(target) = header(&request, "x-amz-target") {
        let host = header(&request, "host").unwrap_or_default();
        return match sqs(&account, host, target, request.body()) {
            Ok(answer) => Reply::json(200, answer.to_string()),
            Err(message) => failure(400, "com.amazonaws.sqs#InvalidParameterValue", &message),
        };
    }
    if request.uri().path() == "/" {
        return match Notification::read(request.body()) {
            Ok(notification) => {
                let receipt = notification.receipt();
                account.published().push(notification);
                Reply::xml(200, receipt)
            }
            Err(message) => Reply::xml(400, sns::failure(&message)),
        };
    }
    let name = request.uri().path().strip_prefix("/2015-03-31/functions/");
    let Some(name) = name.and_then(|path| path.strip_suffix("/invocations")) else {
        return failure(404, "UnknownOperationException", request.uri().path());
    };
    match account.function(name) {
        Some(function) => invoke(function, &request).await,
        None => failure(
            404,
            "ResourceNotFoundException",
            &format!("Function not found: {name}"),
        ),
    }
}

fn sqs(account: &Account, host: &str, target: &str, body: &[u8]) -> Result<Value, String> {
    let parameters: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    match target {
        "AmazonSQS.SendMessage" => account.send(&parameters["QueueUrl"], &parameters),
        "AmazonSQS.SendMessageBatch" => {
            let entries = parameters["Entries"].as_array().ok_or("no Entries")?;
            let send = |entry: &Value| {
                let mut receipt = account.send(&parameters["QueueUrl"], entry)?;
                receipt["Id"] = entry["Id"].clone();
                Ok(receipt)
            };
            let sent = entries
                .iter()
                .map(send)
                .collect::<Result<Vec<_>, String>>()?;
            Ok(json!({ "Successful": sent, "Failed": [] }))
        }
        "AmazonSQS.GetQueueUrl" => {
            let name = parameters["QueueName"].as_str().ok_or("no QueueName")?;
            Ok(json!({ "QueueUrl": format!("http://{host}/{ACCOUNT}/{name}") }))
        }
        other => Err(format!("`{other}` is not supported")),
    }
}

async fn invoke(function: Lambda, request: &Request) -> Reply {
    let mut invocation = function.invocation().bytes(request.body().to_vec());
    if let Some(context) = header(request, "x-amz-client-context") {
        let context = BASE64_STANDARD.decode(context).ok();
        match context.and_then(|json| serde_json::from_slice::<Value>(&json).ok()) {
            Some(context) => invocation = invocation.client_context(context),
            None => {
                return failure(
                    400,
                    "InvalidRequestContentException",
                    "Client context must be a valid JSON object",
                )
            }
        }
    }
    if let Some(trace) = header(request, "x-amzn-trace-id") {
        invocation = invocation.trace_header(trace);
    }
    if header(request, "x-amz-invocation-type") == Some("Event") {
        tokio::spawn(invocation.send());
        return Reply::json(202, "");
    }
    let outcome = invocation.send().await;
    let mut reply = Reply::json(200, outcome.body().to_vec());
    if let Reply::Answer(response) = &mut reply {
        let headers = response.headers_mut();
        headers.insert(
            "x-amz-executed-version",
            http::HeaderValue::from_static("$LATEST"),
        );
        if !outcome.is_ok() {
            headers.insert(
                "x-amz-function-error",
                http::HeaderValue::from_static("Unhandled"),
            );
        }
    }
    reply
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}

fn failure(status: u16, kind: &str, message: &str) -> Reply {
    Reply::json(
        status,
        json!({ "__type": kind, "message": message }).to_string(),
    )
}
