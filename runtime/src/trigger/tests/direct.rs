//! Direct invocations.

use super::*;

#[test]
fn direct_payloads_and_the_client_context_are_the_last_resort() {
    let headers = r#"{"x-datadog-trace-id": "5", "x-datadog-parent-id": "6"}"#;
    let quoted = Value::from(headers).to_string();
    for event in [
        format!(r#"{{"_datadog": {headers}}}"#),
        format!(r#"{{"a": [{{"_datadog": 1}}], "_datadog": {quoted}}}"#),
        format!(r#"{{"_datadog": {{"DataType": "String", "StringValue": {quoted}}}}}"#),
        format!(r#"{{"Records": [{{"a": 1}}], "_datadog": {headers}}}"#),
        format!(r#"{{"headers": {headers}}}"#),
        r#"{"headers": {"a": "b"}, "multiValueHeaders": {"X-DATADOG-TRACE-ID": ["5"], "x-datadog-parent-id": [6, 7]}}"#
            .to_owned(),
    ] {
        let incoming = read_text(&event, &[]);
        assert_eq!(ids(&incoming), Some((5, 6)), "{event}");
        assert_eq!(incoming.tags.printed().len() + incoming.inferred.len(), 0, "{event}");
    }

    let client = |custom: Value| -> lambda_runtime::Context {
        let mut context = context();
        context.client_context = serde_json::from_value(json!({
            "client": {
                "installationId": "", "appTitle": "", "appVersionName": "", "appVersionCode": "", "appPackageName": ""
            },
            "custom": custom,
            "environment": {}
        }))
        .unwrap();
        context
    };
    let flat = client(serde_json::from_str(headers).unwrap());
    assert_eq!(ids(&read_with("{}", &[], &flat, None)), Some((5, 6)));
    assert_eq!(ids(&read_with("not json", &[], &flat, None)), Some((5, 6)));
    assert_eq!(
        ids(&read_with(
            r#"{"_datadog": {"x-datadog-trace-id": 7}}"#,
            &[],
            &flat,
            None
        )),
        Some((7, 0))
    );
    let nested = client(json!({ "_datadog": headers }));
    assert_eq!(
        ids(&read_with(
            &batch([message("plain")]).to_string(),
            &[],
            &nested,
            None
        )),
        Some((5, 6))
    );
}

#[test]
fn headers_count_beside_whatever_the_event_is() {
    let headers = r#""headers": {"x-datadog-trace-id": "5", "x-datadog-parent-id": "6"}"#;
    for event in [
        format!(r#"{{{headers}, "source": "shop", "detail-type": "t", "detail": {{}}}}"#),
        format!(r#"{{{headers}, "source": "aws.events", "detail": {{}}}}"#),
        format!(r#"{{{headers}, "Records": [{{"eventSource": "aws:s3", "s3": {{}}}}]}}"#),
        format!(r#"{{{headers}, "Records": [{{"eventSource": "aws:sqs", "body": ""}}]}}"#),
        format!(r#"{{"DurableExecutionArn": "a", {headers}}}"#),
        format!(r#"{{"Records": [{{"id": 1}}], {headers}}}"#),
        // They come before what the event itself carries, as in the libraries for other languages.
        format!(
            r#"{{{headers}, "detail-type": "t", "detail": {{"_datadog": {{"x-datadog-trace-id": "7"}}}}}}"#
        ),
        format!(
            r#"{{{headers}, "Execution": {{"Id": "e"}}, "State": {{"Name": "s", "EnteredTime": "t"}}, "StateMachine": {{}}}}"#
        ),
    ] {
        assert_eq!(ids(&read_text(&event, &[])), Some((5, 6)), "{event}");
    }
}
