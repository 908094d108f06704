//! How payloads become tags, and what is left out.

use super::*;
use serde_json::{json, Value};

fn config(settings: &[(&str, &str)]) -> Config {
    let find = |name: &str| settings.iter().find(|(known, _)| *known == name);
    Config::read(
        |name| find(name).map(|(_, value)| (*value).to_owned()),
        true,
    )
}

fn flat_text(payload: &str, depth: &str) -> Vec<(String, String)> {
    let config = config(&[("DD_CAPTURE_LAMBDA_PAYLOAD_MAX_DEPTH", depth)]);
    let tags = flatten("in", payload.as_bytes(), &config);
    let texts = tags.texts();
    texts
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .collect()
}

fn flat(payload: &Value, depth: &str) -> Vec<(String, String)> {
    flat_text(&payload.to_string(), depth)
}

fn pairs(known: &[(&str, &str)]) -> Vec<(String, String)> {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    known.iter().map(pair).collect()
}

#[test]
fn every_value_is_a_tag() {
    let payload = json!({
        "a": {"b": [1, "two", {"k": -1.5e3}]}, "c": true, "d": null, "e": "", "f": [], "g": {},
    });
    assert_eq!(
        flat(&payload, "10"),
        pairs(&[
            ("in.a.b.0", "1"),
            ("in.a.b.1", "two"),
            ("in.a.b.2.k", "-1500.0"),
            ("in.c", "true"),
            ("in.d", "null"),
            ("in.e", ""),
        ])
    );
}

