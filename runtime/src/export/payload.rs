//! One request, or one line, and its size limits.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The extension accepts up to 12 MB, counted after it has added its own tags; it does not recover from a larger request.
pub(super) const MAX_BYTES: usize = 5_000_000;
/// The most that the extension adds to a span.
pub(super) const ADDED_PER_SPAN: usize = 1_000;
/// The approximate size of a span, so that the buffer seldom grows.
const TYPICAL_SPAN: usize = 512;

/// A request, or a line.
pub(super) struct Payload {
    /// The complete bytes; of a request, head and body.
    pub(super) bytes: Vec<u8>,
    pub(super) spans: usize,
}

/// The buffer of the last request, reused for the next: a block of this size is expensive to allocate.
static SPARE: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// A larger buffer is freed.
const MAX_SPARE: usize = 64 * 1024;

impl Drop for Payload {
    fn drop(&mut self) {
        if self.bytes.capacity() <= MAX_SPARE {
            *spare() = std::mem::take(&mut self.bytes);
        }
    }
}

/// An empty buffer for a payload.
pub(super) fn memory() -> Vec<u8> {
    let mut memory = std::mem::take(&mut *spare());
    memory.clear();
    memory
}

/// The size to expect for a number of spans.
pub(super) fn capacity(spans: usize) -> usize {
    (spans * TYPICAL_SPAN).min(MAX_BYTES)
}

fn spare() -> MutexGuard<'static, Vec<u8>> {
    SPARE.lock().unwrap_or_else(PoisonError::into_inner)
}
