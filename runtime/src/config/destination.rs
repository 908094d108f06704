//! Where traces go, and in which format.

use std::fmt;
use std::path::PathBuf;

use super::reader::Reader;

/// Where traces go.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Destination {
    /// An agent or the Datadog Lambda Extension.
    Agent { at: Address, version: ApiVersion },
    /// An OTLP server.
    #[cfg(feature = "otlp")]
    Otlp(super::Otlp),
    /// JSON lines on standard output, for the Datadog Forwarder.
    Log,
}

/// The address of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// By TCP.
    Tcp { host: String, port: u16 },
    /// A Unix socket.
    #[cfg(unix)]
    Unix(PathBuf),
}

/// As it appears in the log.
impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agent { at, .. } => write!(f, "the agent at {at}"),
            // Without the path, which may contain a key.
            #[cfg(feature = "otlp")]
            Self::Otlp(otlp) => write!(f, "the OTLP endpoint at {}", otlp.at),
            Self::Log => f.write_str("the log"),
        }
    }
}

/// As in URLs; a socket by its path.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            #[cfg(unix)]
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

/// The version of the agent's trace format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ApiVersion {
    /// Spans are maps. The default.
    #[default]
    V04,
    /// Spans are arrays, and each string is written once.
    V05,
}

const AGENT_PORT: u16 = 8126;

impl Destination {
    /// In this order: the exporter, agent or OTLP server that the settings name, or else the agent that is `expected` on
    /// this machine, such as the extension.
    pub(super) fn read<F>(
        reader: &mut Reader<F>,
        expected: bool,
        exporter: Option<Exporter>,
    ) -> Self
    where
        F: Fn(&str) -> Option<String>,
    {
        let version = ApiVersion::read(reader);
        let agent = agent(reader);
        #[cfg(not(feature = "otlp"))]
        let _ = exporter;
        #[cfg(feature = "otlp")]
        {
            let chosen = exporter == Some(Exporter::Otlp);
            let otlp = super::Otlp::read(reader, chosen);
            if let Some(otlp) = otlp.filter(|_| chosen || agent.is_none()) {
                return Self::Otlp(otlp);
            }
        }
        let expected = expected.then(|| Address::Tcp {
            host: "127.0.0.1".to_owned(),
            port: AGENT_PORT,
        });
        match agent.or(expected) {
            Some(at) => Self::Agent { at, version },
            None => Self::Log,
        }
    }
}

/// The choice made by `OTEL_TRACES_EXPORTER`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exporter {
    /// OTLP, whatever else is set.
    Otlp,
    /// No traces.
    Nothing,
}

impl Exporter {
    pub(super) fn read<F>(reader: &mut Reader<F>) -> Option<Self>
    where
        F: Fn(&str) -> Option<String>,
    {
        const NAME: &str = "OTEL_TRACES_EXPORTER";
        let value = reader.text(NAME)?;
        match &*value {
            "none" => Some(Self::Nothing),
            "otlp" if cfg!(feature = "otlp") => Some(Self::Otlp),
            "otlp" => {
                let expected = "possible without the feature `otlp` of ddlambda";
                reader.problem(NAME, &value, expected, None);
                None
            }
            _ => {
                reader.problem(NAME, &value, "`otlp` or `none`", None);
                None
            }
        }
    }
}

impl ApiVersion {
    fn read<F: Fn(&str) -> Option<String>>(reader: &mut Reader<F>) -> Self {
        const NAME: &str = "DD_TRACE_API_VERSION";
        match reader.text(NAME).as_deref() {
            None | Some("v0.4") => Self::V04,
            Some("v0.5") => Self::V05,
            Some(other) => {
                reader.problem(NAME, other, "`v0.4` or `v0.5`", Some(&"v0.4"));
                Self::V04
            }
        }
    }
}

/// The agent that the settings name.
fn agent<F: Fn(&str) -> Option<String>>(reader: &mut Reader<F>) -> Option<Address> {
    const URL: &str = "DD_TRACE_AGENT_URL";
    const PORT: &str = "DD_TRACE_AGENT_PORT";
    let mut named = None;
    if let Some(url) = reader.text(URL) {
        named = parse_agent_url(&url);
        if named.is_none() {
            let expected = "`http://host:port` or `unix:///path`";
            reader.problem(URL, &url, expected, None);
        }
    }
    let host = reader.text("DD_AGENT_HOST");
    let port = reader.text(PORT);
    if named.is_some() || (host.is_none() && port.is_none()) {
        return named;
    }
    let number = |text: &String| text.parse::<u16>().ok().filter(|port| *port != 0);
    let known = port.as_ref().map(number);
    if let (Some(port), Some(None)) = (&port, known) {
        reader.problem(PORT, port, "a port number", Some(&AGENT_PORT));
        host.as_ref()?;
    }
    Some(Address::Tcp {
        host: host.unwrap_or_else(|| "127.0.0.1".to_owned()),
        port: known.flatten().unwrap_or(AGENT_PORT),
    })
}

/// The address in `http://host[:port][/]` or `unix:///path`; an IPv6 host is in brackets.
fn parse_agent_url(url: &str) -> Option<Address> {
    #[cfg(unix)]
    if let Some(path) = url.strip_prefix("unix://") {
        return path
            .starts_with('/')
            .then(|| Address::Unix(PathBuf::from(path)));
    }
    let (at, path) = parse_http_url(url, 80)?;
    matches!(&*path, "" | "/").then_some(at)
}

/// The address and the path of an `http` URL.
pub(super) fn parse_http_url(url: &str, default_port: u16) -> Option<(Address, String)> {
    let uri: http::Uri = url.parse().ok()?;
    if uri.scheme() != Some(&http::uri::Scheme::HTTP) || uri.query().is_some() {
        return None;
    }
    let host = uri.host()?.trim_matches(['[', ']']).to_owned();
    let port = uri.port_u16().unwrap_or(default_port);
    Some((Address::Tcp { host, port }, uri.path().to_owned()))
}
