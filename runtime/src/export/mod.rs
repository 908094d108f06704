//! Where finished spans go: to the agent or the extension, to an OTLP server, or to standard output for the Datadog
//! Forwarder.

mod agent;
mod connection;
mod http;
mod links;
mod log_lines;
mod losses;
#[cfg(feature = "otlp")]
mod otlp;
mod payload;
#[cfg(feature = "otlp")]
mod protobuf;
mod queue;
mod rates;
mod tags;
mod unencoded;
mod v04;
mod v05;

use std::io::Write;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::config::{Address, ApiVersion, Config, Destination};
use crate::span::{pool, Chunk};
pub(crate) use losses::{count_dropped, warn_dropped};
use losses::{Undelivered, Unsent};
use payload::Payload;
pub(crate) use queue::{flush, flush_blocking, flush_last, queue};
pub(crate) use rates::{rates, Rates};
pub(crate) use tags::{
    common as common_tags, of_service as service_tags, DROPPED_LINKS, DROPPED_TAGS,
};
use unencoded::Unencoded;

/// A format for traces.
trait Format: Send + Sync {
    /// Encodes as many of the remaining spans as fit into one request or line; `None` if nothing is left to send.
    fn next(&self, left: &mut Unencoded<'_>, config: &Config) -> Option<Payload>;
}

/// How traces are exported.
struct Exporter {
    format: Box<dyn Format>,
    /// The server that receives requests; without one, lines are written to standard output.
    server: Option<Address>,
}

impl Exporter {
    /// The exporter that the settings select.
    fn get() -> &'static Self {
        static EXPORTER: OnceLock<Exporter> = OnceLock::new();
        EXPORTER.get_or_init(|| Self::new(&Config::get().destination))
    }

    fn new(destination: &Destination) -> Self {
        let (format, server): (Box<dyn Format>, _) = match destination {
            Destination::Agent { at, version } => match version {
                ApiVersion::V04 => (Box::new(v04::V04::new(at)), Some(at)),
                ApiVersion::V05 => (Box::new(v05::V05::new(at)), Some(at)),
            },
            #[cfg(feature = "otlp")]
            Destination::Otlp(server) => (Box::new(otlp::Otlp::new(server)), Some(&server.at)),
            Destination::Log => (Box::new(log_lines::LogLines), None),
        };
        Self {
            format,
            server: server.cloned(),
        }
    }
}

/// Sends chunks in one request, or in several if they are too large, and waits for each response: as long as the settings
/// allow, but for `limit` in total at most.
pub(crate) async fn send(chunks: Vec<Chunk>, limit: Duration) {
    let (exporter, config) = (Exporter::get(), Config::get());
    let end = Instant::now().checked_add(limit);
    let mut left = Unencoded::new(&chunks);
    let mut unsent = Unsent::default();
    while let Some(payload) = exporter.format.next(&mut left, config) {
        unsent.0 = payload.spans + left.spans();
        let sent = match &exporter.server {
            Some(server) => agent::send(server, &payload.bytes, deadline(end, config)).await,
            None => print(&payload.bytes),
        };
        unsent.0 = left.spans();
        losses::note(sent, payload.spans);
    }
    pool::keep(chunks);
}

/// The same on a thread that may block, for when the executor cannot be relied on.
pub(crate) fn send_blocking(chunks: Vec<Chunk>, limit: Duration) {
    send_blocking_noting(chunks, limit, &losses::note);
}

/// The same; `note` learns what became of each request, and how many spans it carried.
fn send_blocking_noting(
    chunks: Vec<Chunk>,
    limit: Duration,
    note: &dyn Fn(Result<(), Undelivered>, usize),
) {
    let (exporter, config) = (Exporter::get(), Config::get());
    let end = Instant::now().checked_add(limit);
    let mut left = Unencoded::new(&chunks);
    while let Some(payload) = exporter.format.next(&mut left, config) {
        let sent = match &exporter.server {
            Some(server) => agent::send_blocking(server, &payload.bytes, deadline(end, config)),
            None => print(&payload.bytes),
        };
        note(sent, payload.spans);
    }
    pool::keep(chunks);
}

/// When to give up on a request that begins now.
fn deadline(end: Option<Instant>, config: &Config) -> Instant {
    let now = Instant::now();
    let own = now.checked_add(losses::patience(config.agent_timeout));
    own.into_iter().chain(end).min().unwrap_or(now)
}

fn print(line: &[u8]) -> Result<(), Undelivered> {
    let written = std::io::stdout().lock().write_all(line);
    written.map_err(Undelivered::Failed)
}

/// Closes the idle connections.
pub(crate) fn disconnect() {
    agent::disconnect();
}

/// The length of the requests for these chunks, for benchmarks.
pub(crate) fn encoded_len(chunks: &[Chunk]) -> usize {
    static FORMAT: OnceLock<v04::V04> = OnceLock::new();
    let format = FORMAT.get_or_init(|| {
        let host = "localhost".to_owned();
        v04::V04::new(&Address::Tcp { host, port: 8126 })
    });
    let mut left = Unencoded::new(chunks);
    let payloads = std::iter::from_fn(|| format.next(&mut left, Config::get()));
    payloads.map(|payload| payload.bytes.len()).sum()
}
