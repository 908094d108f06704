//! The trace agent, and how it can fail.

use std::collections::VecDeque;
use std::fmt;
use std::future::{pending, Future};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::decode;
use super::sandbox::Sandbox;
use super::server::{in_background, Peer, Reply, Request, Server};
use super::span::Chunk;
use super::trace::Trace;
use super::LIMIT;

/// What an [`Agent`] does with traces. Defaults to [`Accept`](AgentBehavior::Accept).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AgentBehavior {
    /// Responds with status 200, like the Datadog Lambda Extension.
    #[default]
    Accept,
    /// Responds with this HTTP status. The traces do not count as received.
    Status(u16),
    /// Never responds. The traces do not count as received.
    Hang,
    /// Closes the connection without a response. The traces do not count as received.
    Reset,
    /// Closes the connection in the middle of its response. The traces do not count as received.
    Cut,
    /// Responds with bytes that are not HTTP. The traces do not count as received.
    Garbage,
    /// Accepts the traces, and responds after this time.
    Delay(Duration),
}

/// A request that an [`Agent`] has received.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AgentRequest {
    /// The method, such as `POST`.
    pub method: String,
    /// The path, such as `/v0.4/traces`.
    pub path: String,
    /// The headers in the order of arrival, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// When the request had arrived completely.
    pub at: Instant,
    /// The address and port of the sender, which are the same for all requests of one connection.
    pub peer: SocketAddr,
}

impl AgentRequest {
    /// Returns the value of a header. `name` must be in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(key, _)| key == name)?;
        Some(value)
    }
}

/// A Datadog agent on 127.0.0.1.
///
/// It accepts `POST` and `PUT` of `/v0.4/traces` and `/v0.5/traces`, `/info`, and DogStatsD. It also accepts OTLP, as
/// `POST` of `/v1/traces`, but does not decode it: look at the [requests](Agent::requests).
///
/// Every [`Lambda`](super::Lambda) has an agent, unless it was started without one. Start your own to test a program that
/// is not a function. Clones are handles to the same agent, which is stopped when the last one is dropped.
///
/// ```
/// use ddlambda::testing::{Agent, AgentBehavior};
///
/// let agent = Agent::start();
/// agent.set_behavior(AgentBehavior::Status(503));
/// assert!(agent.url().starts_with("http://127.0.0.1:"));
/// assert!(agent.requests().is_empty());
/// ```
#[derive(Clone)]
pub struct Agent {
    server: Arc<Server>,
    metrics: Arc<UdpSocket>,
    state: Arc<watch::Sender<State>>,
}

#[derive(Default)]
struct State {
    behavior: AgentBehavior,
    script: VecDeque<AgentBehavior>,
    requests: Vec<AgentRequest>,
    chunks: Vec<Chunk>,
    sandboxes: Vec<Weak<Sandbox>>,
    rates: Vec<(String, f64)>,
    otlp_answer: Vec<u8>,
}

impl Agent {
    /// Starts an agent on a free port.
    ///
    /// # Panics
    ///
    /// Panics if no port is available.
    pub fn start() -> Self {
        let state = Arc::new(watch::Sender::new(State::default()));
        let shared = state.clone();
        let metrics = UdpSocket::bind(("127.0.0.1", 0)).expect("a free port");
        metrics
            .set_nonblocking(true)
            .expect("a socket that does not block");
        Self {
            metrics: Arc::new(metrics),
            server: Arc::new(Server::start(move |request| {
                handle(shared.clone(), request)
            })),
            state,
        }
    }

    /// Returns the value for `DD_TRACE_AGENT_URL`.
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// Forgets the requests and traces that were received so far.
    pub fn forget(&self) {
        self.state.send_modify(|state| {
            state.requests.clear();
            state.chunks.clear();
        });
    }

    /// Returns the value for `DD_DOGSTATSD_URL`.
    pub fn metrics_url(&self) -> String {
        let address = self.metrics.local_addr().expect("a bound socket");
        format!("udp://{address}")
    }

