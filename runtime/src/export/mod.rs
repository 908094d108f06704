//! Where finished spans go: to the agent or the extension, or to standard output for the Datadog Forwarder.

mod agent;
mod http;
mod log_lines;
mod losses;
mod msgpack;
mod tags;
mod v04;

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use crate::config::{Config, Destination};
use crate::invocation::{late, Chunk, Invocation};

/// A flush leaves this much of the invocation's time to the runtime.
const RESERVE: Duration = Duration::from_millis(20);

/// Ends the invocation and sends its spans: one request, fully answered, not beyond the deadline.
pub(crate) async fn flush(invocation: Arc<Invocation>) {
    let chunks = chunks(&invocation);
    if chunks.is_empty() {
        return;
    }
    let config = Config::get();
    match &config.destination {
        Destination::Log => log_lines::write(&chunks, config),
        Destination::Agent { host, port } => {
            let until = deadline(&invocation, config);
            for payload in v04::payloads(&chunks, config, head(host, *port)) {
                let sent = agent::send((host, *port), &payload.request, until).await;
                losses::note(sent, payload.spans);
            }
        }
    }
}

/// The same on a thread that may block, for the moments when the executor cannot be relied on.
pub(crate) fn flush_blocking(invocation: &Invocation) {
    let chunks = chunks(invocation);
    if chunks.is_empty() {
        return;
    }
    let config = Config::get();
    match &config.destination {
        Destination::Log => log_lines::write(&chunks, config),
        Destination::Agent { host, port } => {
            let until = deadline(invocation, config);
            for payload in v04::payloads(&chunks, config, head(host, *port)) {
                let sent = agent::send_blocking((host, *port), &payload.request, until);
                losses::note(sent, payload.spans);
            }
        }
    }
}

/// The head of every request to the agent, which is the same for the whole process.
fn head(host: &str, port: u16) -> &'static [u8] {
    static HEAD: OnceLock<Vec<u8>> = OnceLock::new();
    HEAD.get_or_init(|| http::head(host, port))
}

/// The spans of this invocation, and those that earlier ones left behind.
fn chunks(invocation: &Invocation) -> Vec<Chunk> {
    let mut chunks: Vec<Chunk> = invocation.finish().into_iter().collect();
    chunks.extend(late::take());
    chunks
}

/// Until when a flush may last: as the settings say, but not into the invocation's deadline.
fn deadline(invocation: &Invocation, config: &Config) -> Instant {
    let left = invocation
        .context()
        .deadline()
        .duration_since(SystemTime::now());
    let left = left.map_or(config.agent_timeout, |left| left.saturating_sub(RESERVE));
    let now = Instant::now();
    now.checked_add(left.min(losses::patience(config.agent_timeout)))
        .unwrap_or(now)
}
