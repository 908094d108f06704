//! The response of a Lambda authorizer, which carries the trace context to the function behind the API.
//!
//! API Gateway passes the `context` in the authorizer's response to that function. The trace context is added there as
//! `_datadog`.

use std::sync::Arc;

use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::active::Active;
use crate::config::Config;
use crate::invocation::Invocation;
use crate::json::Json;

/// The trace context that an authorizer passes on.
pub(crate) struct Trace {
    /// The encoded headers, in base64.
    headers: String,
    /// Whether the API also accepts the simple response `{"isAuthorized": true}`.
    simple: bool,
}

impl Trace {
    /// The trace context of an invocation that has ended, if the function is an authorizer.
    pub(crate) fn of(invocation: &Arc<Invocation>) -> Option<Self> {
        let config = Config::get();
        if !config.trace_enabled || !config.encode_authorizer_context {
            return None;
        }
        let event = invocation.body()?;
        let event = Json::new(&event);
        let text = |name| event.get(name)?.as_str();
        if !matches!(text("type").as_deref(), Some("TOKEN" | "REQUEST")) {
            return None;
        }
        text("methodArn").or_else(|| text("routeArn"))?;
        let request = event.get("requestContext");
        let request_id = request.and_then(|request| request.get("requestId")?.as_text());
        Some(Self {
            headers: headers(invocation, request_id.as_deref())?,
            simple: text("version").as_deref() == Some("2.0"),
        })
    }

    /// The body with the trace context added; `None` if it is not a response that an API would pass on, or is unusual in any
    /// way.
    pub(crate) fn put_into(&self, body: &str) -> Option<Box<RawValue>> {
        let answer = Json::new(body.as_bytes());
        if !self.is_passed_on(answer) {
            return None;
        }
        let context = match answer.get("context") {
            Some(context) if context.get("_datadog").is_some() => return None,
            Some(context) if !context.is_null() => {
                let members = text(context)?.strip_prefix('{')?.strip_suffix('}')?;
                self.context(members)
            }
            _ => self.context(""),
        };
        let mut context = Some(context.as_str());
        let mut whole = String::with_capacity(body.len() + self.headers.len() + 32);
        for (name, value) in answer.entries() {
            let value = match name.is("context") {
                true => context.take()?,
                false => text(value)?,
            };
            whole.push_str(if whole.is_empty() { "{\"" } else { ",\"" });
            whole.push_str(std::str::from_utf8(name.raw()).ok()?);
            whole.push_str("\":");
            whole.push_str(value);
        }
        if let Some(context) = context {
            whole.push_str(",\"context\":");
            whole.push_str(context);
        }
        whole.push('}');
        serde_json::from_slice(whole.as_bytes()).ok()
    }

    /// Whether the API passes the response's context to the function behind it.
    fn is_passed_on(&self, answer: Json<'_>) -> bool {
        let has = |name| answer.get(name).is_some_and(says_something);
        let policy = has("principalId") && has("policyDocument");
        let is_authorized = answer.get("isAuthorized").and_then(|is| is.as_bool());
        policy || self.simple && is_authorized == Some(true)
    }

    /// A context object with `members` and the trace context.
    fn context(&self, members: &str) -> String {
        let comma = if members.trim().is_empty() { "" } else { "," };
        ["{", members, comma, "\"_datadog\":\"", &self.headers, "\"}"].concat()
    }
}

/// The trace headers of the span that the caller waited for, its end, and the id of the request, in base64.
fn headers(invocation: &Arc<Invocation>, request_id: Option<&str>) -> Option<String> {
    let (span_id, end) = invocation.service_span()?;
    let active = Active {
        invocation: Arc::clone(invocation),
        span_id,
        place: None,
        head: None,
    };
    let mut headers = Vec::new();
    active.inject(&mut headers);
    if let Some(id) = request_id {
        headers.push(("x-datadog-authorizing-requestid".to_owned(), id.to_owned()));
    }
    let passed_on = PassedOn { headers, end };
    Some(STANDARD.encode(serde_json::to_string(&passed_on).ok()?))
}

/// Trace headers, and when the authorizer ended, in nanoseconds.
struct PassedOn {
    headers: Vec<(String, String)>,
    end: u64,
}

