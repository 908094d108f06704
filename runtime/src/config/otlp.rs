//! OTLP, the protocol of OpenTelemetry, over HTTP: the settings that its specification names
//! (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>).

use http::{HeaderName, HeaderValue};

use super::destination::{parse_http_url, Address};
use super::reader::{decoded, Reader};

/// A server that receives traces in OTLP, and the region to report to it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Otlp {
    pub(crate) at: Address,
    /// The path on the server.
    pub(crate) path: String,
    /// Additional headers, for example with an API key.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// `AWS_REGION`.
    pub(crate) region: Option<String>,
}

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const PORT: u16 = 4318;
const PATH: &str = "/v1/traces";

impl Otlp {
    /// The server that the settings name, or else, if OTLP is `chosen`, the default one.
    pub(super) fn read<F>(reader: &mut Reader<F>, chosen: bool) -> Option<Self>
    where
        F: Fn(&str) -> Option<String>,
    {
        // All are read, so that their problems are reported.
        let general = endpoint(reader, ENDPOINT).map(|(at, path)| {
            let path = path.trim_end_matches('/').to_owned() + PATH;
            (at, path)
        });
        let traces = endpoint(reader, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
        let mut headers = headers(reader, "OTEL_EXPORTER_OTLP_HEADERS");
        let own = self::headers(reader, "OTEL_EXPORTER_OTLP_TRACES_HEADERS");
        headers.retain(|(name, _)| own.iter().all(|(known, _)| known != name));
        headers.extend(own);
        reader.only("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
        reader.only("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf");
        let region = reader.text("AWS_REGION");
        let usual = chosen.then(|| {
            let host = "127.0.0.1".to_owned();
            (Address::Tcp { host, port: PORT }, PATH.to_owned())
        });
        let (at, path) = traces.or(general).or(usual)?;
        Some(Self {
            at,
            path,
            headers,
            region,
        })
    }
}

fn endpoint<F>(reader: &mut Reader<F>, name: &str) -> Option<(Address, String)>
where
    F: Fn(&str) -> Option<String>,
{
    let url = reader.text(name)?;
    let found = parse_http_url(&url, PORT);
    if found.is_none() {
        reader.problem(name, &url, "`http://host:port/path`", None);
    }
    found
}

/// `name=value` pairs, separated by commas, with percent-encoded values. Values may be secrets and are not logged.
fn headers<F>(reader: &mut Reader<F>, name: &str) -> Vec<(HeaderName, HeaderValue)>
where
    F: Fn(&str) -> Option<String>,
{
    let parts = reader.list(name).unwrap_or_default();
    let parts = parts.iter().enumerate();
    let read = |(at, part): (usize, &String)| {
        let header = part.split_once('=').and_then(|(name, value)| {
            let name = HeaderName::try_from(name.trim()).ok()?;
            let mut value = HeaderValue::from_bytes(&decoded(value.trim())).ok()?;
            value.set_sensitive(true);
            Some((name, value))
        });
        if header.is_none() {
            let expected = "a list of `name=value`";
            reader.problem(name, &format!("(number {})", at + 1), expected, None);
        }
        header
    };
    parts.filter_map(read).collect()
}