#[test]
fn a_plain_payload_is_one_tag() {
    for (payload, text) in [
        (json!(7), "7"),
        (json!("hello"), "hello"),
        (json!(null), "null"),
        (json!(false), "false"),
    ] {
        assert_eq!(flat(&payload, "10"), pairs(&[("in", text)]));
    }
    assert_eq!(
        flat(&json!({"a": [1]}), "0"),
        pairs(&[("in", r#"{"a":[1]}"#)])
    );
}

#[test]
fn json_in_strings_is_taken_apart_and_costs_a_level() {
    let payload = json!({"n": "42", "s": " {\"a\": {\"b\": [1, 2]}}", "q": "\"x\"", "no": "{a}", "half": "[1"});
    assert_eq!(
        flat(&payload, "10"),
        pairs(&[
            ("in.half", "[1"),
            ("in.n", "42"),
            ("in.no", "{a}"),
            ("in.q", "x"),
            ("in.s.a.b.0", "1"),
            ("in.s.a.b.1", "2"),
        ])
    );
    assert_eq!(
        flat(&payload, "3").last(),
        pairs(&[("in.s.a", r#"{"b":[1,2]}"#)]).last()
    );
    assert_eq!(
        flat(&payload, "1").last(),
        pairs(&[("in.s", " {\"a\": {\"b\": [1, 2]}}")]).last()
    );
}

#[test]
fn secrets_stay_out_at_any_depth() {
    let secret = "hunter2";
    let inner = json!({"PassWord": secret, "a": 1}).to_string();
    let payload = json!({
        "Authorization": secret, "x-authorization": secret, "password": 7, "PASSWD": secret, "pwd": true,
        "Secret": [secret, [secret]], "api_key": inner, "none": {"token": null},
        "headers": {"x-AUTHORIZATION": [secret]},
        "body": inner, "records": [{"body": json!({"again": inner}).to_string()}],
    });
    for depth in 0..8 {
        let tags = flat(&payload, &depth.to_string());
        assert!(
            !tags.iter().any(|(_, text)| text.contains(secret)),
            "{depth}: {tags:?}"
        );
        assert!(tags.iter().any(|(_, text)| text.contains(REDACTED)));
    }
    let tags = flat(&payload, "10");
    for (name, text) in [
        ("in.password", REDACTED),
        ("in.pwd", REDACTED),
        ("in.Secret.1.0", REDACTED),
        ("in.api_key", REDACTED),
        ("in.none.token", "null"),
        ("in.headers.x-AUTHORIZATION.0", REDACTED),
        ("in.body.PassWord", REDACTED),
        ("in.body.a", "1"),
    ] {
        assert!(tags.contains(&(name.to_owned(), text.to_owned())), "{name}");
    }
}

#[test]
fn the_last_part_of_a_dotted_name_tells_a_secret() {
    let payload = json!({
        "db.password": "hunter2", "user": {"oauth.TOKEN": "hunter2", "a": {"b.c.pwd": ["hunter2"]}},
        "password.hint": "a pet", "token.": "none",
    });
    assert_eq!(
        flat(&payload, "10"),
        pairs(&[
            ("in.db.password", REDACTED),
            ("in.password.hint", "a pet"),
            ("in.token.", "none"),
            ("in.user.a.b.c.pwd.0", REDACTED),
            ("in.user.oauth.TOKEN", REDACTED),
        ])
    );
    assert_eq!(
        flat(&payload, "1").last(),
        pairs(&[(
            "in.user",
            r#"{"a":{"b.c.pwd":["redacted"]},"oauth.TOKEN":"redacted"}"#
        )])
        .last()
    );
}

#[test]
fn values_and_payloads_have_a_limit() {
    let tags = flat(
        &json!({"big": "é".repeat(6_000), "list": vec!["x".repeat(100); 60]}),
        "1",
    );
    assert_eq!(tags[0].1, "é".repeat(MAX_CHARS));
    assert_eq!(tags[1].1.chars().count(), MAX_CHARS);

    assert_eq!(flat(&json!(vec![0; 2 * MAX_TAGS]), "10").len(), MAX_TAGS);
    let function = |name: &str| (name == "AWS_LAMBDA_FUNCTION_NAME").then(|| "function".to_owned());
    let log = Config::read(function, false);
    let long = json!(vec!["\n".repeat(1_000); 100]).to_string();
    let tags = flatten("in", long.as_bytes(), &log);
    assert_eq!(tags.printed().len(), 2);
}

#[test]
fn no_payload_is_too_deep_or_too_odd() {
    let deep = format!("{}1{}", "[".repeat(120), "]".repeat(120));
    let (name, text) = &flat_text(&deep, "100000")[0];
    assert_eq!(name.matches(".0").count(), MAX_DEPTH);
    assert_eq!(text, "[...]");
    let mut quoted = json!({"password": "p"}).to_string();
    for _ in 0..6 {
        quoted = json!({ "a": quoted }).to_string();
    }
    assert!(flat_text(&quoted, "1")[0].1.contains(REDACTED));
    for odd in [
        "",
        "no json",
        "{\"a\":",
        "[1,]",
        &format!("{}1", "[".repeat(100_000)),
        "\u{feff}{}",
    ] {
        assert_eq!(flat_text(odd, "10"), [], "{odd}");
    }
}

#[test]
fn half_a_character_hides_no_secret() {
    for body in [
        r#"{\"password\":\"hunter2\",\"note\":\"\ud83d\"}"#,
        r#"\n\u007b\u0022password\u0022:\"hunter2\",\"note\":\"\\u0000\udc00\"}"#,
        r#"{\"password\":\"hunter2\",\"note\":\"\\ud83d\"}"#,
        r#"[{\"again\":\"{\\\"token\\\":\\\"hunter2\\\",\\\"note\\\":\\\"\ud83d\\\"}\"}]"#,
    ] {
        let payload = format!(r#"{{"body":"{body}"}}"#);
        serde_json::from_str::<IgnoredAny>(&payload).unwrap();
        for depth in 0..5 {
            let tags = flat_text(&payload, &depth.to_string());
            let any = |word| tags.iter().any(|(_, text)| text.contains(word));
            assert!(!any("hunter2") && any(REDACTED), "{depth}: {tags:?}");
        }
    }
    // Other text is kept as far as it is valid.
    assert_eq!(
        flat_text(r#"{"a": "x\ud800y", "b": "\ud83d\ude00"}"#, "10"),
        pairs(&[
            ("in.a", "x\u{fffd}\u{fffd}\u{fffd}y"),
            ("in.b", "\u{1f600}")
        ])
    );
}
