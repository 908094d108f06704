//! What is shown of query strings and URLs.

use super::*;

fn redact(query: &str) -> Cow<'_, str> {
    Scanner::default().redact(query)
}

#[test]
fn a_parameter_with_the_name_of_a_secret_is_not_told() {
    for name in [
        "pass",
        "Password",
        "passwd",
        "pwd",
        "old_password",
        "new-pwd2",
        "passphrase",
        "pass_phrase",
        "secret",
        "token",
        "api_key",
        "apikey",
        "application-key",
        "SECRET_KEY",
        "access_key_id",
        "accesskeyid",
        "consumer_secret",
        "sign",
        "signature",
        "auth",
        "authorization",
    ] {
        for equals in ["=", "%3D", "%20=", "+="] {
            let query = format!("id=7&{name}{equals}s3cr%C3%A9t&page=2");
            assert_eq!(redact(&query), "id=7&<redacted>&page=2", "{query}");
        }
    }
    assert_eq!(redact("X-Amz-Signature=0123abcd"), "X-Amz-<redacted>");
    assert_eq!(redact("token=a&b=c&auth=dé"), "<redacted>&b=c&<redacted>");
}

#[test]
fn what_is_no_secret_is_told() {
    for query in [
        "",
        "a",
        "page=2&sort=price",
        "author=Kafka",
        "tokens=5",
        "passenger=2",
        "key=value",
        "token",
        "token=",
        "token=&a=b",
        "signal=%22",
        "secretary=%",
        "bearer",
        "eyJ",
        "gho_short",
        "-----BEGIN",
        "é=ü",
        "\"token\":\"",
    ] {
        assert!(
            matches!(redact(query), Cow::Borrowed(told) if told == query),
            "{query}"
        );
    }
}

#[test]
fn secrets_in_json_and_by_their_looks_are_not_told() {
    let github = format!("a=ghp_{}&b=1", "a1".repeat(18));
    let ssh = format!("a=ssh-rsa%20{}%3D&b=1", "Ab/%2B".repeat(20));
    let pem = "a=-----BEGIN+RSA%20PRIVATE+KEY-----MIIB%0Aabc-----END+RSA%20PRIVATE+KEY-----&b=1";
    for query in [
        "a=Bearer%20abc.def-1&b=1",
        "a=token:0123456789abc&b=1",
        "a=eyJhbGciOiJI.eyJzdWIiOiIx.s_ig%2Fn-1&b=1",
        "a=eyJhbGciOiJI.eyJzdWIiOiIx&b=1",
        &github,
        &ssh,
        pem,
    ] {
        assert_eq!(redact(query), "a=<redacted>&b=1", "{query}");
    }
    let json = r#"j={"id":7,"password":"a&b","n":1}"#;
    assert_eq!(redact(json), r#"j={"id":7,<redacted>,"n":1}"#);
    let encoded = "j=%7B%22token%22%3A%20%22a%20b%22%7D";
    assert_eq!(redact(encoded), "j=%7B<redacted>%7D");
}

#[test]
fn a_url_keeps_its_place() {
    for (told, as_is) in [
        (
            "https://ada:pw@shop.example.com/a?b=c&token=1#top",
            "https://shop.example.com/a?b=c&<redacted>",
        ),
        (
            "https://shop.example.com/@ada?x=a@b",
            "https://shop.example.com/@ada?x=a@b",
        ),
        ("https://shop.example.com", "https://shop.example.com"),
        ("https://ada@shop.example.com", "https://shop.example.com"),
        ("/path?", "/path?"),
        ("", ""),
    ] {
        assert_eq!(url(told), as_is);
    }
}

#[test]
fn hostile_queries_take_time_that_grows_with_their_length() {
    for part in [
        "eyI",
        "token\":\"",
        "token%22:",
        "-----BEGIN PRIVATE KEY",
        "ecdsa-",
        "bearer ",
        "auth ",
        "%",
    ] {
        let hostile = part.repeat(300_000 / part.len());
        assert!(redact(&hostile).len() <= hostile.len());
    }
}
