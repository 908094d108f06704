//! What is sent at once.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The extension takes up to 12 MB, counted after it has added its own tags, and chokes on more for good.
pub(super) const MAX_BYTES: usize = 5_000_000;
/// What the extension adds to a span, at the most.
pub(super) const ADDED_PER_SPAN: usize = 1_000;
/// What a span takes, roughly, so that the buffer seldom grows.
const TYPICAL_SPAN: usize = 512;

/// A request, or a line.
pub(super) struct Payload {
    /// All of it: of a request, head and body.
    pub(super) bytes: Vec<u8>,
    pub(super) spans: usize,
}

/// The memory of a request that was sent, for the next one: a block of this size is dear to allocate.
static SPARE: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// A larger request gives its memory back.
const MAX_SPARE: usize = 64 * 1024;

impl Drop for Payload {
    fn drop(&mut self) {
        if self.bytes.capacity() <= MAX_SPARE {
            *spare() = std::mem::take(&mut self.bytes);
        }
    }
}

/// Memory for a payload, with nothing in it.
pub(super) fn memory() -> Vec<u8> {
    let mut memory = std::mem::take(&mut *spare());
    memory.clear();
    memory
}

/// How much of it so many spans are likely to take.
pub(super) fn capacity(spans: usize) -> usize {
    (spans * TYPICAL_SPAN).min(MAX_BYTES)
}

fn spare() -> MutexGuard<'static, Vec<u8>> {
    SPARE.lock().unwrap_or_else(PoisonError::into_inner)
}
