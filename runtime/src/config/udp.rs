//! Servers that receive datagrams: DogStatsD for metrics, the X-Ray daemon for segments.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::reader::Reader;

/// Where metrics go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Metrics {
    /// A DogStatsD server, by UDP.
    DogStatsD(SocketAddr),
    /// One JSON line per value on standard output, for the Datadog Forwarder.
    Log,
}

const DOGSTATSD_PORT: u16 = 8125;

impl Metrics {
    /// `agent` says whether one is expected on this machine.
    pub(super) fn read<F>(reader: &mut Reader<F>, agent: bool) -> Self
    where
        F: Fn(&str) -> Option<String>,
    {
        const NAME: &str = "DD_DOGSTATSD_URL";
        if let Some(url) = reader.text(NAME) {
            match parse_dogstatsd_url(&url) {
                Some(server) => return Self::DogStatsD(server),
                None => reader.problem(NAME, &url, "`udp://address:port`", None),
            }
        }
        match agent {
            true => Self::DogStatsD((Ipv4Addr::LOCALHOST, DOGSTATSD_PORT).into()),
            false => Self::Log,
        }
    }
}

/// The server of `udp://address[:port]`. Names other than `localhost` are not accepted: they would have to be resolved.
fn parse_dogstatsd_url(url: &str) -> Option<SocketAddr> {
    let uri: http::Uri = url.parse().ok()?;
    if uri.scheme_str() != Some("udp") {
        return None;
    }
    let address = match uri.host()?.trim_matches(['[', ']']) {
        "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
        address => address.parse().ok()?,
    };
    Some((address, uri.port_u16().unwrap_or(DOGSTATSD_PORT)).into())
}

/// The X-Ray daemon, whose address Lambda sets.
pub(super) fn xray_daemon<F>(reader: &mut Reader<F>) -> Option<SocketAddr>
where
    F: Fn(&str) -> Option<String>,
{
    const NAME: &str = "AWS_XRAY_DAEMON_ADDRESS";
    let text = reader.text(NAME)?;
    let daemon = match text.strip_prefix("localhost:") {
        Some(port) => port
            .parse()
            .ok()
            .map(|port: u16| (Ipv4Addr::LOCALHOST, port).into()),
        None => text.parse().ok(),
    };
    if daemon.is_none() {
        reader.problem(NAME, &text, "`address:port`", None);
    }
    daemon
}
