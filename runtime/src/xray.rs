//! Subsegments for an invocation that X-Ray records, by which Datadog connects X-Ray's trace and its own. They have no
//! duration; Datadog's X-Ray integration reads their metadata.

use std::net::SocketAddr;

use lambda_runtime::Context;

use crate::config::Config;
use crate::json::write::Object;
use crate::propagation::xray::Header;
use crate::span::id;
use crate::udp;

/// The segment that Lambda opened for an invocation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment<'a> {
    daemon: SocketAddr,
    header: Header<'a>,
}

impl<'a> Segment<'a> {
    /// The segment of an invocation; `None` if X-Ray does not record it, or there is no daemon.
    pub(crate) fn of(context: &'a Context) -> Option<Self> {
        let daemon = Config::get().xray_daemon?;
        let header = Header::read(context.xray_trace_id.as_deref()?)?;
        (header.sampled == Some(true)).then_some(Self { daemon, header })
    }

    /// Sends a subsegment with metadata under `key`, unless there is none; `at` is in nanoseconds since the Unix epoch.
    /// Neither waits nor fails.
    pub(crate) fn tell<'t>(
        &self,
        key: &str,
        next: &mut dyn FnMut() -> Option<(&'t str, &'t str)>,
        at: u64,
    ) {
        if let Some(first) = next() {
            udp::send(&self.datagram(key, first, next, at), self.daemon);
        }
    }

    /// The daemon's header line, and the subsegment.
    fn datagram<'t>(
        &self,
        key: &str,
        first: (&'t str, &'t str),
        next: &mut dyn FnMut() -> Option<(&'t str, &'t str)>,
        at: u64,
    ) -> Vec<u8> {
        let Header { root, parent, .. } = self.header;
        let id = id::span_id();
        let (seconds, micros) = (at / 1_000_000_000, at / 1_000 % 1_000_000);
        let time = format!("{seconds}.{micros:06}");
        let subsegment = format!(
            "{{\"format\": \"json\", \"version\": 1}}\n\
             {{\"id\":\"{id:016x}\",\"trace_id\":\"{root}\",\"parent_id\":\"{parent}\",\"name\":\"datadog-metadata\",\
             \"start_time\":{time},\"end_time\":{time},\"type\":\"subsegment\",\
             \"metadata\":{{\"datadog\":{{\"{key}\":"
        );
        let mut datagram = subsegment.into_bytes();
        let mut members = Object::open(&mut datagram);
        let mut member = Some(first);
        while let Some((name, text)) = member {
            members.text(name, text);
            member = next();
        }
        members.close();
        datagram.extend(b"}}}");
        datagram
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{json, Value};

    #[test]
    fn a_datagram_is_two_lines() {
        let header =
            "Root=1-5e272390-8c398be037738dc042009320;Parent=94ae789b969f1cc5;Sampled=1;Lineage=1";
        let segment = Segment {
            daemon: ([127, 0, 0, 1], 2000).into(),
            header: Header::read(header).unwrap(),
        };
        let url = "https://a.b/\"c\"\n";
        let datagram = segment.datagram(
            "lambda_function_tags",
            ("http.url", url),
            &mut || None,
            1_700_000_000_012_345_678,
        );
        let datagram = String::from_utf8(datagram).unwrap();
        let (first, second) = datagram.split_once('\n').unwrap();
        assert_eq!(first, r#"{"format": "json", "version": 1}"#);
        assert!(!second.contains('\n'));
        assert!(second.contains(r#""start_time":1700000000.012345,"end_time":1700000000.012345,"#));
        let mut subsegment: Value = serde_json::from_str(second).unwrap();
        let id = subsegment.as_object_mut().unwrap().remove("id").unwrap();
        let id = id.as_str().unwrap();
        assert!(id.len() == 16 && id.bytes().all(|digit| digit.is_ascii_hexdigit()));
        assert_eq!(
            subsegment,
            json!({
                "trace_id": "1-5e272390-8c398be037738dc042009320",
                "parent_id": "94ae789b969f1cc5",
                "name": "datadog-metadata",
                "start_time": 1_700_000_000.012_345,
                "end_time": 1_700_000_000.012_345,
                "type": "subsegment",
                "metadata": { "datadog": { "lambda_function_tags": { "http.url": url } } },
            })
        );
    }
}
