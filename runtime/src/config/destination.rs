//! Where traces go, and in which form.

use std::fmt;
use std::path::PathBuf;

use super::reader::Reader;

/// Where traces go, decided once.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Destination {
    /// An agent or the Datadog Lambda Extension.
    Agent { at: Address, version: ApiVersion },
    /// A server that takes OTLP.
    #[cfg(feature = "otlp")]
    Otlp(super::Otlp),
    /// Lines of JSON on standard output, for the Datadog Forwarder.
    Log,
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// By TCP.
    Tcp { host: String, port: u16 },
    /// A socket in the file system.
    #[cfg(unix)]
    Unix(PathBuf),
}

/// As the log names it.
impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agent { at, .. } => write!(f, "the agent at {at}"),
            // Its path may hold a key.
            #[cfg(feature = "otlp")]
            Self::Otlp(otlp) => write!(f, "the OTLP endpoint at {}", otlp.at),
            Self::Log => f.write_str("the log"),
        }
    }
}

/// As in URLs; of a socket its path.
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
    /// Spans are lists, and each text is there once.
    V05,
}

const AGENT_PORT: u16 = 8126;

impl Destination {
    /// What the settings name first: the exporter, an agent, a server that takes OTLP; then the agent that is `expected` on
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

/// What `OTEL_TRACES_EXPORTER` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exporter {
    /// Traces in OTLP, whatever else is set.
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

/// The address in `http://host[:port][/]` or `unix:///path`; an IPv6 host stands in brackets.
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