    /// Returns the metric values received since the last call, in the format of DogStatsD, such as
    /// `shop.order.price:12.5|d|#currency:eur`.
    pub fn metrics(&self) -> Vec<String> {
        let mut buffer = [0; 64 * 1024];
        let mut metrics = Vec::new();
        while let Ok(length) = self.metrics.recv(&mut buffer) {
            metrics.push(String::from_utf8_lossy(&buffer[..length]).into_owned());
        }
        metrics
    }

    /// Sets what the agent does with traces from now on.
    pub fn set_behavior(&self, behavior: AgentBehavior) {
        self.state.send_modify(|state| state.behavior = behavior);
    }

    /// Sets what the agent does with the next requests, one behavior for each.
    ///
    /// After these, it does what [`set_behavior`](Agent::set_behavior) sets.
    pub fn script(&self, behaviors: impl IntoIterator<Item = AgentBehavior>) {
        let behaviors: Vec<AgentBehavior> = behaviors.into_iter().collect();
        self.state
            .send_modify(|state| state.script.extend(behaviors));
    }

    /// Sets the sampling rates that the agent returns in its responses from now on.
    ///
    /// Keys are such as `service:orders,env:prod`; `service:,env:` applies to all others. There are none by default, like
    /// with the Datadog Lambda Extension.
    pub fn set_rates<'a>(&self, rates: impl IntoIterator<Item = (&'a str, f64)>) {
        let rates = rates.into_iter().map(|(key, rate)| (key.to_owned(), rate));
        let rates = rates.collect();
        self.state.send_modify(|state| state.rates = rates);
    }

    /// Sets the response to OTLP requests from now on, as the bytes of an `ExportTraceServiceResponse`.
    ///
    /// It is empty by default, which means that everything was accepted.
    pub fn set_otlp_answer(&self, message: impl Into<Vec<u8>>) {
        let message = message.into();
        self.state.send_modify(|state| state.otlp_answer = message);
    }

    /// Returns all requests received so far, whatever was done with them.
    pub fn requests(&self) -> Vec<AgentRequest> {
        self.state.borrow().requests.clone()
    }

    /// Waits until the agent has received this many requests, and returns all of them.
    ///
    /// # Panics
    ///
    /// Panics if they have not arrived after 20 seconds.
    #[track_caller]
    pub fn wait_for_requests(
        &self,
        number: usize,
    ) -> impl Future<Output = Vec<AgentRequest>> + Send + 'static {
        let requests = |state: &State| state.requests.clone();
        self.wait_for(number, "requests", |state| state.requests.len(), requests)
    }

    /// Waits until the agent has accepted this many chunks. An invocation sends one, or more if it is very large.
    ///
    /// # Panics
    ///
    /// Panics if they have not arrived after 20 seconds.
    #[track_caller]
    pub fn wait_for_chunks(&self, number: usize) -> impl Future<Output = ()> + Send + 'static {
        self.wait_for(number, "chunks", |state| state.chunks.len(), |_| ())
    }

    #[track_caller]
    fn wait_for<T: Send + 'static>(
        &self,
        number: usize,
        what: &'static str,
        count: fn(&State) -> usize,
        look: fn(&State) -> T,
    ) -> impl Future<Output = T> + Send + 'static {
        let caller = std::panic::Location::caller();
        let mut state = self.state.subscribe();
        async move {
            let found = in_background(async move {
                let received = state.wait_for(|state| count(state) >= number);
                let received = tokio::time::timeout(LIMIT, received).await.ok()?.ok()?;
                Some(look(&received))
            });
            match found.await {
                Some(found) => found,
                None => {
                    panic!("{caller}: the agent did not receive {number} {what} within {LIMIT:?}")
                }
            }
        }
    }

    /// Returns the accepted traces, one per trace id.
    pub fn traces(&self) -> Vec<Trace> {
        Trace::all(&self.state.borrow().chunks)
    }

    /// Closes the port and every connection, and returns when that is done.
    pub async fn stop(&self) {
        self.server.stop().await;
    }

    /// Reports every trace to `sandbox` from now on.
    pub(super) fn report_to(&self, sandbox: &Arc<Sandbox>) {
        let sandbox = Arc::downgrade(sandbox);
        self.state.send_modify(|state| {
            state.sandboxes.retain(|known| known.strong_count() > 0);
            state.sandboxes.push(sandbox);
        });
    }
}

