//! Amazon VPC Lattice.

use super::*;

const SERVICE: &str = "arn:aws:vpc-lattice:us-east-1:123456789012:service/svc-1";
const TARGET_GROUP: &str = "arn:aws:vpc-lattice:us-east-1:123456789012:targetgroup/tg-1";

pub(super) fn version_1() -> Value {
    json!({
        "raw_path": "/orders/981", "method": "GET",
        "headers": { "Host": "orders.example.com", "USER-AGENT": "probe/1.0", "Referer": "https://shop.example",
            "X-Datadog-Trace-Id": "5", "x-datadog-parent-id": "6" },
        "query_string_parameters": {}, "body": "", "is_base64_encoded": false,
    })
}

pub(super) fn version_2() -> Value {
    json!({
        "version": "2.0", "path": "/orders/981", "method": "GET",
        "headers": { "Host": ["orders.example.com"], "USER-AGENT": ["probe/1.0"], "Referer": ["https://shop.example"],
            "X-Datadog-Trace-Id": ["5"], "x-datadog-parent-id": [6, "7"] },
        "queryStringParameters": {}, "body": null, "isBase64Encoded": false,
        "requestContext": {
            "serviceNetworkArn": "arn:aws:vpc-lattice:us-east-1:123456789012:servicenetwork/sn-1",
            "serviceArn": SERVICE, "targetGroupArn": TARGET_GROUP, "identity": { "type": "NONE" },
            "region": "us-east-1", "timeEpoch": "1735689600123456",
        },
    })
}

#[test]
fn both_versions_tell_the_request() {
    let mut no_group = version_2();
    no_group["requestContext"]["targetGroupArn"] = 7.into();
    for (event, arn) in [
        (version_1(), None),
        (version_2(), Some(TARGET_GROUP)),
        (no_group, Some(SERVICE)),
    ] {
        let incoming = read_event(&event);
        assert_eq!(ids(&incoming), Some((5, 6)));
        let mut expected = source("vpc-lattice", arn);
        for (name, value) in [
            ("http.url", "http://orders.example.com/orders/981"),
            ("http.url_details.path", "/orders/981"),
            ("http.method", "GET"),
            ("http.route", "/orders/981"),
            ("http.referer", "https://shop.example"),
            ("http.useragent", "probe/1.0"),
        ] {
            expected[name] = value.into();
        }
        assert_eq!(tags(&incoming.tags), expected);
        assert_eq!(spans(&incoming), json!([]));
        assert!(incoming.http);
    }
}

#[test]
fn other_requests_are_none_of_its() {
    for member in ["raw_path", "method"] {
        let mut event = version_1();
        event[member] = json!({});
        let incoming = read_event(&event);
        assert!(!incoming.http && incoming.context.is_some(), "{member}");
    }
}