impl Serialize for PassedOn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in &self.headers {
            map.serialize_entry(name, value)?;
        }
        map.serialize_entry("x-datadog-parent-span-finish-time", &self.end)?;
        map.end()
    }
}

/// Whether a member has a value, not a placeholder.
fn says_something(value: Json<'_>) -> bool {
    !matches!(
        value.raw(),
        b"null" | b"false" | b"0" | b"\"\"" | b"{}" | b"[]"
    )
}

fn text<'a>(value: Json<'a>) -> Option<&'a str> {
    std::str::from_utf8(value.raw()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{json, Value};
    use std::collections::BTreeMap;

    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Policy {
        principal_id: Option<&'static str>,
        policy_document: Value,
        context: Value,
        usage_identifier_key: Option<&'static str>,
    }

    fn policy(context: Value) -> Policy {
        Policy {
            principal_id: Some("user"),
            policy_document: json!({ "Version": "2012-10-17" }),
            context,
            usage_identifier_key: None,
        }
    }

    /// The response after `put_into`, for an API that does or does not accept simple responses.
    fn sent(body: impl Serialize, simple: bool) -> String {
        let headers = "abc=".to_owned();
        let body = serde_json::to_string(&body).unwrap();
        let changed = Trace { headers, simple }.put_into(&body);
        changed.map_or(body, |changed| changed.get().to_owned())
    }

    #[test]
    fn the_trace_goes_into_the_context() {
        let document = r#""principalId":"user","policyDocument":{"Version":"2012-10-17"}"#;
        let key = r#""usageIdentifierKey":null"#;
        for (context, expected) in [
            (json!(null), r#"{"_datadog":"abc="}"#),
            (json!({}), r#"{"_datadog":"abc="}"#),
            (
                json!({"a": "}", "n": 1}),
                r#"{"a":"}","n":1,"_datadog":"abc="}"#,
            ),
        ] {
            let expected = format!(r#"{{{document},"context":{expected},{key}}}"#);
            assert_eq!(sent(policy(context), false), expected);
        }
        let map: BTreeMap<&str, &str> =
            BTreeMap::from([("principalId", "u"), ("policyDocument", "p")]);
        let expected = r#"{"policyDocument":"p","principalId":"u","context":{"_datadog":"abc="}}"#;
        assert_eq!(sent(&map, false), expected);
        assert_eq!(sent(Some(map), false), expected);
    }

    #[test]
    fn numbers_stay_as_they_were_written() {
        let body = r#"{"principalId":1e0,"policyDocument":[1],"context":{"n":123456789012345678901234567890.10}}"#;
        let body = RawValue::from_string(body.to_owned()).unwrap();
        let expected = r#"{"principalId":1e0,"policyDocument":[1],"context":{"n":123456789012345678901234567890.10,"_datadog":"abc="}}"#;
        assert_eq!(sent(body, false), expected);
    }

    #[test]
    fn a_simple_answer_is_one_where_the_api_takes_it() {
        let yes = json!({ "isAuthorized": true, "context": { "a": 1 } });
        let expected = r#"{"context":{"a":1,"_datadog":"abc="},"isAuthorized":true}"#;
        assert_eq!(sent(&yes, true), expected);
        assert_eq!(sent(&yes, false), yes.to_string());
        let no = json!({ "isAuthorized": false, "context": { "a": 1 } });
        assert_eq!(sent(&no, true), no.to_string());
    }

    #[test]
    fn anything_else_is_left_as_it_is() {
        for body in [
            json!(null),
            json!("principalId policyDocument"),
            json!([{ "principalId": "u", "policyDocument": {"a": 1} }]),
            json!({}),
            json!({ "statusCode": 200, "context": {} }),
            json!({ "principalId": "u" }),
            json!({ "principalId": "", "policyDocument": {"a": 1} }),
            json!({ "principalId": null, "policyDocument": {"a": 1} }),
            json!({ "principalId": "u", "policyDocument": {} }),
            json!({ "principalId": "u", "policyDocument": {"a": 1}, "context": "text" }),
            json!({ "principalId": "u", "policyDocument": {"a": 1}, "context": [1] }),
            json!({ "principalId": "u", "policyDocument": {"a": 1}, "context": { "_datadog": "mine" } }),
        ] {
            assert_eq!(sent(&body, true), body.to_string());
        }
    }
}
