//! Where finished spans go: to the agent or the extension, or to standard output for the Datadog Forwarder.

mod agent;
mod http;
mod log_lines;
mod losses;
mod queue;
mod rates;
mod tags;
mod v04;

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::config::{Config, Destination};
use crate::span::Chunk;
pub(crate) use losses::count_dropped;
pub(crate) use queue::{flush, flush_blocking, queue};
pub(crate) use rates::{rates, Rates};
pub(crate) use tags::{common as common_tags, of_service as service_tags};

/// Sends chunks in one request, unless they are too large for it, and waits for the answer: as long as the settings
/// allow, but not longer than `limit`.
pub(crate) async fn send(chunks: &[Chunk], limit: Duration) {
    let config = Config::get();
    match &config.destination {
        Destination::Log => log_lines::write(chunks, config),
        Destination::Agent { host, port } => {
            let until = deadline(limit, config);
            for payload in v04::payloads(chunks, config, head(host, *port)) {
                let sent = agent::send((host, *port), &payload.request, until).await;
                losses::note(sent, payload.spans);
            }
        }
    }
}

/// The same on a thread that may block, for the moments when the executor cannot be relied on.
pub(crate) fn send_blocking(chunks: &[Chunk], limit: Duration) {
    let config = Config::get();
    match &config.destination {
        Destination::Log => log_lines::write(chunks, config),
        Destination::Agent { host, port } => {
            let until = deadline(limit, config);
            for payload in v04::payloads(chunks, config, head(host, *port)) {
                let sent = agent::send_blocking((host, *port), &payload.request, until);
                losses::note(sent, payload.spans);
            }
        }
    }
}

/// The length of the requests that these chunks make, for benchmarks.
pub(crate) fn encoded_len(chunks: &[Chunk]) -> usize {
    let payloads = v04::payloads(chunks, Config::get(), head("localhost", 8126));
    payloads.iter().map(|payload| payload.request.len()).sum()
}

/// The head of every request to the agent, which is the same for the whole process.
fn head(host: &str, port: u16) -> &'static [u8] {
    static HEAD: OnceLock<Vec<u8>> = OnceLock::new();
    HEAD.get_or_init(|| http::head(host, port))
}

fn deadline(limit: Duration, config: &Config) -> Instant {
    let now = Instant::now();
    now.checked_add(losses::patience(config.agent_timeout).min(limit))
        .unwrap_or(now)
}
