//! Signatures of AWS, version 4, computed from a request as it was sent.

use hmac_sha256::{Hash, HMAC};

use super::{Sent, SECRET};

/// Checks that a request's signature is that of what it says.
#[track_caller]
pub fn assert_signed(sent: &Sent) {
    let authorization = &sent.headers["authorization"];
    let part = |name: &str| {
        let (_, rest) = authorization.split_once(name).expect("a signature");
        rest.split(',').next().unwrap_or(rest)
    };
    let (_, scope) = part("Credential=").split_once('/').expect("a scope");
    let (names, signature) = (part("SignedHeaders="), part("Signature="));
    assert!(names.split(';').any(|name| name == "host"), "{names}");

    let header = |name: &str| match sent.headers.get(name) {
        Some(value) => value.clone(),
        None if name == "host" => host(&sent.uri).to_owned(),
        None => panic!("no header `{name}`"),
    };
    let headers = names
        .split(';')
        .map(|name| format!("{name}:{}\n", header(name).trim()));
    let (path, query) = path_and_query(&sent.uri);
    let canonical = [
        sent.method.as_str(),
        &encoded_path(path),
        query,
        &headers.collect::<String>(),
        names,
        &hex(&Hash::hash(sent.body.as_bytes())),
    ]
    .join("\n");
    let date = &sent.headers["x-amz-date"];
    let digest = hex(&Hash::hash(canonical.as_bytes()));
    let text = ["AWS4-HMAC-SHA256", date, scope, &digest].join("\n");

    let key = format!("AWS4{SECRET}").into_bytes();
    let key = scope
        .split('/')
        .fold(key, |key, part| HMAC::mac(part, key).to_vec());
    assert_eq!(signature, hex(&HMAC::mac(text, key)), "{canonical}");
}

fn host(uri: &str) -> &str {
    let (_, rest) = uri.split_once("://").expect("a whole address");
    rest.split('/').next().unwrap_or(rest)
}

fn path_and_query(uri: &str) -> (&str, &str) {
    let (_, rest) = uri.split_once("://").expect("a whole address");
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    path.split_once('?').unwrap_or((path, ""))
}

/// What is encoded in a path is encoded once more.
fn encoded_path(path: &str) -> String {
    path.replace('%', "%25")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
