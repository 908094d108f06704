//! A daemon of X-Ray that keeps what it is told.

use serde_json::Value;

use crate::datagrams::Datagrams;

/// The header of an invocation that X-Ray records, or does not.
#[must_use]
pub fn header(sampled: bool) -> String {
    format!(
        "Root={TRACE};Parent={SEGMENT};Sampled={}",
        u8::from(sampled)
    )
}

/// The trace of X-Ray in [`header`].
pub const TRACE: &str = "1-5e272390-8c398be037738dc042009320";
/// The id of that trace in Datadog.
pub const TRACE_ID: u128 = 3_995_693_151_288_333_088;
/// The segment in [`header`].
pub const SEGMENT: &str = "94ae789b969f1cc5";
/// Its id in Datadog.
pub const SEGMENT_ID: u64 = 10_713_633_173_203_262_661;

/// A daemon on a port of its own.
#[derive(Debug)]
pub struct Daemon(Datagrams);

impl Daemon {
    /// Starts it.
    pub fn start() -> Self {
        Self(Datagrams::start())
    }

    /// What `AWS_XRAY_DAEMON_ADDRESS` names it by.
    pub fn address(&self) -> String {
        self.0.address().to_string()
    }

    /// The metadata of the subsegments of [`header`] that have come since the last call.
    ///
    /// # Panics
    /// If something else has come.
    pub fn told(&self) -> Vec<Value> {
        let datagrams = self.0.received();
        datagrams.iter().map(|text| metadata(text)).collect()
    }
}

fn metadata(datagram: &str) -> Value {
    let subsegment = datagram.strip_prefix("{\"format\": \"json\", \"version\": 1}\n");
    let subsegment = subsegment.expect("the line for the daemon");
    assert!(!subsegment.contains('\n'), "{subsegment}");
    let mut subsegment: Value = serde_json::from_str(subsegment).expect("a line of JSON");
    for (name, text) in [
        ("trace_id", TRACE),
        ("parent_id", SEGMENT),
        ("name", "datadog-metadata"),
        ("type", "subsegment"),
    ] {
        assert_eq!(subsegment[name], text);
    }
    let id = subsegment["id"].as_str().expect("an id");
    assert!(id.len() == 16 && id.bytes().all(|digit| digit.is_ascii_hexdigit()));
    assert!(
        subsegment["start_time"].is_f64() && subsegment["start_time"] == subsegment["end_time"]
    );
    subsegment["metadata"]["datadog"].take()
}
