//! The server's response to an accepted request, which may say that some of the spans were rejected.

use super::super::losses;
use super::super::protobuf::{Fields, Value};

// Fields of the response, and of its partial success message.
const PARTIAL_SUCCESS: u64 = 1;
const REJECTED_SPANS: u64 = 1;
const ERROR_MESSAGE: u64 = 2;

/// A longer reason is cut, in characters.
const MAX_REASON: usize = 500;

/// Evaluates a response.
pub(in super::super) fn learn(answer: &[u8]) {
    for (field, value) in Fields(answer) {
        if let (PARTIAL_SUCCESS, Value::Bytes(part)) = (field, value) {
            let (rejected, reason) = read(part);
            if rejected > 0 || !reason.is_empty() {
                losses::note_rejected(rejected, &reason);
            }
        }
    }
}

/// How many spans were rejected, and why. A reason without spans is a warning.
fn read(part: &[u8]) -> (u64, String) {
    let (mut rejected, mut reason) = (0, String::new());
    for (field, value) in Fields(part) {
        match (field, value) {
            // The field's type is signed.
            (REJECTED_SPANS, Value::Number(number)) => {
                rejected = i64::try_from(number).map_or(0, i64::unsigned_abs);
            }
            (ERROR_MESSAGE, Value::Bytes(text)) => {
                let text = String::from_utf8_lossy(text);
                reason = text.chars().take(MAX_REASON).collect();
            }
            _ => {}
        }
    }
    (rejected, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_was_rejected_has_a_reason() {
        assert_eq!(read(b"\x08\x03\x12\x03why"), (3, "why".to_owned()));
        assert_eq!(read(b""), (0, String::new()));
        let negative = [&b"\x08"[..], &[0xff; 9], b"\x01"].concat();
        assert_eq!(read(&negative), (0, String::new()));
        let long = [&b"\x12\xe8\x07"[..], &[b'x'; 1_000]].concat();
        assert_eq!(read(&long).1.len(), MAX_REASON);
    }
}
