use super::Json;

#[test]
fn nothing_is_read_from_nothing() {
    assert!(Json::new(b"").get("a").is_none());
    assert!(Json::new(b"  ").as_str().is_none());
}
