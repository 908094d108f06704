//! Standard output and standard error of a process, line by line.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::sync::{Mutex, PoisonError};

use tokio::net::unix::pipe::Receiver;

/// Both streams of a process.
///
/// A line must appear in the log before anything that the process did after writing it. A task that reads when the kernel
/// reports data cannot guarantee that, so each pipe is also drained directly whenever the process calls the Runtime API.
pub(super) struct Output {
    pub(super) pipes: [Pipe; 2],
}

impl Output {
    /// Must be called within a tokio runtime.
    pub(super) fn new(stdout: OwnedFd, stderr: OwnedFd) -> io::Result<Self> {
        Ok(Self {
            pipes: [Pipe::new(stdout)?, Pipe::new(stderr)?],
        })
    }

    /// Passes every line that has been written so far to `each`, without waiting.
    pub(super) fn read_lines(&self, each: &mut dyn FnMut(String)) {
        for pipe in &self.pipes {
            let mut buffer = pipe.buffer.lock().unwrap_or_else(PoisonError::into_inner);
            buffer.fill(|bytes| (&pipe.file).read(bytes));
            buffer.lines(each);
        }
    }
}

/// The reading end of a pipe, twice: one to wait for data, one to read what is available.
pub(super) struct Pipe {
    waiting: Receiver,
    file: File,
    buffer: Mutex<Buffer>,
}

impl Pipe {
    fn new(pipe: OwnedFd) -> io::Result<Self> {
        // Both descriptors share the non-blocking flag.
        let waiting = Receiver::from_owned_fd(pipe.try_clone()?)?;
        Ok(Self {
            waiting,
            file: File::from(pipe),
            buffer: Mutex::default(),
        })
    }

    /// Reads whenever data arrives, so that the process never blocks on a full pipe, and calls `noticed` each time, until
    /// the other end is closed.
    pub(super) async fn follow(&self, noticed: impl Fn()) {
        while self.waiting.readable().await.is_ok() {
            let closed = {
                let mut buffer = self.buffer.lock().unwrap_or_else(PoisonError::into_inner);
                // Reading this way also clears tokio's readiness when nothing is left.
                buffer.fill(|bytes| self.waiting.try_read(bytes));
                buffer.closed
            };
            noticed();
            if closed {
                return;
            }
        }
    }
}

/// Bytes read but not yet taken as lines.
#[derive(Default)]
struct Buffer {
    bytes: Vec<u8>,
    closed: bool,
}

impl Buffer {
    fn fill(&mut self, mut read: impl FnMut(&mut [u8]) -> io::Result<usize>) {
        let mut block = [0; 16 * 1024];
        loop {
            match read(&mut block) {
                Ok(0) => {
                    self.closed = true;
                    return;
                }
                Ok(length) => self.bytes.extend_from_slice(&block[..length]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }

    /// Takes the complete lines; once the pipe is closed, also an unterminated last line.
    fn lines(&mut self, each: &mut dyn FnMut(String)) {
        while let Some(end) = self.bytes.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.bytes.drain(..=end).collect();
            each(String::from_utf8_lossy(&line[..end]).into_owned());
        }
        if self.closed && !self.bytes.is_empty() {
            each(String::from_utf8_lossy(&std::mem::take(&mut self.bytes)).into_owned());
        }
    }
}