impl fmt::Debug for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Agent").field(&self.url()).finish()
    }
}

async fn handle(state: Arc<watch::Sender<State>>, request: Request) -> Reply {
    let form = Form::at(request.uri().path());
    let mut behavior = AgentBehavior::Accept;
    state.send_modify(|state| {
        state.requests.push(received(&request));
        if form.is_some() {
            behavior = state.script.pop_front().unwrap_or(state.behavior);
        }
    });
    let form = match (request.uri().path(), form, request.method().as_str()) {
        (_, Some(form), method) if form.takes(method) => form,
        (_, Some(_), _) => return Reply::json(405, "{}"),
        ("/info", ..) => {
            return Reply::json(
                200,
                r#"{"endpoints":["/v0.4/traces","/v0.5/traces","/info"],"client_drop_p0s":false}"#,
            )
        }
        _ => return Reply::json(404, "Not Found"),
    };
    match behavior {
        AgentBehavior::Accept => accept(&state, form, request.body()),
        AgentBehavior::Delay(time) => {
            let reply = accept(&state, form, request.body());
            tokio::time::sleep(time).await;
            reply
        }
        AgentBehavior::Status(status) => Reply::json(status, "{}"),
        AgentBehavior::Hang => pending().await,
        AgentBehavior::Reset => Reply::Raw(b""),
        AgentBehavior::Cut => {
            Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 21\r\n\r\n{\"rate_by")
        }
        AgentBehavior::Garbage => Reply::Raw(b"\x00\xffgarbage\r\n\r\n\x15\x03\x01"),
    }
}

/// The formats in which traces arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    V04,
    V05,
    Otlp,
}

impl Form {
    fn at(path: &str) -> Option<Self> {
        match path {
            "/v0.4/traces" => Some(Self::V04),
            "/v0.5/traces" => Some(Self::V05),
            "/v1/traces" => Some(Self::Otlp),
            _ => None,
        }
    }

    fn takes(self, method: &str) -> bool {
        method == "POST" || (method == "PUT" && self != Self::Otlp)
    }
}

/// Functions are told about their traces before the response is sent, and so before they can request their next event.
fn accept(state: &watch::Sender<State>, form: Form, body: &[u8]) -> Reply {
    let decoded = match form {
        Form::V04 => decode::from_v04(body),
        Form::V05 => decode::from_v05(body),
        Form::Otlp => return Reply::protobuf(200, state.borrow().otlp_answer.clone()),
    };
    let chunks = match decoded {
        Ok(chunks) => chunks,
        Err(error) => return Reply::json(500, error),
    };
    let sandboxes = state.borrow().sandboxes.clone();
    for sandbox in sandboxes.iter().filter_map(Weak::upgrade) {
        sandbox.traces_received(chunks.clone());
    }
    state.send_modify(|state| state.chunks.extend(chunks));
    let rates: serde_json::Map<_, _> = state
        .borrow()
        .rates
        .iter()
        .map(|(key, rate)| (key.clone(), (*rate).into()))
        .collect();
    let answer = serde_json::json!({ "rate_by_service": rates });
    Reply::json(200, answer.to_string())
}

fn received(request: &Request) -> AgentRequest {
    let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        (
            name.to_string(),
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
        )
    };
    AgentRequest {
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        headers: request.headers().iter().map(header).collect(),
        body: request.body().to_vec(),
        at: Instant::now(),
        peer: match request.extensions().get() {
            Some(Peer(peer)) => *peer,
            None => (Ipv4Addr::UNSPECIFIED, 0).into(),
        },
    }
}
