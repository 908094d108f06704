//! Span pointers: links that need no propagated context.
//!
//! Both the writer of an object and a function notified about it know what identifies it. Both put a hash of that on their
//! spans, and the backend matches the two.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use super::SpanLink;

/// The direction of a pointer to where data comes from.
pub(crate) const UPSTREAM: &str = "u";

/// The direction of a pointer to where data goes to.
#[cfg(feature = "aws-sdk")]
pub(crate) const DOWNSTREAM: &str = "d";

/// An attribute of a DynamoDB item's primary key, by name and value: the bytes of a text, of a number's digits, or of a
/// binary value.
pub(crate) type Key<'a> = (Cow<'a, str>, Cow<'a, [u8]>);

/// A pointer to one version of an S3 object. The key is in the form that the writer uses; quotes around the entity tag are
/// ignored.
pub(crate) fn s3_object(
    direction: &'static str,
    bucket: &str,
    key: &[u8],
    entity_tag: &str,
) -> SpanLink {
    let entity_tag = entity_tag.trim_matches('"');
    let parts = [bucket.as_bytes(), key, entity_tag.as_bytes()];
    pointer("aws.s3.object", direction, hash(&parts))
}

/// A pointer to a DynamoDB item, whose primary key has one attribute or two, in any order; `None` for other keys.
pub(crate) fn dynamodb_item(
    direction: &'static str,
    table: &str,
    key: &[Key<'_>],
) -> Option<SpanLink> {
    let none = Key::default();
    let (first, second) = match key {
        [only] => (only, &none),
        [first, second] if first.0 <= second.0 => (first, second),
        [second, first] => (first, second),
        _ => return None,
    };
    let parts = [
        table.as_bytes(),
        first.0.as_bytes(),
        &first.1,
        second.0.as_bytes(),
        &second.1,
    ];
    Some(pointer("aws.dynamodb.item", direction, hash(&parts)))
}

fn pointer(kind: &'static str, direction: &'static str, hash: String) -> SpanLink {
    SpanLink {
        attributes: vec![
            ("link.kind".into(), "span-pointer".into()),
            ("ptr.kind".into(), kind.into()),
            ("ptr.dir".into(), direction.into()),
            ("ptr.hash".into(), hash.into()),
        ],
        ..SpanLink::default()
    }
}

/// The first half of the SHA-256 of `parts`, joined by `|`, in hex.
fn hash(parts: &[&[u8]]) -> String {
    let mut sha256 = Sha256::new();
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            sha256.update(b"|");
        }
        sha256.update(part);
    }
    let digest = sha256.finalize();
    let half = digest
        .first_chunk()
        .map_or(0, |half| u128::from_be_bytes(*half));
    format!("{half:032x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(link: &SpanLink) -> Vec<(&str, &str)> {
        let attributes = link.attributes.iter();
        attributes
            .map(|(name, value)| (name.as_ref(), value.as_ref()))
            .collect()
    }

    #[test]
    fn parts_are_joined_before_they_are_hashed() {
        for (parts, known) in [
            (&["foo"][..], "2c26b46b68ffc68ff99b453c1d304134"),
            (&["foo", "bar"], "0fc7e25e075c7849f89b9729d1aeada1"),
            (&["bar", "foo"], "527f4b4996d63db7053fd4b376b782a3"),
        ] {
            let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
            assert_eq!(hash(&parts), known, "{parts:?}");
        }
    }

    #[test]
    fn s3_objects() {
        for (bucket, key, entity_tag, known) in [
            (
                "some-bucket",
                "some-key.data",
                "ab12ef34",
                "e721375466d4116ab551213fdea08413",
            ),
            (
                "some-bucket",
                "some-key.data",
                "\"ab12ef34\"",
                "e721375466d4116ab551213fdea08413",
            ),
            (
                "some-bucket",
                "some-key.你好",
                "ab12ef34",
                "d1333a04b9928ab462b5c6cadfa401f4",
            ),
            (
                "some-bucket",
                "some-key.data",
                "ab12ef34-5",
                "2b90dffc37ebc7bc610152c3dc72af9f",
            ),
            (
                "mybucket",
                "mykey",
                "123abc",
                "8d49f5b0b742484159d4cd572bae1ce5",
            ),
            (
                "test-bucket",
                "test/key",
                "0123456789abcdef0123456789abcdef",
                "40df87dbfdf59f32253a2668c23e51b4",
            ),
        ] {
            let link = s3_object(UPSTREAM, bucket, key.as_bytes(), entity_tag);
            assert_eq!((link.trace_id, link.span_id, link.flags), (0, 0, None));
            assert_eq!(
                attributes(&link),
                [
                    ("link.kind", "span-pointer"),
                    ("ptr.kind", "aws.s3.object"),
                    ("ptr.dir", "u"),
                    ("ptr.hash", known),
                ],
                "{bucket} {key} {entity_tag}"
            );
        }
    }

    #[test]
    fn dynamodb_items() {
        for (table, key, known) in [
            (
                "some-table",
                &[("some-key", "some-value")][..],
                "7f1aee721472bcb48701d45c7c7f7821",
            ),
            (
                "some-table",
                &[("some-key", "some-other-value")],
                "36b820424312a6069bd3f2185f1af584",
            ),
            (
                "some-table",
                &[("some-key", "123.456")],
                "434a6dba3997ce4dbbadc98d87a0cc24",
            ),
            (
                "some-table",
                &[("other-key", "123"), ("some-key", "some-value")],
                "7aa1b80b0e49bd2078a5453399f4dd67",
            ),
            (
                "some-table",
                &[("some-key", "some-value"), ("other-key", "123")],
                "7aa1b80b0e49bd2078a5453399f4dd67",
            ),
            (
                "some-table",
                &[("some-key", "c29tZS12YWx1ZQo=")],
                "cc789e5ea89c317ac58af92d7a1ba2c2",
            ),
            (
                "unknown-table",
                &[("some-key", "some-value")],
                "d8840182e4052ee105348b033e0a6810",
            ),
            (
                "TestTable",
                &[("id", "abc123")],
                "69706c9e1e41a2f0cf8c0650f91cb0c2",
            ),
            (
                "TestTable",
                &[("bin_key", "Hello World"), ("num_key", "42")],
                "2031d2d69b45adc3d5c27691924ddfcc",
            ),
            (
                "orders-table",
                &[("pk", "Hello World")],
                "bd0d4d8763fee13a7d9b8b70daf82547",
            ),
            (
                "orders-table",
                &[("pk", "SGVsbG8gV29ybGQ=")],
                "8ae477c02f3eab9c1df9bc8cde980269",
            ),
            (
                "orders-table",
                &[("sk", "7"), ("pk", "order#981")],
                "0b9f3afbe2e1af90cc6a6c598b881817",
            ),
        ] {
            let key: Vec<Key<'_>> = key
                .iter()
                .map(|(name, value)| ((*name).into(), value.as_bytes().into()))
                .collect();
            let link = dynamodb_item(UPSTREAM, table, &key).unwrap();
            assert_eq!(attributes(&link)[1], ("ptr.kind", "aws.dynamodb.item"));
            assert_eq!(attributes(&link)[3], ("ptr.hash", known), "{table} {key:?}");
        }
        let key: Vec<Key<'_>> = vec![Key::default(); 3];
        assert_eq!(dynamodb_item(UPSTREAM, "table", &[]), None);
        assert_eq!(dynamodb_item(UPSTREAM, "table", &key), None);
    }
}
